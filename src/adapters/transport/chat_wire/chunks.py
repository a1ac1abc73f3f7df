"""The shapes of the chat wire, as far as they are read: streamed chunks and whole answers alike."""

from math import inf
from typing import Any, cast

import msgspec
from msgspec import Struct

from adapters.transport.chat_wire.calls import CallFunction, WireCall
from domain.turn.metering import Usage


class Citation(Struct, frozen=True, gc=False):
    """The page an annotation names, or one of Perplexity's `search_results`."""

    url: str | None = None
    title: str | None = None


class Annotation(Struct, frozen=True):
    """A mark on the answer's text; only those that cite a page are read."""

    url_citation: Citation | None = None


class Delta(Struct, frozen=True, gc=False):
    """What a choice says: a piece of it (`delta`) or all of it (`message`)."""

    content: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: list[WireCall] | None = None
    refusal: str | None = None
    annotations: list[Annotation] | None = None
    function_call: CallFunction | None = None
    """How tools were called before `tool_calls`; some servers still do."""

    @property
    def thinking(self) -> str:
        """The reasoning, under whichever name the server keeps it."""
        for found in (self.reasoning_content, self.reasoning):
            if isinstance(found, str) and found:
                return found
        return ""


class Choice(Struct, frozen=True, gc=False):
    """One of the answers; we ask for one, and read the one with index 0."""

    index: int | None = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class TokenDetails(Struct, frozen=True):
    """Which of the tokens were cached, which were reasoning."""

    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class WireUsage(Struct, frozen=True):
    """Tokens as chat servers count them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: TokenDetails | None = None
    completion_tokens_details: TokenDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's own name for the cached ones."""
    reasoning_tokens: int | None = None
    """Where Perplexity's deep research counts them."""
    cost: Any = None
    """What Perplexity bills, fees for searches included; other servers have a number here."""

    @property
    def cost_usd(self) -> float | None:
        """The whole of the bill, where the server tells it."""
        found: object = self.cost
        if isinstance(found, dict):
            found = cast("dict[str, object]", found).get("total_cost")
        if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < inf:
            return float(found)
        return None

    def counted(self) -> Usage:
        """Return the same in our words."""
        sent, said = self.prompt_tokens or 0, self.completion_tokens or 0
        thought = (
            _number(self.completion_tokens_details, "reasoning_tokens")
            or self.reasoning_tokens
            or 0
        )
        if thought and self.total_tokens == sent + said + thought:
            # xAI counts reasoning beside the completion, all others within it; only the total
            # tells (docs.x.ai, consumption and rate limits, 2026-11).
            said += thought
        return Usage(
            input_tokens=sent,
            output_tokens=said,
            total_tokens=self.total_tokens or sent + said,
            cached_input_tokens=_number(self.prompt_tokens_details, "cached_tokens")
            or self.prompt_cache_hit_tokens
            or 0,
            reasoning_tokens=thought,
        )


def _number(details: TokenDetails | None, name: str) -> int:
    return (getattr(details, name) or 0) if details is not None else 0


class GroqExtras(Struct, frozen=True):
    """Groq's own corner of a chunk."""

    usage: WireUsage | None = None
    error: Any = None


class Chunk(Struct, frozen=True, gc=False):
    """One payload of a stream, or a whole answer."""

    choices: list[Choice] | None = None
    usage: WireUsage | None = None
    x_groq: GroqExtras | None = None
    search_results: list[Citation] | None = None
    citations: list[Any] | None = None
    error: Any = None
    code: Any = None
    """Stands beside `error` where that is a mere sentence (xAI)."""


decode_chunk = msgspec.json.Decoder(Chunk).decode

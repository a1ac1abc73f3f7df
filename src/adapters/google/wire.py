"""The shapes of the generateContent wire, as far as they are read."""

from typing import Any

import msgspec
from msgspec import Struct

from domain.turn.metering import Usage

Part = dict[str, Any]
"""A part of a content, as it came: the next round may have to hand it back word for word."""


class WireUsage(Struct, frozen=True, gc=False, rename="camel"):
    """Tokens as Google counts them: thoughts, and what its own tools read, are counted apart."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    total_token_count: int | None = None

    def counted(self) -> Usage:
        """Return the same in our words, in which all that was read is input, thoughts output."""
        thought = self.thoughts_token_count or 0
        read = (self.prompt_token_count or 0) + (self.tool_use_prompt_token_count or 0)
        said = (self.candidates_token_count or 0) + thought
        total = self.total_token_count or read + said
        return Usage(read, said, total, self.cached_content_token_count or 0, thought)


class WirePartialArg(Struct, frozen=True, rename="camel"):
    """A piece of a call's arguments, and the JSON path of its place among them."""

    json_path: str
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None

    @property
    def value(self) -> str | float | bool | None:
        """The piece; None stands for null."""
        given = (self.string_value, self.number_value, self.bool_value)
        return next((value for value in given if value is not None), None)


class WireCall(Struct, frozen=True, rename="camel"):
    """A function call, or a fragment of one."""

    id: str | None = None
    name: str | None = None
    args: dict[str, Any] | None = None
    partial_args: list[WirePartialArg] | None = None
    will_continue: bool | None = None


class WireToolUse(Struct, frozen=True, rename="camel"):
    """A tool of Google's own at work (`toolCall`), or what its code runs (`executableCode`)."""

    id: str | None = None
    tool_type: str = ""
    args: dict[str, Any] | None = None
    language: str = ""
    code: str = ""


class WireMedia(Struct, frozen=True, rename="camel"):
    """A picture or file; its address is not read."""

    mime_type: str | None = None
    data: str = ""


class WireContent(Struct, frozen=True, gc=False):
    """What is said, in parts."""

    parts: list[Part] | None = None


class WirePage(Struct, frozen=True):
    """A page, or a document that has no address."""

    uri: str | None = None
    title: str | None = None


class WireFound(Struct, frozen=True, rename="camel"):
    """What was found, under the kind of its place."""

    web: WirePage | None = None
    maps: WirePage | None = None
    retrieved_context: WirePage | None = None


class WireGrounding(Struct, frozen=True, rename="camel"):
    """What was searched for, and what was found."""

    web_search_queries: list[str] | None = None
    grounding_chunks: list[WireFound] | None = None


class WireCitations(Struct, frozen=True, rename="camel"):
    """The pages that are quoted word for word."""

    citation_sources: list[WirePage] | None = None


class WireFetched(Struct, frozen=True, rename="camel"):
    """A page that was read because the question names it."""

    retrieved_url: str = ""


class WireUrlContext(Struct, frozen=True, rename="camel"):
    """All of those."""

    url_metadata: list[WireFetched] | None = None


class WireCandidate(Struct, frozen=True, gc=False, rename="camel"):
    """An answer, or the next piece of one."""

    content: WireContent | None = None
    index: int = 0
    finish_reason: str | None = None
    finish_message: str | None = None
    grounding_metadata: WireGrounding | None = None
    citation_metadata: WireCitations | None = None
    url_context_metadata: WireUrlContext | None = None

    @property
    def has_sources(self) -> bool:
        """Whether anything is told of what was looked up for it."""
        found = (self.grounding_metadata, self.citation_metadata, self.url_context_metadata)
        return found != (None, None, None)


class WireFeedback(Struct, frozen=True, rename="camel"):
    """Why a question is not answered."""

    block_reason: str | None = None
    block_reason_message: str | None = None


class WireChunk(Struct, frozen=True, gc=False, rename="camel"):
    """One event of a stream; an answer in one piece has the same shape."""

    candidates: list[WireCandidate] | None = None
    usage_metadata: WireUsage | None = None
    prompt_feedback: WireFeedback | None = None
    response_id: str | None = None
    error: Any = None


decode_chunk = msgspec.json.Decoder(WireChunk).decode


def read_call(part: Part) -> WireCall:
    """Return the function call that the part is.

    Raises:
        DecodeError: it is none.
    """
    return msgspec.convert(part["functionCall"], WireCall)


def read_tool_use(part: Part, key: str) -> WireToolUse:
    """Return what the part says of a tool of Google's own, likewise."""
    return msgspec.convert(part[key], WireToolUse)


def read_media(part: Part) -> WireMedia:
    """Return what kind of picture or file the part is, likewise."""
    return msgspec.convert(part.get("inlineData") or part.get("fileData"), WireMedia)

"""OpenAI's chat wire → events: streamed chunks and whole answers (contract: text-providers §7)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.transport.chat_wire.calls import CallAssembly, WireCall
from adapters.transport.chat_wire.chunks import Chunk, Delta, WireUsage, decode_chunk
from adapters.transport.chat_wire.pages import Pages
from adapters.transport.chat_wire.parts import decode_in_parts
from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.chat_wire.thinking_tags import ThinkingTags
from adapters.transport.not_json import NOT_JSON
from adapters.transport.status_errors import said
from adapters.transport.wire_reader import WireReader
from domain.provider_errors import ProviderBrokeOff, ProviderGarbled, ProviderOverloaded
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    StopReason,
    TextDelta,
    ThinkingDelta,
)

_REASONS: dict[str, StopReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_STARVED = "insufficient_system_resource"
"""With this finish reason DeepSeek gives up in mid-answer."""
_DONE = b"[DONE]"


class ChatReader(WireReader):
    """Reads one answer. Tool calls are told once they are whole, at the end of the answer."""

    def __init__(self, provider: str, quirks: ChatQuirks | None = None) -> None:
        quirks = quirks or ChatQuirks()
        self._provider = provider
        self._needs_done = quirks.needs_done_mark
        self._tags = ThinkingTags() if quirks.thinks_in_tags else None
        self._thinking_goes_back_as = quirks.thinking_goes_back_as
        self._thoughts: list[str] = []
        self._calls = CallAssembly(provider, awaited=quirks.client_runs_functions)
        self._pages = Pages()
        self._usage: WireUsage | None = None
        self._finish: str | None = None
        self._refused = False
        self._begun = False
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether `[DONE]` has been read."""
        return self._ended

    def feed(self, payload: bytes) -> Iterable[ModelEvent]:
        """Read the next payload."""
        if self._ended:
            return ()
        try:
            chunk = decode_chunk(payload)
        except NOT_JSON:
            if payload.strip() == _DONE:
                return self._done()
            chunk = self._in_parts(payload)
        # The token path: a choice that says a piece of text and nothing else.
        if (choices := chunk.choices) and (delta := choices[0].delta) is not None:
            self._begun = True
            text = delta.content
            plain = self._tags is None or self._tags.over
            if text and plain and not choices[0].index and _only_text(delta, chunk):
                if chunk.usage is not None:
                    self._usage = chunk.usage
                if chunk.citations is not None or chunk.search_results is not None:
                    self._pages.note(chunk)
                self._finish = choices[0].finish_reason or self._finish
                return (TextDelta(text),)
        return self._rarer(chunk)

    def whole(self, body: bytes) -> Iterable[ModelEvent]:
        """Read an answer that came as one JSON body."""
        try:
            chunk = decode_chunk(body)
        except NOT_JSON:
            chunk = self._in_parts(body)
        events = [*self._rarer(chunk, whole=True)]
        if not self._begun:
            raise self._garbled()
        self._finish = self._finish or "stop"
        return [*events, *self._done()]

    def finish(self) -> Iterable[ModelEvent]:
        """Read the end of the stream: after a finish reason it is as good as `[DONE]`."""
        if self._ended:
            return ()
        if self._finish is None or self._needs_done:
            how = "in mid-answer" if self._begun else "without a word"
            raise ProviderBrokeOff(self._provider, f"{self._provider} broke off {how}")
        return self._done()

    def _in_parts(self, payload: bytes) -> Chunk:
        try:
            return decode_in_parts(payload)
        except NOT_JSON as garbage:
            raise self._garbled() from garbage

    def _rarer(self, chunk: Chunk, *, whole: bool = False) -> Iterator[ModelEvent]:
        if error := chunk.error or (chunk.x_groq and chunk.x_groq.error):
            raise said(self._provider, {"error": error, "code": chunk.code})
        self._pages.note(chunk)
        # Perplexity counts up in every chunk, so the last count is the whole.
        self._usage = chunk.usage or (chunk.x_groq and chunk.x_groq.usage) or self._usage
        for choice in chunk.choices or ():
            # Perplexity puts both into each choice, and the one that does not apply is idle.
            said_here = choice.message if whole else choice.delta
            if choice.index or said_here is None:
                continue
            self._begun = True
            self._finish = choice.finish_reason or self._finish
            yield from self._said(said_here)

    def _said(self, delta: Delta) -> Iterator[ModelEvent]:
        if thought := delta.thinking:
            if self._thinking_goes_back_as:
                self._thoughts.append(thought)
            yield ThinkingDelta(thought)
        if delta.content:
            yield from self._words(delta.content)
        if delta.refusal:
            self._refused = True
            yield TextDelta(delta.refusal)
        for call in delta.tool_calls or ():
            self._calls.add(call)
        if delta.function_call is not None:
            self._calls.add(WireCall(0, None, delta.function_call))
        for annotation in delta.annotations or ():
            if annotation.url_citation is not None:
                yield from self._pages.tell(annotation.url_citation)

    def _words(self, text: str) -> Iterator[ModelEvent]:
        if self._tags is None:
            yield TextDelta(text)
            return
        yield from self._tags.feed(text)
        if self._tags.settled:
            self._tags = None  # Back onto the token path.

    def _done(self) -> list[ModelEvent]:
        if not self._begun:
            raise ProviderBrokeOff(self._provider, f"{self._provider} broke off without a word")
        if self._finish == _STARVED:
            text = f"{self._provider} ran out of resources in mid-answer"
            raise ProviderOverloaded(self._provider, text)
        self._ended = True
        events: list[ModelEvent] = [*self._tags.flush()] if self._tags else []
        events.extend(self._pages.tell_noted())
        events.extend(self._calls.completed())
        events.append(self._stopped())
        return events

    def _stopped(self) -> ModelStopped:
        finish = self._finish or "stop"
        reason = _REASONS.get(finish, "stop")
        note = None if finish in _REASONS else finish
        if self._refused:
            reason = "refusal"
        elif self._calls and reason == "stop":
            reason = "tool_calls"  # Some servers say `stop` after their calls.
        usage = self._usage.counted() if self._usage else None
        cost = self._usage.cost_usd if self._usage else None
        return ModelStopped(reason, usage, note, self._state(), cost)

    def _state(self) -> tuple[Mapping[str, Any], ...]:
        if self._calls and self._thoughts and self._thinking_goes_back_as:
            return ({self._thinking_goes_back_as: "".join(self._thoughts)},)
        return ()

    def _garbled(self) -> ProviderGarbled:
        return ProviderGarbled(
            self._provider, f"{self._provider} sent something that is not its protocol"
        )


def _only_text(delta: Delta, chunk: Chunk) -> bool:
    return (
        delta.tool_calls is None
        and delta.reasoning_content is None
        and delta.reasoning is None
        and delta.refusal is None
        and delta.annotations is None
        and delta.function_call is None
        and chunk.x_groq is None
        and chunk.error is None
    )

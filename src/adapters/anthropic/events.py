"""Anthropic's Messages wire → events: streamed and whole answers (contract: text-providers §7)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from adapters.anthropic.blocks import PROVIDER, BlockDraft, handed_back
from adapters.anthropic.wire import (
    StopDetails,
    WireDelta,
    WireEvent,
    WireUsage,
    decode_block,
    decode_event,
    decode_message,
    read_block,
)
from adapters.transport.not_json import NOT_JSON
from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import said
from adapters.transport.wire_reader import WireReader
from domain.provider_errors import ProviderBrokeOff, ProviderGarbled
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    SourceCited,
    StopReason,
    TextDelta,
    ThinkingDelta,
)

PAUSED = "pause_turn"
"""The note of an answer that Anthropic wants to be asked to go on with."""

_REASONS: dict[str, StopReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    PAUSED: "length",
    "refusal": "refusal",
}
_SPEAK_FOR_THEMSELVES = ("end_turn", "stop_sequence", "tool_use", "max_tokens")


class MessagesReader(WireReader):
    """Reads one answer. Calls are told once their block is whole, the provider's own among them."""

    def __init__(self) -> None:
        self._drafts: dict[int, BlockDraft] = {}
        self._cited: set[str] = set()
        self._usage: WireUsage | None = None
        self._stop: str | None = None
        self._details = StopDetails()
        self._thought_in: BlockDraft | None = None
        self._called = False
        self._begun = False
        self._ended = False
        self._readers: dict[str, Callable[[WireEvent], Sequence[ModelEvent]]] = {
            "message_start": self._message_started,
            "content_block_start": self._block_started,
            "content_block_stop": self._block_stopped,
            "message_delta": self._message_changed,
            "message_stop": self._message_stopped,
            "error": self._failed,
        }

    @property
    def ended(self) -> bool:
        """Whether `message_stop` has been read."""
        return self._ended

    def feed(self, payload: bytes) -> Iterable[ModelEvent]:
        """Read the next payload."""
        if self._ended:
            return ()
        try:
            wire = decode_event(payload)
            # The token path.
            if wire.type == "content_block_delta" and (delta := wire.delta) is not None:
                draft = self._drafts.get(wire.index)
                if (text := delta.text) and draft is not None:
                    draft.text.append(text)
                    return (TextDelta(text),)
                return self._delta(draft, delta)
            read = self._readers.get(wire.type)
            if read is not None:
                return read(wire)
        except NOT_JSON as garbage:
            raise _garbled() from garbage
        if wire.error and not wire.type:
            raise said(PROVIDER, wire.error)
        return ()  # `ping`, and whatever is new.

    def whole(self, body: bytes) -> Iterable[ModelEvent]:
        """Read an answer that came as one JSON body."""
        events: list[ModelEvent] = []
        try:
            message = decode_message(body)
            for index, block in enumerate(message.content):
                events.extend(self._open(index, block))
                events.extend(self._close(index))
        except NOT_JSON as garbage:
            raise _garbled() from garbage
        if message.error:
            raise said(PROVIDER, message.error)
        if message.type != "message":
            raise _garbled()
        self._begun = True
        self._note(message.stop_reason, message.stop_details, message.usage)
        return [*events, *self._end()]

    def finish(self) -> Iterable[ModelEvent]:
        """Read the end of the stream: without the end mark it has broken off."""
        if self._ended:
            return ()
        raise self._broke_off()

    def _message_started(self, wire: WireEvent) -> Sequence[ModelEvent]:
        self._begun = True
        self._note(None, None, decode_message(wire.message).usage)
        return ()

    def _block_started(self, wire: WireEvent) -> Sequence[ModelEvent]:
        return self._open(wire.index, decode_block(wire.content_block))

    def _block_stopped(self, wire: WireEvent) -> Sequence[ModelEvent]:
        return self._close(wire.index)

    def _message_changed(self, wire: WireEvent) -> Sequence[ModelEvent]:
        delta = wire.delta or WireDelta()
        self._note(delta.stop_reason, delta.stop_details, wire.usage)
        return ()

    def _message_stopped(self, _: WireEvent) -> Sequence[ModelEvent]:
        if not self._begun:
            raise self._broke_off()
        return self._end()

    def _failed(self, wire: WireEvent) -> Sequence[ModelEvent]:
        raise said(PROVIDER, wire.error)

    def _open(self, index: int, block: dict[str, Any]) -> list[ModelEvent]:
        draft = self._drafts[index] = BlockDraft(block)
        said_first = read_block(block)
        events: list[ModelEvent] = [*self._cite(*(said_first.citations or ()))]
        if thought := said_first.thinking:
            events.extend(self._think(draft, thought))
        if text := said_first.text:
            events.append(TextDelta(text))
        return events

    def _delta(self, draft: BlockDraft | None, delta: WireDelta) -> Sequence[ModelEvent]:
        if draft is None:
            raise _garbled()
        if thought := delta.thinking:
            draft.thinking.append(thought)
            return self._think(draft, thought)
        if delta.partial_json:
            draft.arguments.append(delta.partial_json)
        elif delta.signature:
            draft.signature = delta.signature
        elif delta.citation:
            draft.citations.append(delta.citation)
            return self._cite(delta.citation)
        return ()

    def _think(self, draft: BlockDraft, thought: str) -> Sequence[ModelEvent]:
        earlier, self._thought_in = self._thought_in, draft
        if earlier is None or earlier is draft:
            return (ThinkingDelta(thought),)
        # Each block is a train of thought of its own, without anything between them.
        return (ThinkingDelta("\n\n"), ThinkingDelta(thought))

    def _cite(self, *citations: dict[str, Any]) -> list[ModelEvent]:
        """Return the pages among them that were not cited before; documents have no address."""
        events: list[ModelEvent] = []
        for citation in citations:
            url = citation.get("url")
            if isinstance(url, str) and url and url not in self._cited:
                self._cited.add(url)
                events.append(SourceCited(url, str(citation.get("title") or "")))
        return events

    def _close(self, index: int) -> Sequence[ModelEvent]:
        draft = self._drafts.get(index)
        call = None if draft is None else draft.call()
        if call is None:
            return ()
        self._called = self._called or not call.run_by_provider
        return (call,)

    def _note(self, stop: str | None, details: StopDetails | None, usage: WireUsage | None) -> None:
        self._stop = stop or self._stop
        self._details = details or self._details
        if usage is not None:
            self._usage = self._usage.followed_by(usage) if self._usage else usage

    def _end(self) -> Sequence[ModelEvent]:
        self._ended = True
        stop = self._stop or "end_turn"
        note = None if stop in _SPEAK_FOR_THEMSELVES else self._why(stop)
        blocks = (draft.whole() for draft in self._drafts.values())
        return (
            ModelStopped(
                _REASONS.get(stop, "stop"),
                self._usage.counted() if self._usage else None,
                note,
                # In any other case there is no next round.
                handed_back(blocks) if self._called or stop == PAUSED else (),
            ),
        )

    def _why(self, stop: str) -> str:
        words = self._details.explanation or self._details.category
        return fit_for_clients(words) if words and stop == "refusal" else stop

    def _broke_off(self) -> ProviderBrokeOff:
        how = "in mid-answer" if self._begun else "without a word"
        return ProviderBrokeOff(PROVIDER, f"{PROVIDER} broke off {how}")


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")

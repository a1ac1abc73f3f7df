"""The generateContent wire → events: streamed and whole answers (contract: text-providers §7)."""

from collections.abc import Iterable

from adapters.google.call_ids import CallIds
from adapters.google.catalog import PROVIDER
from adapters.google.errors import broke_off, garbled, told
from adapters.google.looked_up import LookedUp
from adapters.google.parts import PartsReader
from adapters.google.wire import (
    WireCandidate,
    WireChunk,
    WireFeedback,
    WireUsage,
    decode_chunk,
)
from adapters.transport.not_json import NOT_JSON
from adapters.transport.scrub import fit_for_clients
from adapters.transport.wire_reader import WireReader
from domain.provider_errors import ProviderRejected
from domain.turn.events import ModelEvent, ModelStopped, StopReason

_FILTERED = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "ESCALATION",
    "PUP_LIMITED_DISABLED",
    "MODEL_ARMOR",
)
_REASONS: dict[str, StopReason] = {
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    **dict.fromkeys(_FILTERED, "content_filter"),
}
_SPEAK_FOR_THEMSELVES = ("STOP", "MAX_TOKENS")
_MISSHAPEN = (
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
)
_UNSIGNED = "MISSING_THOUGHT_SIGNATURE"


class GenerateReader(WireReader):
    """Reads one answer.

    The wire has no end mark: an answer is whole where the stream ends after a reason to finish,
    and one whose tools Google runs itself may give such a reason several times. Of several
    answers, which nobody asks for, the first is read.
    """

    def __init__(self) -> None:
        self._ids = CallIds()
        self._looked_up = LookedUp(self._ids)
        self._parts = PartsReader(self._ids, self._looked_up)
        self._usage: WireUsage | None = None
        self._reason: str | None = None
        self._message: str | None = None
        self._begun = False
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the end of the answer has been read; no payload can tell."""
        return self._ended

    def feed(self, payload: bytes) -> Iterable[ModelEvent]:
        """Read the next payload."""
        if self._ended:
            return ()
        try:
            return self._read(decode_chunk(payload))
        except NOT_JSON as garbage:
            raise garbled() from garbage

    def whole(self, body: bytes) -> Iterable[ModelEvent]:
        """Read an answer that came as one JSON body."""
        try:
            chunk = decode_chunk(body)
            events = self._read(chunk)
        except NOT_JSON as garbage:
            raise garbled() from garbage
        if chunk.candidates is None and chunk.usage_metadata is None:
            raise garbled()
        return [*events, *self.finish()]

    def finish(self) -> Iterable[ModelEvent]:
        """Read the end of the stream: without a reason to finish it has broken off."""
        if self._ended:
            return ()
        reason = self._reason
        if reason is None:
            raise broke_off("in mid-answer" if self._begun else "without a word")
        if reason in _MISSHAPEN:
            # The model erred, not the question: asked again it mostly does better.
            raise broke_off(f"in a call it could not write: {self._why(reason)}")
        if reason == _UNSIGNED:
            raise ProviderRejected(PROVIDER, f"{PROVIDER}: {self._why(reason)}")
        self._ended = True
        calls = self._parts.flush()
        return [*calls, self._stopped(reason)]

    def _read(self, chunk: WireChunk) -> list[ModelEvent]:
        if chunk.error:
            raise told(chunk.error)
        if chunk.prompt_feedback is not None:
            _check(chunk.prompt_feedback)
        if chunk.response_id:
            self._ids.belong_to(chunk.response_id)
        # Each count is of the whole answer so far.
        self._usage = chunk.usage_metadata or self._usage
        events: list[ModelEvent] = []
        for candidate in chunk.candidates or ():
            if candidate.index == 0:
                self._begun = True
                self._answer(candidate, events)
        return events

    def _answer(self, candidate: WireCandidate, events: list[ModelEvent]) -> None:
        parts = (candidate.content.parts if candidate.content else None) or ()
        for part in parts:
            events += self._parts.read(part)
        if candidate.finish_reason:
            self._reason, self._message = candidate.finish_reason, candidate.finish_message
        elif parts:
            self._reason = None  # It goes on.
        if candidate.has_sources:
            events += self._looked_up.for_answer(candidate)

    def _stopped(self, reason: str) -> ModelStopped:
        called = self._parts.called
        return ModelStopped(
            _REASONS.get(reason, "tool_calls" if called else "stop"),
            self._usage.counted() if self._usage else None,
            None if reason in _SPEAK_FOR_THEMSELVES else self._why(reason),
            # In any other case there is no next round.
            self._parts.handed_back() if called else (),
        )

    def _why(self, reason: str) -> str:
        return fit_for_clients(self._message) if self._message else reason


def _check(feedback: WireFeedback) -> None:
    reason = feedback.block_reason
    if reason:
        words = fit_for_clients(feedback.block_reason_message or reason)
        raise ProviderRejected(PROVIDER, f"{PROVIDER} blocked the question: {words}")

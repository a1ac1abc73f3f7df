"""What OpenAI writes down: the answer to a recording, and the events of a live session."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from adapters.openai.speech_catalog import PROVIDER
from adapters.transport.not_json import NOT_JSON
from adapters.transport.status_errors import said
from domain.provider_errors import ProviderGarbled
from domain.speech.events import (
    HeardEvent,
    SegmentFinished,
    SpeechStarted,
    SpeechStopped,
    TranscriptDelta,
    TranscriptFinished,
)
from domain.speech.orders import FileOrder, Transcript
from domain.turn.metering import Usage

_NOTHING_TO_COMMIT = "input_audio_buffer_commit_empty"
_PLAIN_FORMATS = ("text", "srt", "vtt")
_TRANSCRIPTION = "conversation.item.input_audio_transcription."


class _Usage(Struct, frozen=True):
    type: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    seconds: float | None = None


class _Recorded(Struct, frozen=True):
    text: str
    duration: float | None = None
    usage: _Usage | None = None


class _Event(Struct, frozen=True):
    type: str = ""
    item_id: str = ""
    delta: str | None = None
    transcript: str | None = None
    error: Mapping[str, Any] | None = None


_decode_recorded = msgspec.json.Decoder(_Recorded).decode
_decode = msgspec.json.Decoder(_Event).decode


def transcript(body: bytes, order: FileOrder) -> Transcript:
    """Return what the answer says, which is JSON unless another format was asked for.

    Raises:
        ProviderGarbled: it is something else.
    """
    model = order.card.model
    if order.response_format in _PLAIN_FORMATS:
        return Transcript(_plain(body), model)
    try:
        found = _decode_recorded(body)
    except NOT_JSON as garbage:
        raise _garbled() from garbage
    usage, seconds = None, found.duration
    if found.usage is not None:
        seconds = found.usage.seconds or seconds
        if found.usage.type == "tokens":
            told = found.usage
            usage = Usage(told.input_tokens, told.output_tokens, told.total_tokens)
    return Transcript(found.text.strip(), model, usage, seconds)


class LiveReader:
    """Feed it events in order; it does no I/O.

    Stretches of speech are finished in the order in which they were spoken, whichever the provider
    is done with first.
    """

    def __init__(self) -> None:
        self._spoken: dict[str, list[str]] = {}
        """The pieces of stretches that are not finished yet, in the order of speech."""
        self._whole: dict[str, str] = {}
        """What is finished but waits for one that was spoken before it."""
        self._segments: list[str] = []
        self._stopped: set[str] = set()
        """Stretches whose end the provider found; it commits them itself."""
        self._said_any = False
        self._committed = False
        self._finishing = False

    @property
    def ended(self) -> bool:
        """Whether all is written down that was said until `finishing`."""
        return self._finishing and self._committed and not self._spoken

    def finishing(self) -> None:
        """Note that the last sound was committed."""
        self._finishing, self._committed = True, False

    def feed(self, frame: str | bytes) -> Iterator[HeardEvent]:
        """Read an event.

        Raises:
            ProviderError: it is an error, or not the protocol of a session.
        """
        try:
            event = _decode(frame)
        except NOT_JSON as garbage:
            raise _garbled() from garbage
        match event.type:
            case "input_audio_buffer.speech_started":
                yield SpeechStarted()
            case "input_audio_buffer.speech_stopped":
                self._stopped.add(event.item_id)
                yield SpeechStopped()
            case "input_audio_buffer.committed":
                # Ours is the one of speech that was still going on.
                self._committed = self._committed or event.item_id not in self._stopped
                self._spoken.setdefault(event.item_id, [])
            case "error":
                self._failed(event.error or {})
            case kind if kind.startswith(_TRANSCRIPTION):
                yield from self._transcribed(kind.removeprefix(_TRANSCRIPTION), event)
            case _:
                return

    def end(self) -> TranscriptFinished:
        """Return all that was said."""
        return TranscriptFinished(" ".join(self._segments), len(self._segments))

    def _failed(self, error: Mapping[str, Any]) -> None:
        if error.get("code") != _NOTHING_TO_COMMIT:
            raise said(PROVIDER, error)
        self._committed = True

    def _transcribed(self, kind: str, event: _Event) -> Iterator[HeardEvent]:
        pieces = self._spoken.setdefault(event.item_id, [])
        match kind:
            case "delta" if event.delta:
                pieces.append(event.delta)
                if event.item_id == next(iter(self._spoken)):
                    yield from self._delta(event.delta, first=len(pieces) == 1)
            case "completed":
                whole = event.transcript
                self._whole[event.item_id] = "".join(pieces) if whole is None else whole
                yield from self._finished()
            case "failed":
                raise said(PROVIDER, event.error or {})
            case _:
                return

    def _finished(self) -> Iterator[HeardEvent]:
        """Yield what is done by now, and the pieces of the stretch that is then the first."""
        while self._spoken and (item := next(iter(self._spoken))) in self._whole:
            pieces, text = self._spoken.pop(item), self._whole.pop(item).strip()
            if text and not pieces:
                yield from self._delta(text, first=True)
            if text:
                self._segments.append(text)
                yield SegmentFinished(text, len(self._segments))
            if self._spoken:
                waiting = next(iter(self._spoken.values()))
                if waiting:
                    yield from self._delta("".join(waiting), first=True)

    def _delta(self, text: str, *, first: bool) -> Iterator[HeardEvent]:
        if first:
            text = f" {text.lstrip()}" if self._said_any else text.lstrip()
        if text:
            self._said_any = True
            yield TranscriptDelta(text)


def _plain(body: bytes) -> str:
    try:
        return body.decode().strip()
    except UnicodeDecodeError as garbage:
        raise _garbled() from garbage


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")

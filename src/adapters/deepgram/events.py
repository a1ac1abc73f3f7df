"""What Deepgram says: frames of its live socket, and the answer to a recording."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from adapters.deepgram.catalog import PROVIDER
from adapters.transport.not_json import NOT_JSON
from adapters.transport.status_errors import said
from domain.provider_errors import ProviderError, ProviderGarbled, ProviderRejected
from domain.speech.events import HeardEvent, TranscriptDelta, TranscriptFinished, TranscriptGuess
from domain.speech.orders import Transcript

NO_AUDIO = 1011
"""The socket's close code where Deepgram heard nothing for ten seconds."""


class _Alternative(Struct, frozen=True):
    transcript: str = ""


class _Channel(Struct, frozen=True):
    alternatives: tuple[_Alternative, ...] = ()

    @property
    def text(self) -> str:
        return self.alternatives[0].transcript.strip() if self.alternatives else ""


class _Frame(Struct, frozen=True):
    type: str = ""
    is_final: bool = False
    channel: object = None
    """Of `Results` an object, of others a list of numbers."""
    channel_index: tuple[int, ...] = ()
    description: str = ""
    message: str = ""


class _Results(Struct, frozen=True):
    channels: tuple[_Channel, ...] = ()


class _Metadata(Struct, frozen=True):
    duration: float | None = None


class _Recorded(Struct, frozen=True):
    results: _Results
    metadata: _Metadata = _Metadata()


_decode = msgspec.json.Decoder(_Frame).decode
_decode_recorded = msgspec.json.Decoder(_Recorded).decode


class LiveReader:
    """Feed it frames in order; it does no I/O.

    Only final results become part of the transcript: an interim one says again what was said.
    """

    def __init__(self) -> None:
        self._said: list[str] = []

    def feed(self, frame: str | bytes) -> Iterator[HeardEvent]:
        """Read a frame.

        Raises:
            ProviderError: it is an error, or not Deepgram's protocol.
        """
        try:
            found = _decode(frame)
            if found.type == "Error":
                raise said(PROVIDER, {"message": found.description or found.message})
            if found.type != "Results" or (found.channel_index and found.channel_index[0] != 0):
                return
            text = msgspec.convert(found.channel, _Channel).text
        except NOT_JSON as garbage:
            raise _garbled() from garbage
        if not text:
            return
        if not found.is_final:
            yield TranscriptGuess(text)
            return
        yield TranscriptDelta(f" {text}" if self._said else text)
        self._said.append(text)

    def end(self) -> TranscriptFinished:
        """Return all that was said; a stretch of speech is what came with one final result."""
        return TranscriptFinished(" ".join(self._said), len(self._said))


def closed(code: int | None, reason: str) -> ProviderError | None:
    """Return what a close of the socket means beyond that it is over."""
    if code == NO_AUDIO:
        return ProviderRejected(PROVIDER, f"{PROVIDER} heard no sound")
    if code == 1008:
        return ProviderRejected(PROVIDER, f"{PROVIDER} cannot make sense of the sound")
    return said(PROVIDER, {"message": reason}) if reason and code != 1000 else None


def transcript(body: bytes, model: str) -> Transcript:
    """Return what the answer to a recording says.

    Raises:
        ProviderGarbled: it is no such answer.
    """
    try:
        found = _decode_recorded(body)
    except NOT_JSON as garbage:
        raise _garbled() from garbage
    text = found.results.channels[0].text if found.results.channels else ""
    return Transcript(text, model, seconds=found.metadata.duration)


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")

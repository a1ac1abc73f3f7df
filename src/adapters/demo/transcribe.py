"""Ears without a provider: what they write down is what they were sent, and that they are none."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from application.ports.speech import Listening, Transcriber
from domain.speech.audio import WavFacts, duration_s, read_wav
from domain.speech.events import HeardEvent, TranscriptDelta, TranscriptFinished
from domain.speech.orders import FileOrder, LiveOrder, Recording, Transcript


class DemoTranscriber(Transcriber):
    """Needs no key and no network."""

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        facts = read_wav(recording.content)
        seconds = None if facts is None else facts.duration_s
        text = (
            f"This is a demonstration: nobody listened. I was sent {_described(recording, facts)}"
        )
        return Transcript(f"{text} to {order.act}.", order.card.model, seconds=seconds)

    @asynccontextmanager
    async def listen(self, order: LiveOrder) -> AsyncGenerator[Listening, None]:
        yield _Listening(order.rate_hz)


class _Listening(Listening):
    """Tells of every whole second as it is there."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._bytes = 0
        self._finished = False
        self._news = asyncio.Event()

    async def hear(self, pcm: bytes) -> None:
        self._bytes += len(pcm)
        self._news.set()

    async def finish(self) -> None:
        self._finished = True
        self._news.set()

    async def events(self) -> AsyncGenerator[HeardEvent, None]:
        said = "This is a demonstration: nobody listened. Seconds of sound:"
        yield TranscriptDelta(said)
        told = 0
        while not self._finished:
            await self._news.wait()
            self._news.clear()
            while told < int(self._seconds):
                told += 1
                said += f" {told}"
                yield TranscriptDelta(f" {told}")
        rest = f"; {self._seconds:.2f} in all, at {self._rate_hz} Hz."
        yield TranscriptDelta(rest)
        yield TranscriptFinished(said + rest, 1)

    @property
    def _seconds(self) -> float:
        return duration_s(self._bytes, self._rate_hz)


def _described(recording: Recording, facts: WavFacts | None) -> str:
    if facts is None:
        kind = recording.media_type or "an unknown kind"
        return f"{len(recording.content)} bytes of {kind}"
    channels = "1 channel" if facts.channels == 1 else f"{facts.channels} channels"
    return f"{facts.duration_s:.2f} seconds of sound at {facts.rate_hz} Hz in {channels}"

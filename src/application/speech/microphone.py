"""Sound on its way from a speaking client to whoever hears it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from msgspec import Struct

from domain.provider_errors import StreamStalled
from domain.speech.audio import duration_s
from domain.speech.errors import RecordingTooLong
from domain.turn.prompt import Part

ROOM_S = 60.0
"""How much sound may wait to be heard; then its speaker waits …"""
PATIENCE_S = 10.0
"""… for so long, and is told that nobody keeps up."""
SILENT_S = 60.0
"""Without any sound the recording is over, whoever forgot to say so."""


class RecordingEnd(Struct, frozen=True):
    """What a client says along with the end of its recording."""

    recording: str | None = None
    """Its own id of the recording."""
    attachments: tuple[Part, ...] = ()
    """Added while it was recording."""
    additional_text: str | None = None
    """Typed while it was recording."""


class Microphone:
    """One recording. Whoever feeds it never holds more than a minute of sound in memory."""

    def __init__(self, rate_hz: int, longest_s: float) -> None:
        """Begin.

        Args:
            rate_hz: of the PCM that will come.
            longest_s: what comes later than that is not heard.
        """
        self.rate_hz = rate_hz
        self.end = RecordingEnd()
        self.was_lost = False
        """The client went away without saying that it had finished."""
        self.failure: StreamStalled | None = None
        """Why the recording ended before its time; what was said after that is not in it."""
        self._longest_s = longest_s
        self._heard_bytes = 0
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._over = False
        self._is_full = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is heard."""
        return self._over

    @property
    def seconds(self) -> float:
        """How much was heard."""
        return duration_s(self._heard_bytes, self.rate_hz)

    async def feed(self, pcm: bytes) -> None:
        """Hand over the next sound; what comes after the end is passed over.

        Raises:
            StreamStalled: nobody has taken any for too long.
            RecordingTooLong: it has lasted as long as it may; told once.
        """
        if self._over:
            if self._is_full and pcm:
                self._is_full = False
                raise RecordingTooLong(self._longest_s)
            return
        if not self._room.is_set():
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._room.wait()
            except TimeoutError:
                self.finish()
                self.failure = StreamStalled("stt", "The transcription does not keep up")
                raise self.failure from None
        self._heard_bytes += len(pcm)
        self._waiting.append(pcm)
        self._waiting_bytes += len(pcm)
        if duration_s(self._waiting_bytes, self.rate_hz) >= ROOM_S:
            self._room.clear()
        self._news.set()
        if self.seconds >= self._longest_s:
            self._is_full = True
            self.finish()

    def finish(self, end: RecordingEnd | None = None) -> None:
        """Say that the recording is over."""
        if not self._over:
            self._over = True
            self.end = end or self.end
            self._news.set()
            self._room.set()

    def lost(self) -> None:
        """Say that the client is gone."""
        if not self._over:
            self.was_lost = True
            self.finish()

    async def sound(self) -> AsyncGenerator[bytes, None]:
        """Yield the sound as it comes, up to the end of the recording. To be read once."""
        while True:
            while self._waiting:
                pcm = self._waiting.popleft()
                self._waiting_bytes -= len(pcm)
                self._room.set()
                yield pcm
            if self._over:
                return
            self._news.clear()
            try:
                async with asyncio.timeout(SILENT_S):
                    await self._news.wait()
            except TimeoutError:
                self.finish()

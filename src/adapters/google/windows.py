"""Live speech, heard in windows of a few seconds by a provider that takes whole recordings."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from application.flow.alongside import alongside
from application.ports.speech import Listening
from domain.errors import ParleyError
from domain.speech.audio import SAMPLE_BYTES
from domain.speech.events import HeardEvent, TranscriptDelta, TranscriptFinished

log = structlog.get_logger("google")

LEAST_S = 0.5
"""Sound that is worth a request while there may be more."""
_MOST_WINDOWS = 8
"""How far the speaker may be ahead, in windows; then they wait."""


class Windows(Listening):
    """One task asks, window after window, so that the words come out in their order.

    A window that fails is passed over; where every one does, the failure is the answer.
    """

    def __init__(
        self, heard: Callable[[bytes], Awaitable[str]], rate_hz: int, window_s: float
    ) -> None:
        """Begin to collect.

        Args:
            heard: returns what is said in some PCM.
            rate_hz: of the PCM.
            window_s: how much is asked about at once.
        """
        self._heard = heard
        self._window_s = window_s
        self._window = SAMPLE_BYTES * max(1, round(rate_hz * window_s))
        self._least = SAMPLE_BYTES * round(rate_hz * LEAST_S)
        self._held = bytearray()
        self._finished = False
        self._said: list[str] = []
        self._failure: ParleyError | None = None
        self._enough = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._events: asyncio.Queue[HeardEvent | None] = asyncio.Queue()
        """As many as there are windows; each holds a line of text."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Ask about what comes in until the block ends."""
        async with alongside(self._run()):
            yield

    async def hear(self, pcm: bytes) -> None:
        await self._room.wait()
        self._held += pcm
        if len(self._held) >= self._window:
            self._enough.set()
        if len(self._held) >= _MOST_WINDOWS * self._window:
            self._room.clear()

    async def finish(self) -> None:
        self._finished = True
        self._enough.set()

    async def events(self) -> AsyncGenerator[HeardEvent, None]:
        while (event := await self._events.get()) is not None:
            yield event
        if self._failure is not None and not self._said:
            raise self._failure
        yield TranscriptFinished(" ".join(self._said), len(self._said))

    async def _run(self) -> None:
        try:
            while not self._finished or self._held:
                await self._wait()
                if pcm := self._taken():
                    await self._ask(pcm)
        finally:
            self._events.put_nowait(None)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._window_s):
                await self._enough.wait()
        except TimeoutError:
            return  # A speaker who pauses wants to see what they have said.

    def _taken(self) -> bytes:
        """Return the next window; what is left of the last one is never left behind."""
        if len(self._held) < (SAMPLE_BYTES if self._finished else self._least):
            if self._finished:
                self._held.clear()
            return b""
        pcm = bytes(self._held[: self._window])
        del self._held[: self._window]
        self._room.set()
        if len(self._held) < self._window and not self._finished:
            self._enough.clear()
        return pcm

    async def _ask(self, pcm: bytes) -> None:
        try:
            text = (await self._heard(pcm)).strip()
        except ParleyError as error:
            self._failure = error
            log.warning("some seconds of speech were not understood", code=error.code)
            return
        if text:
            self._events.put_nowait(TranscriptDelta(f" {text}" if self._said else text))
            self._said.append(text)

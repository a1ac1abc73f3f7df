"""A voice without a provider: it needs no key and no network, and its tones say that it is none."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.demo.tones import tone
from application.ports.speech import ReadingSpeaker, Speaking
from domain.speech.orders import SpeechOrder

_CHUNK = 9600
"""Bytes: a fifth of a second."""
_AHEAD = 4
"""Pieces that wait to be spoken; then whoever writes them waits."""


class DemoSpeaker(ReadingSpeaker):
    """Sounds one tone for each piece of text."""

    async def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        sound = tone(text)
        for at in range(0, len(sound), _CHUNK):
            yield sound[at : at + _CHUNK]

    @asynccontextmanager
    async def read_on(self, order: SpeechOrder) -> AsyncGenerator[Speaking, None]:
        yield _Tones(self, order)


class _Tones(Speaking):
    def __init__(self, speaker: DemoSpeaker, order: SpeechOrder) -> None:
        self._speaker = speaker
        self._order = order
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue(_AHEAD)

    async def say(self, text: str) -> None:
        await self._pieces.put(text)

    async def finish(self) -> None:
        await self._pieces.put(None)

    async def audio(self) -> AsyncGenerator[bytes, None]:
        while (piece := await self._pieces.get()) is not None:
            async for chunk in self._speaker.speak(piece, self._order):
                yield chunk

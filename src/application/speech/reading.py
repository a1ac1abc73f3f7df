"""Text in while sound comes out, whoever speaks.

A provider that takes text in while it speaks is handed the pieces as they are; to any other, each
piece is a request of its own, made before the sound of the piece before it has ended.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import cast

from application.ports.speech import ReadingSpeaker, Speaker, Speaking
from domain.errors import ParleyError
from domain.speech.orders import SpeechOrder

AHEAD = 2
"""Requests that are under way besides the one that is heard."""
_CHUNKS = 16
"""Parts of a piece's sound that wait to be heard; then its provider waits."""


def reading(speaker: Speaker, order: SpeechOrder) -> AbstractAsyncContextManager[Speaking]:
    """Begin to speak what is yet to be written; leaving the block stops the voice.

    Raises:
        ProviderError: when entered: the provider cannot be reached or refuses.
        NotConfigured: when entered: the provider's key is missing.
    """
    if order.card.reads_on:
        return cast("ReadingSpeaker", speaker).read_on(order)
    return _pipelined(speaker, order)


@asynccontextmanager
async def _pipelined(speaker: Speaker, order: SpeechOrder) -> AsyncGenerator[Speaking, None]:
    pipeline = _Pipeline(speaker, order)
    try:
        yield pipeline
    finally:
        await pipeline.stop()


class _Pipeline(Speaking):
    def __init__(self, speaker: Speaker, order: SpeechOrder) -> None:
        self._speaker = speaker
        self._order = order
        self._lines: asyncio.Queue[asyncio.Queue[bytes | ParleyError | None] | None]
        self._lines = asyncio.Queue(AHEAD)
        self._requests: set[asyncio.Task[None]] = set()

    async def say(self, text: str) -> None:
        line: asyncio.Queue[bytes | ParleyError | None] = asyncio.Queue(_CHUNKS)
        await self._lines.put(line)
        request = asyncio.create_task(self._request(text, line))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)

    async def finish(self) -> None:
        await self._lines.put(None)

    async def audio(self) -> AsyncGenerator[bytes, None]:
        while (line := await self._lines.get()) is not None:
            while (chunk := await line.get()) is not None:
                if isinstance(chunk, ParleyError):
                    raise chunk
                yield chunk

    async def stop(self) -> None:
        """Give up whatever is under way, and wait until it is gone."""
        requests = set(self._requests)
        for request in requests:
            request.cancel()
        if requests:
            await asyncio.wait(requests)

    async def _request(self, text: str, line: asyncio.Queue[bytes | ParleyError | None]) -> None:
        try:
            async with aclosing(self._speaker.speak(text, self._order)) as sound:
                async for chunk in sound:
                    await line.put(chunk)
        except ParleyError as error:
            await line.put(error)
        else:
            await line.put(None)

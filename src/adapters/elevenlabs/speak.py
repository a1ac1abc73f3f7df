"""ElevenLabs' speech: a text over HTTP, or text in and sound out on one socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.elevenlabs.catalog import PROVIDER
from adapters.elevenlabs.errors import refused
from adapters.elevenlabs.events import SoundReader, allowance
from adapters.elevenlabs.request import (
    END,
    KEEP_ALIVE,
    first_frame,
    piece_frame,
    socket_path,
    spoken,
    subscription,
)
from adapters.transport.patience import Patience
from adapters.transport.rest import Rest
from adapters.transport.sound import read_sound
from adapters.transport.websocket import ProviderSocket, connected, socket_address
from application.flow.alongside import alongside
from application.ports.speech import Allowance, AllowanceBook, ReadingSpeaker, Speaking
from domain.provider_errors import ProviderError, ProviderGarbled
from domain.speech.orders import SpeechOrder

BASE_URL = "https://api.elevenlabs.io"
KEEP_ALIVE_S = 120.0
"""While whoever writes the text thinks, or waits for tools; after 180 s ElevenLabs goes."""
LAST_WORDS_S = 300.0
"""From the last piece to the end of its sound."""


class ElevenLabsSpeaker(ReadingSpeaker, AllowanceBook):
    """Nothing is imported or opened before the first text."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str = BASE_URL,
        patience: Patience | None = None,
        last_words_s: float = LAST_WORDS_S,
        keep_alive_s: float = KEEP_ALIVE_S,
    ) -> None:
        self._patience = patience or Patience()
        self._rest = Rest(
            PROVIDER,
            base_url,
            api_key,
            "ELEVENLABS_API_KEY",
            self._patience,
            lambda key: {"xi-api-key": key},
            refused,
        )
        self._sockets = socket_address(base_url)
        self._last_words_s = last_words_s
        self._keep_alive_s = keep_alive_s

    def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        return read_sound(self._rest, spoken(text, order))

    @asynccontextmanager
    async def read_on(self, order: SpeechOrder) -> AsyncGenerator[Speaking, None]:
        headers = self._rest.key_headers()
        address = self._sockets + socket_path(order)
        async with connected(PROVIDER, address, headers, self._patience, refused) as socket:
            await socket.send(first_frame(order))
            speaking = _Speaking(socket, order, self._last_words_s)
            async with alongside(speaking.keep_alive(self._keep_alive_s)):
                yield speaking

    async def allowance(self) -> Allowance:
        return allowance(await self._rest.body(subscription()))

    async def warm_up(self) -> None:
        """Import now what the first text would wait for."""
        await self._rest.warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()


class _Speaking(Speaking):
    def __init__(self, socket: ProviderSocket, order: SpeechOrder, last_words_s: float) -> None:
        self._socket = socket
        self._order = order
        self._last_words_s = last_words_s
        self._said_any = False
        self._finished = False

    async def keep_alive(self, every_s: float) -> None:
        """Keep the socket open while no text comes."""
        while True:
            await asyncio.sleep(every_s)
            if not self._finished:
                try:
                    await self._socket.send(KEEP_ALIVE)
                except ProviderError:
                    return  # Whoever reads the audio is told.

    async def say(self, text: str) -> None:
        self._said_any = True
        await self._socket.send(piece_frame(text, self._order))

    async def finish(self) -> None:
        if not self._finished:
            self._finished = True
            self._socket.must_end_within(self._last_words_s)
            await self._socket.send(END)

    async def audio(self) -> AsyncGenerator[bytes, None]:
        reader, silent = SoundReader(), True
        while not reader.ended and (frame := await self._socket.receive()) is not None:
            if sound := reader.feed(frame):
                silent = False
                yield sound
        if not reader.ended and not self._finished:
            raise self._socket.broke_off()
        if silent and self._said_any:
            raise ProviderGarbled(PROVIDER, f"{PROVIDER} sent no sound")

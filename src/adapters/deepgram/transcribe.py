"""Deepgram's transcription: its live socket, and its interface for recordings."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.deepgram.catalog import PROVIDER
from adapters.deepgram.events import LiveReader, closed, transcript
from adapters.deepgram.request import CLOSE, KEEP_ALIVE, key_check, live_path, recorded
from adapters.transport.patience import Patience
from adapters.transport.resampling import resampler
from adapters.transport.rest import Rest
from adapters.transport.websocket import ProviderSocket, connected, socket_address
from application.flow.alongside import alongside
from application.ports.resampling import Resampler
from application.ports.speech import Listening, Transcriber
from domain.provider_errors import ProviderBrokeOff, ProviderError
from domain.speech.events import HeardEvent
from domain.speech.orders import FileOrder, LiveOrder, Recording, Transcript

BASE_URL = "https://api.eu.deepgram.com"
KEEP_ALIVE_S = 5.0
KEPT_ALIVE_S = 30.0
"""Without any sound; then Deepgram may go."""
LAST_WORDS_S = 15.0
"""From the last sound to the end of the transcript."""


class DeepgramTranscriber(Transcriber):
    """Nothing is imported or opened before the first use."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str = BASE_URL,
        patience: Patience | None = None,
        keep_alive_s: float = KEEP_ALIVE_S,
        last_words_s: float = LAST_WORDS_S,
    ) -> None:
        self._patience = patience or Patience()
        self._rest = Rest(
            PROVIDER,
            base_url,
            api_key,
            "DEEPGRAM_API_KEY",
            self._patience,
            lambda key: {"authorization": f"Token {key}"},
        )
        self._sockets = socket_address(base_url)
        self._keep_alive_s = keep_alive_s
        self._last_words_s = last_words_s

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        return transcript(await self._rest.body(recorded(recording, order)), order.card.model)

    @asynccontextmanager
    async def listen(self, order: LiveOrder) -> AsyncGenerator[Listening, None]:
        headers = self._rest.key_headers()
        changing = await resampler(order.rate_hz, order.wire_rate_hz)
        address = self._sockets + live_path(order)
        async with connected(PROVIDER, address, headers, self._patience) as socket:
            listening = _Listening(socket, changing, self._last_words_s)
            async with alongside(listening.keep_alive(self._keep_alive_s)):
                yield listening

    async def check_key(self) -> None:
        """Return if Deepgram takes the key.

        Raises:
            ProviderError: it cannot be reached, or refuses.
            NotConfigured: the key is missing.
        """
        await self._rest.body(key_check())

    async def warm_up(self) -> None:
        """Import now what the first use would wait for."""
        await self._rest.warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()


class _Listening(Listening):
    def __init__(self, socket: ProviderSocket, resampler: Resampler, last_words_s: float) -> None:
        self._socket = socket
        self._resampler = resampler
        self._last_words_s = last_words_s
        self._now = asyncio.get_running_loop().time
        self._heard_at = self._now()
        self._finished = False

    async def hear(self, pcm: bytes) -> None:
        self._heard_at = self._now()
        if sound := self._resampler.feed(pcm):
            await self._socket.send(sound)

    async def finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        self._socket.must_end_within(self._last_words_s)
        if rest := self._resampler.end():
            await self._socket.send(rest)
        await self._socket.send(CLOSE)

    async def events(self) -> AsyncGenerator[HeardEvent, None]:
        reader = LiveReader()
        while (frame := await self._next()) is not None:
            for event in reader.feed(frame):
                yield event
        if not self._finished:
            raise self._socket.broke_off()
        yield reader.end()

    async def keep_alive(self, every_s: float) -> None:
        """Keep the socket open while the speaker pauses."""
        while True:
            await asyncio.sleep(every_s)
            if not self._finished and self._now() - self._heard_at < KEPT_ALIVE_S:
                try:
                    await self._socket.send(KEEP_ALIVE)
                except ProviderError:
                    return  # Whoever reads the events is told.

    async def _next(self) -> str | bytes | None:
        try:
            return await self._socket.receive()
        except ProviderBrokeOff as broken:
            raise closed(self._socket.close_code, self._socket.close_reason) or broken from broken

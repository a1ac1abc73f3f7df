"""OpenAI's transcription: of recordings over HTTP, and live over a session of its own type."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.openai.speech_catalog import PROVIDER
from adapters.openai.speech_rest import BASE_URL, speech_rest
from adapters.openai.transcribe_events import LiveReader, transcript
from adapters.openai.transcribe_request import (
    COMMIT,
    SESSION_PATH,
    WIRE_HZ,
    append,
    recorded,
    session_update,
)
from adapters.transport.patience import Patience
from adapters.transport.resampling import resampler
from adapters.transport.websocket import ProviderSocket, connected, socket_address
from application.ports.resampling import Resampler
from application.ports.speech import Listening, Transcriber
from domain.speech.events import HeardEvent
from domain.speech.orders import FileOrder, LiveOrder, Recording, Transcript

LAST_WORDS_S = 10.0
"""From the last sound to the end of the transcript."""


class OpenAITranscriber(Transcriber):
    """Nothing is imported or opened before the first use."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str = BASE_URL,
        patience: Patience | None = None,
        last_words_s: float = LAST_WORDS_S,
    ) -> None:
        self._patience = patience or Patience()
        self._rest = speech_rest(api_key, base_url, self._patience)
        self._address = socket_address(base_url) + SESSION_PATH
        self._last_words_s = last_words_s

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        return transcript(await self._rest.body(recorded(recording, order)), order)

    @asynccontextmanager
    async def listen(self, order: LiveOrder) -> AsyncGenerator[Listening, None]:
        headers = self._rest.key_headers()
        changing = await resampler(order.rate_hz, WIRE_HZ)
        async with connected(PROVIDER, self._address, headers, self._patience) as socket:
            await socket.send(session_update(order).decode())
            yield _Listening(socket, changing, self._last_words_s)

    async def warm_up(self) -> None:
        """Import now what the first use would wait for."""
        await self._rest.warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()


class _Listening(Listening):
    def __init__(self, socket: ProviderSocket, changing: Resampler, last_words_s: float) -> None:
        self._socket = socket
        self._resampler = changing
        self._last_words_s = last_words_s
        self._reader = LiveReader()
        self._finished = False

    async def hear(self, pcm: bytes) -> None:
        if sound := self._resampler.feed(pcm):
            await self._socket.send(append(sound))

    async def finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        self._socket.must_end_within(self._last_words_s)
        if rest := self._resampler.end():
            await self._socket.send(append(rest))
        self._reader.finishing()
        await self._socket.send(COMMIT)

    async def events(self) -> AsyncGenerator[HeardEvent, None]:
        while not self._reader.ended:
            frame = await self._socket.receive()
            if frame is None:
                raise self._socket.broke_off()
            for event in self._reader.feed(frame):
                yield event
        yield self._reader.end()

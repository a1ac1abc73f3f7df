"""Gemini's transcription: of recordings, and of live speech by windows."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.google.catalog import PROVIDER
from adapters.google.chat import BASE_URL
from adapters.google.errors import refused
from adapters.google.events import GenerateReader
from adapters.google.transcribe_request import recorded, window
from adapters.google.windows import Windows
from adapters.transport.patience import Patience
from adapters.transport.resampling import resampler
from adapters.transport.rest import Call, Rest
from application.ports.speech import Listening, Transcriber
from domain.speech.audio import wav
from domain.speech.orders import FileOrder, LiveOrder, Recording, Transcript
from domain.turn.events import ModelStopped, TextDelta


class GoogleTranscriber(Transcriber):
    """Nothing is imported or opened before the first use."""

    def __init__(
        self, api_key: str | None, base_url: str = BASE_URL, patience: Patience | None = None
    ) -> None:
        self._rest = Rest(
            PROVIDER,
            base_url,
            api_key,
            "GOOGLE_API_KEY",
            patience or Patience(),
            lambda key: {"x-goog-api-key": key},
            refused,
        )

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        return await self._answer(recorded(recording, order), order.card.model)

    @asynccontextmanager
    async def listen(self, order: LiveOrder) -> AsyncGenerator[Listening, None]:
        self._rest.key_headers()

        async def heard(pcm: bytes) -> str:
            changing = await resampler(order.rate_hz, order.wire_rate_hz)
            sound = wav(changing.feed(pcm) + changing.end(), order.wire_rate_hz)
            return (await self._answer(window(sound, order), order.card.model)).text

        windows = Windows(heard, order.rate_hz, order.window_s)
        async with windows.running():
            yield windows

    async def _answer(self, call: Call, model: str) -> Transcript:
        body = await self._rest.body(call)
        pieces: list[str] = []
        usage = None
        for event in GenerateReader().whole(body):
            if isinstance(event, TextDelta):
                pieces.append(event.text)
            elif isinstance(event, ModelStopped):
                usage = event.usage
        return Transcript("".join(pieces).strip(), model, usage)

    async def warm_up(self) -> None:
        """Import now what the first use would wait for."""
        await self._rest.warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()

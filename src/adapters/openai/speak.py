"""OpenAI's speech: text over HTTP, sound as it is made."""

from collections.abc import AsyncGenerator
from typing import Any

from adapters.openai.speech_rest import BASE_URL, speech_rest
from adapters.transport.patience import Patience
from adapters.transport.rest import Call
from adapters.transport.sound import read_sound
from application.ports.speech import Speaker
from domain.speech.orders import SpeechOrder


class OpenAISpeaker(Speaker):
    """Nothing is imported or opened before the first text."""

    def __init__(
        self, api_key: str | None, base_url: str = BASE_URL, patience: Patience | None = None
    ) -> None:
        self._rest = speech_rest(api_key, base_url, patience or Patience())

    def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        return read_sound(self._rest, spoken(text, order))

    async def warm_up(self) -> None:
        """Import now what the first text would wait for."""
        await self._rest.warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()


def spoken(text: str, order: SpeechOrder) -> Call:
    """Return the request."""
    body: dict[str, Any] = {
        "model": order.card.model,
        "voice": order.voice,
        "input": text,
        "response_format": order.wire_format,
        "speed": order.speed,
    }
    if order.instructions and order.card.takes_instructions:
        body["instructions"] = order.instructions
    return Call(path="/audio/speech", json=body)

"""Google's models, through the generateContent interface."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from adapters.google.catalog import PROVIDER
from adapters.google.events import GenerateReader
from adapters.google.request import generate_request
from adapters.google.rest import GoogleRest
from adapters.transport.aside import aside
from adapters.transport.attachments import inline_size
from adapters.transport.patience import Patience
from adapters.transport.streaming import RawAnswer, read_answer
from application.ports.chat_model import ChatModel
from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt

BASE_URL = "https://generativelanguage.googleapis.com"


class GoogleChatModel(ChatModel):
    """Nothing is imported or opened before the first question."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str = BASE_URL,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._rest = GoogleRest(api_key, base_url, self._patience)

    def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer; see the port.

        Raises:
            ModelCannot: the prompt holds something that the wire cannot carry.
            InvalidRequest: an attachment's data URL is none, or a tool's settings make no sense.
        """
        return read_answer(PROVIDER, self._asked(prompt), GenerateReader(), self._patience)

    @asynccontextmanager
    async def _asked(self, prompt: Prompt) -> AsyncGenerator[RawAnswer, None]:
        body = await aside(inline_size(prompt), generate_request, prompt)
        async with self._rest.streamed(prompt.card.model, body) as answer:
            yield answer

    async def warm_up(self) -> None:
        """Import and open now, so that the first question need not wait for it."""
        await self._rest.warm_up()

    async def model_names(self) -> list[str]:
        """Return what Google offers to this key.

        Raises:
            ProviderError: it cannot be reached, or refuses.
            NotConfigured: the key is missing.
        """
        return await self._rest.model_names()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()

"""OpenAI's models, through Chat Completions or Responses as each model's card says."""

from collections.abc import AsyncGenerator, Sequence

from adapters.openai.responses_events import ResponsesReader
from adapters.openai.responses_request import responses_request
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.chat_wire.request import chat_request
from adapters.transport.openai_sdk import OpenAISdk
from adapters.transport.patience import Patience
from adapters.transport.streaming import read_answer
from application.ports.chat_model import ChatModel
from domain.catalog.card import Api
from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt

BASE_URL = "https://api.openai.com/v1"
PROVIDER = "openai"


class OpenAIChatModel(ChatModel):
    """Nothing is imported or opened before the first question."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str = BASE_URL,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._sdk = OpenAISdk(PROVIDER, base_url, api_key, "OPENAI_API_KEY", self._patience)

    def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer; see the port.

        Raises:
            ModelCannot: the prompt holds something that the model's interface cannot carry.
        """
        if prompt.card.api is Api.RESPONSES:
            asking = self._sdk.responses(responses_request(prompt))
            return read_answer(PROVIDER, asking, ResponsesReader(), self._patience)
        asking = self._sdk.chat(chat_request(prompt))
        return read_answer(PROVIDER, asking, ChatReader(PROVIDER), self._patience)

    async def warm_up(self) -> None:
        """Import and prepare the SDK now, so that the first question need not wait for it."""
        await self._sdk.warm_up()

    async def model_names(self) -> list[str]:
        """Return what OpenAI offers to this key.

        Raises:
            ProviderError: it cannot be reached, or refuses.
            NotConfigured: the key is missing.
        """
        return await self._sdk.model_names()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._sdk.aclose()

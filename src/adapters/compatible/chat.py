"""Models of any provider that speaks OpenAI's chat wire."""

from collections.abc import AsyncGenerator, Sequence

from adapters.compatible.dialect import Dialect
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.chat_wire.request import chat_request
from adapters.transport.openai_sdk import OpenAISdk
from adapters.transport.patience import Patience
from adapters.transport.streaming import read_answer
from application.ports.chat_model import ChatModel
from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt


class CompatibleChatModel(ChatModel):
    """Steered by a dialect; nothing is imported or opened before the first question."""

    def __init__(
        self,
        dialect: Dialect,
        api_key: str | None = None,
        base_url: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Remember how to connect.

        Args:
            dialect: the provider.
            api_key: its key.
            base_url: in place of the dialect's own.
            patience: when silence is an error.

        Raises:
            ValueError: neither the dialect nor the caller names an address.
        """
        address = base_url or dialect.base_url
        if not address:
            raise ValueError(f"{dialect.provider} needs a base URL")
        self._dialect = dialect
        self._patience = patience or Patience()
        self._sdk = OpenAISdk(
            dialect.provider, address, api_key, dialect.key_variable, self._patience
        )

    def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer; see the port.

        Raises:
            ModelCannot: the prompt holds something that the wire cannot carry.
        """
        dialect = self._dialect
        return read_answer(
            dialect.provider,
            self._sdk.chat(chat_request(prompt, dialect.quirks)),
            ChatReader(dialect.provider, dialect.quirks),
            self._patience.with_model(prompt.card),
        )

    async def model_names(self) -> list[str]:
        """Return what the server lists under `/models`, in its own spelling.

        Raises:
            ProviderError: it cannot be reached, or lists nothing.
            NotConfigured: the key is missing.
        """
        return await self._sdk.model_names()

    async def warm_up(self) -> None:
        """Import and prepare the SDK now, so that the first question need not wait for it."""
        await self._sdk.warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._sdk.aclose()

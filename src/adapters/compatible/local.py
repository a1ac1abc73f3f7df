"""Any server of the operator's own that speaks the wire, such as Ollama, llama.cpp or vLLM.

Its models are `local/<name>`, whatever the server calls them; the name's letters keep their case on
the wire.
"""

from collections.abc import AsyncGenerator, Sequence

from adapters.compatible.chat import CompatibleChatModel
from adapters.compatible.dialect import Dialect
from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.patience import Patience
from application.ports.chat_model import ChatModel
from domain.catalog.card import Capability, ModelCard
from domain.errors import NotConfigured
from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt

PROVIDER = "local"
PREFIX = "local/"
DIALECT = Dialect(PROVIDER, None, quirks=ChatQuirks(thinkers_differ=False, thinks_in_tags=True))


def local_card(name: str) -> ModelCard:
    """Return the card of a local model.

    Args:
        name: the server's name for it, with or without `local/` before it.
    """
    model = name.strip()
    if model.lower().startswith(PREFIX):
        model = model[len(PREFIX) :]
    return ModelCard(
        id=PREFIX + model.lower(),
        provider=PROVIDER,
        model=model,
        # What a local model can do is not to be known; a server says so when it cannot.
        can=frozenset({Capability.TEMPERATURE, Capability.IMAGES_IN, Capability.TOOLS}),
    )


class LocalModels(ChatModel):
    """The models behind `LOCAL_BASE_URL`; a key is sent only if there is one."""

    def __init__(
        self, base_url: str, api_key: str | None = None, patience: Patience | None = None
    ) -> None:
        """Remember how to connect; an empty address makes every use a `NotConfigured`."""
        self._model = (
            CompatibleChatModel(DIALECT, api_key, base_url, patience) if base_url else None
        )

    def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer; see the port."""
        return self._configured().stream(prompt)

    async def list_models(self) -> list[ModelCard]:
        """Return a card for each model that the server lists.

        Raises:
            ProviderError: the server cannot be reached, or does not list its models.
        """
        return [local_card(name) for name in await self._configured().model_names()]

    async def warm_up(self) -> None:
        """Import and prepare the SDK now, so that the first question need not wait for it."""
        await self._configured().warm_up()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        if self._model is not None:
            await self._model.aclose()

    def _configured(self) -> CompatibleChatModel:
        if self._model is None:
            raise NotConfigured("LOCAL_BASE_URL")
        return self._model

"""A chat model through several keys, and through none while its provider is down."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from application.providers.key_lanes import KeyLanes
from domain.provider_errors import ProviderError
from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt


class Lanes(ChatModel):
    """The chat model of one provider, whose adapter exists once for each key."""

    def __init__(
        self, provider: str, models: Sequence[ChatModel], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        self._lanes = KeyLanes(provider, models, clock, failures)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer from the first key that may be used; see the port.

        A key that is over its limit or refused before the first word hands over to the next.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
        """
        passage = self._lanes.passage(prompt.card.model)
        while True:
            model = passage.enter()
            begun = False
            try:
                async with aclosing(model.stream(prompt)) as batches:
                    async for batch in batches:
                        if not begun:
                            begun = True
                            passage.answered()
                        yield batch
            except ProviderError as error:
                passage.failed(error)
                if begun or not passage.another_may(error):
                    raise
            else:
                return
            finally:
                passage.leave()

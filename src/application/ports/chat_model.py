"""A model that answers in text."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt


class ChatModel(Protocol):
    """One provider's chat interface, for every model of that provider."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer as it is written; its last event is its only `ModelStopped`.

        Each batch is what one read of the connection brought, at least one event: a fast provider
        sends hundreds of tokens a read, and every step of their way is then taken once. Nothing
        is held back to fill a batch.

        Closing the generator early, or cancelling the task that reads it, closes the connection
        to the provider. Nothing is retried in here: who asks decides.

        Raises:
            ProviderError: the provider refused or broke off; never an SDK exception.
            NotConfigured: the provider's key is missing; names the variable.
        """
        ...

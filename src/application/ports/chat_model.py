"""A model that answers in text."""

from collections.abc import AsyncGenerator
from typing import Protocol

from domain.turn.events import ModelEvent
from domain.turn.prompt import Prompt


class ChatModel(Protocol):
    """One provider's chat interface, for every model of that provider."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[ModelEvent, None]:
        """Yield the answer as it is written, ending with exactly one `ModelStopped`.

        Closing the generator early, or cancelling the task that reads it, closes the connection
        to the provider. Nothing is retried in here: who asks decides.

        Raises:
            ProviderError: the provider refused or broke off; never an SDK exception.
            NotConfigured: the provider's key is missing; names the variable.
        """
        ...

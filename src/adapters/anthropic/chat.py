"""Anthropic's models, through the Messages interface."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from msgspec import structs

from adapters.anthropic.blocks import PROVIDER
from adapters.anthropic.events import PAUSED, MessagesReader
from adapters.anthropic.request import messages_request, request_headers
from adapters.anthropic.sdk import AnthropicSdk
from adapters.transport.aside import aside
from adapters.transport.attachments import inline_size
from adapters.transport.patience import Patience
from adapters.transport.streaming import read_answer
from application.ports.chat_model import ChatModel
from domain.turn.events import ModelEvent, ModelStopped
from domain.turn.metering import Usage
from domain.turn.prompt import Prompt, Round

BASE_URL = "https://api.anthropic.com"
_MOST_PAUSES = 5


class AnthropicChatModel(ChatModel):
    """Nothing is imported or opened before the first question.

    An answer that Anthropic pauses, as it does when its own tools ran for long, is asked for
    again from there, and reads as one.
    """

    def __init__(
        self,
        api_key: str | None,
        base_url: str = BASE_URL,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._sdk = AnthropicSdk(api_key, base_url, self._patience)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer; see the port.

        Raises:
            ModelCannot: the prompt holds something that the wire cannot carry.
            InvalidRequest: an attachment's data URL is none.
        """
        so_far = _SoFar()
        while True:
            asked = so_far.goes_on(prompt)
            body = await aside(inline_size(asked), messages_request, asked)
            async with aclosing(self._part(body)) as batches:
                async for batch in batches:
                    said = batch
                    if isinstance(last := batch[-1], ModelStopped):
                        so_far.add(last)
                        said = batch[:-1]
                    if said:
                        yield said
            if so_far.over:
                yield (so_far.stopped,)
                return

    def _part(self, body: dict[str, Any]) -> AsyncGenerator[Sequence[ModelEvent], None]:
        asking = self._sdk.messages(body, request_headers(body))
        return read_answer(PROVIDER, asking, MessagesReader(), self._patience)

    async def warm_up(self) -> None:
        """Import and prepare the SDK now, so that the first question need not wait for it."""
        await self._sdk.warm_up()

    async def model_names(self) -> list[str]:
        """Return what Anthropic offers to this key.

        Raises:
            ProviderError: it cannot be reached, or refuses.
            NotConfigured: the key is missing.
        """
        return await self._sdk.model_names()

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._sdk.aclose()


class _SoFar:
    """The parts of an answer that was paused, as one."""

    def __init__(self) -> None:
        self._parts: list[ModelStopped] = []

    def add(self, part: ModelStopped) -> None:
        self._parts.append(part)

    @property
    def over(self) -> bool:
        return self._parts[-1].note != PAUSED or len(self._parts) > _MOST_PAUSES

    @property
    def stopped(self) -> ModelStopped:
        last = self._parts[-1]
        counted = [part.usage for part in self._parts if part.usage is not None]
        return ModelStopped(
            last.reason,
            sum(counted, Usage()) if counted else None,
            last.note,
            tuple(block for part in self._parts for block in part.state) if last.state else (),
        )

    def goes_on(self, prompt: Prompt) -> Prompt:
        if not self._parts:
            return prompt
        paused = Round("", (), (), tuple(block for part in self._parts for block in part.state))
        return structs.replace(prompt, rounds=(*prompt.rounds, paused))

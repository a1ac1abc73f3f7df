"""Batches without a provider: every answer says that it is a demonstration."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from adapters.demo.catalog import PROVIDER
from adapters.demo.script import Commands, answer_words, question_of, read_commands
from application.ports.batches import Batches, BatchOrder
from domain.batch import (
    BatchEnded,
    BatchFault,
    BatchLimits,
    BatchLook,
    BatchResult,
    BatchTicket,
    position_in,
)
from domain.provider_errors import ProviderGarbled
from domain.turn.metering import Usage
from domain.turn.prompt import Prompt

_AT_ONCE = 64


class DemoBatches(Batches):
    """Is ready when it is asked for the first time, and answers from the requests themselves.

    It keeps nothing, so a batch outlives the process. Of the commands of `DemoChatModel` these
    count here: `/long N`, `/help` and `/error KIND`, which is the fault of that request.
    """

    @property
    def limits(self) -> BatchLimits:
        """Enough for a try."""
        return BatchLimits(50_000, 200_000_000)

    def check(self) -> None:
        """Do nothing: it can always be asked."""

    def written(self, number: str, prompt: Prompt) -> bytes:
        """Return the request as it would be sent."""
        return msgspec.json.encode({"key": number, "question": question_of(prompt)})

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """Take note of nothing."""
        return BatchTicket(f"demo-{order.id}")

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """Return nothing: it does not matter how often a demonstration is asked for."""
        return []

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """Return that it has ended."""
        return BatchEnded()

    async def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """Yield the answers, some at a time."""
        answered: list[BatchResult] = []
        async with aclosing(order.prompts()) as prompts:
            async for number, prompt in prompts:
                position = position_in(order.id, number)
                if position is None:
                    raise ProviderGarbled(PROVIDER, "The demonstration lost count")
                answered.append(_answer(position, prompt))
                if len(answered) == _AT_ONCE:
                    yield answered
                    answered = []
        yield answered

    async def cancel(self, ticket: BatchTicket) -> None:
        """Do nothing: there is nothing to stop."""

    async def clear(self, ticket: BatchTicket) -> None:
        """Do nothing: there is nothing to remove."""


def _answer(position: int, prompt: Prompt) -> BatchResult:
    commands: Commands = read_commands(question_of(prompt))
    if (error := commands.error) is not None:
        return BatchResult(position, fault=BatchFault("failed", error.code, str(error)))
    words = [*answer_words(prompt, commands)]
    asked = sum(len(message.text.split()) for message in prompt.messages)
    usage = Usage(asked, len(words), asked + len(words))
    return BatchResult(position, "".join(words), PROVIDER, stop="stop", usage=usage)

"""A batch service that answers as it is told."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

import msgspec
from msgspec import structs

from application.ports.batches import Batches, BatchOrder
from domain.batch import (
    BatchEnded,
    BatchLimits,
    BatchLook,
    BatchResult,
    BatchTicket,
    position_in,
)
from domain.errors import NotConfigured
from domain.turn.metering import Usage
from domain.turn.prompt import Prompt

Hook = Callable[[str], Awaitable[None]]


class MemoryBatches(Batches):
    """Takes any batch, has ended by the first look, and answers every request.

    A test tells it otherwise: what the next looks see (`looks`), what single requests come to
    (`answers`), what is missing, and in which order. `before` and `after` are awaited around
    everything that it is asked by name, so that it can fail there, or be cancelled.
    """

    def __init__(self, limits: BatchLimits | None = None) -> None:
        self._limits = limits or BatchLimits(100, 1_000_000)
        self.key: str | None = "a key"
        self.looks: deque[BatchLook] = deque()
        self.answers: dict[int, BatchResult] = {}
        self.missing: set[int] = set()
        self.backwards = False
        self.before: Hook = _nothing
        self.after: Hook = _nothing
        self.asked: list[str] = []
        """Names of what it was asked, in order."""
        self.taken: list[list[Prompt]] = []
        """What was handed over, batch by batch."""
        self.cancelled: list[str] = []
        self.cleared: list[str] = []
        self._orders: dict[str, BatchOrder] = {}

    @property
    def limits(self) -> BatchLimits:
        """See the port."""
        return self._limits

    def check(self) -> None:
        """See the port."""
        if self.key is None:
            raise NotConfigured("MEMORY_API_KEY")

    def written(self, number: str, prompt: Prompt) -> bytes:
        """See the port."""
        return msgspec.json.encode((number, prompt.messages))

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """See the port."""
        await self._asked("submit")
        async with aclosing(order.prompts()) as prompts:
            self.taken.append([prompt async for _, prompt in prompts])
        ticket = BatchTicket(f"memory-{len(self.taken)}")
        self._orders[ticket.id] = order
        await self.after("submit")
        return ticket

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """See the port."""
        await self._asked("find")
        return [BatchTicket(name) for name, held in self._orders.items() if held.id == order.id]

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """See the port."""
        await self._asked("look")
        return self.looks.popleft() if self.looks else BatchEnded()

    async def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """See the port."""
        await self._asked("results")
        found: list[BatchResult] = []
        async with aclosing(order.prompts()) as prompts:
            async for number, prompt in prompts:
                position = position_in(order.id, number) or 0
                if position not in self.missing:
                    found.append(self.answers.get(position) or _answer(position, prompt))
        for result in reversed(found) if self.backwards else found:
            yield [result]
        await self.after("results")

    async def cancel(self, ticket: BatchTicket) -> None:
        """See the port."""
        await self._asked("cancel")
        self.cancelled.append(ticket.id)

    async def clear(self, ticket: BatchTicket) -> None:
        """See the port."""
        await self._asked("clear")
        self.cleared.append(ticket.id)

    async def _asked(self, name: str) -> None:
        self.asked.append(name)
        await self.before(name)


async def _nothing(_: str) -> None:
    """Let it go on."""


def _answer(position: int, prompt: Prompt) -> BatchResult:
    said = f"Answer to {prompt.messages[-1].text}"
    return structs.replace(
        BatchResult(position, said, prompt.card.model, stop="stop"), usage=Usage(1000, 100, 1100)
    )

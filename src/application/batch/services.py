"""Batch services of one provider through several keys, and through none while it is down."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import NewType

from msgspec import structs

from application.ports.batches import Batches, BatchOrder
from application.ports.clock import Clock
from application.providers.key_lanes import KeyLanes
from domain.batch import BatchLimits, BatchLook, BatchResult, BatchTicket
from domain.provider_errors import ProviderError
from domain.turn.prompt import Prompt

BatchServices = NewType("BatchServices", Mapping[str, Batches])
"""By the provider's name."""


class BatchLanes(Batches):
    """The batch service of one provider, whose adapter exists once for each key.

    Whatever is asked of a batch goes to the key that it was begun with: no other may know it. What
    looking after batches finds out of a key counts for the next one that is handed over.
    """

    def __init__(
        self, provider: str, services: Sequence[Batches], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `application.providers.key_lanes`."""
        self._services = services
        self._lanes = KeyLanes(provider, services, clock, failures)

    @property
    def limits(self) -> BatchLimits:
        """See the port."""
        return self._services[0].limits

    def check(self) -> None:
        """See the port."""
        self._services[0].check()

    def written(self, number: str, prompt: Prompt) -> bytes:
        """See the port."""
        return self._services[0].written(number, prompt)

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """Hand over through the first key that may be used; see the port."""

        async def submit(service: Batches) -> BatchTicket:
            ticket = await service.submit(order)
            return structs.replace(ticket, key=self._services.index(service))

        return await self._lanes.ask(submit)

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """Look through every key: any of them may have been used."""
        return [
            structs.replace(ticket, key=key)
            for key, service in enumerate(self._services)
            for ticket in await service.find(order)
        ]

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """See the port."""
        service = self._of(ticket)
        try:
            return await service.look(ticket)
        except ProviderError as error:
            self._lanes.failed_later(service, error)
            raise

    async def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """See the port."""
        async with aclosing(self._of(ticket).results(ticket, order)) as pieces:
            async for piece in pieces:
                yield piece

    async def cancel(self, ticket: BatchTicket) -> None:
        """See the port."""
        await self._of(ticket).cancel(ticket)

    async def clear(self, ticket: BatchTicket) -> None:
        """See the port."""
        await self._of(ticket).clear(ticket)

    def _of(self, ticket: BatchTicket) -> Batches:
        """Return the service of a ticket's key; of the first, where there are fewer by now."""
        return self._services[ticket.key if ticket.key < len(self._services) else 0]

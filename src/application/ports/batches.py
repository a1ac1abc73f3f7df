"""A provider's batch service."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.batch import BatchLimits, BatchLook, BatchResult, BatchTicket
from domain.catalog.card import ModelCard
from domain.ids import BatchId
from domain.turn.prompt import Prompt

Prompts = Callable[[], AsyncGenerator[tuple[str, Prompt], None]]
"""Yields all requests in order, each with its number (`domain.batch.number_of`); from the beginning
each time it is called."""


class BatchOrder(Struct, frozen=True):
    """What a provider is to answer."""

    id: BatchId
    card: ModelCard
    count: int
    created_at: datetime
    prompts: Prompts


class Batches(Protocol):
    """Takes many requests at once, and answers them within a day.

    Requests and answers pass through one by one: of a large batch only a piece is in memory.
    Nothing is retried in here.

    Raises:
        ProviderError: the provider refused or broke off; never a client's exception.
        NotConfigured: the provider's key is missing; names the variable.
    """

    @property
    def limits(self) -> BatchLimits:
        """What one batch may be."""
        ...

    def check(self) -> None:
        """Do nothing where the provider can be asked.

        Raises:
            NotConfigured: it cannot.
        """
        ...

    def written(self, number: str, prompt: Prompt) -> bytes:
        """Return a request as it is sent; no I/O.

        Raises:
            InvalidRequest: it holds something that this provider's batches cannot carry.
        """
        ...

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """Hand the requests over.

        After an error, or when this is cancelled, the provider may have taken them all the same:
        `find` tells.
        """
        ...

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """Return the batches that may be an order's which may have been handed over before.

        None at all: it was not. Where the provider's batches carry a name, there is one at most.
        """
        ...

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """Return how far the provider has come."""
        ...

    def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """Yield what there is of results, in any order, once the batch has ended.

        Closing the generator early closes the connection.

        Raises:
            ProviderGarbled: they are not this order's.
        """
        ...

    async def cancel(self, ticket: BatchTicket) -> None:
        """Ask for the batch to stop; one that has ended stays as it is."""
        ...

    async def clear(self, ticket: BatchTicket) -> None:
        """Remove what the provider keeps of an ended batch. Safe to repeat."""
        ...

"""Anthropic's message batches: all requests in one body, all answers in one file."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from urllib.parse import quote

from adapters.anthropic.batch_wire import (
    BETWEEN,
    HEAD,
    TAIL,
    look_of,
    may_be,
    request_item,
    result_of,
)
from adapters.anthropic.blocks import PROVIDER
from adapters.anthropic.sdk import WIRE
from adapters.transport.batch_wire import Pieces, answered_lines, listed, read_object, text_in
from adapters.transport.carrier import Carrier
from adapters.transport.patience import Patience
from application.ports.batches import Batches, BatchOrder
from domain.batch import BatchLimits, BatchLook, BatchResult, BatchTicket
from domain.provider_errors import ProviderRejected
from domain.turn.prompt import Prompt

_ALL = "/v1/messages/batches"


class AnthropicBatches(Batches):
    """Nothing is imported or opened before the first batch.

    The SDK is not asked: it wants all requests in one object.
    """

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        headers = {"x-api-key": api_key, "anthropic-version": WIRE} if api_key else None
        self._http = Carrier(PROVIDER, base_url, headers, "ANTHROPIC_API_KEY", patience)

    @property
    def limits(self) -> BatchLimits:
        """As Anthropic documents them."""
        return BatchLimits(100_000, 256_000_000, one_model=False)

    def check(self) -> None:
        """See the port."""
        self._http.check()

    def written(self, number: str, prompt: Prompt) -> bytes:
        """See the port."""
        return request_item(number, prompt)

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """See the port."""
        self.check()
        body = Pieces(order.prompts, request_item, HEAD, BETWEEN, TAIL)
        begun = await self._http.post_pieces(
            _ALL, body.read(), await body.size(), {"content-type": "application/json"}
        )
        return BatchTicket(text_in(PROVIDER, read_object(PROVIDER, begun.content), "id"))

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """Return the batches of this size that were made since the order was, oldest first."""
        answer = await self._http.get(f"{_ALL}?limit=100")
        batches = listed(read_object(PROVIDER, answer.content), "data")
        return [
            BatchTicket(text_in(PROVIDER, found, "id"))
            for found in reversed(batches)
            if may_be(found, order.count, order.created_at)
        ]

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """See the port."""
        answer = await self._http.get(_place(ticket))
        return look_of(read_object(PROVIDER, answer.content))

    async def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """See the port."""
        # Not from the address that the batch gives: the key goes to the operator's only.
        lines = answered_lines(self._http, f"{_place(ticket)}/results")
        async with aclosing(lines) as pieces:
            async for piece in pieces:
                yield [result_of(order.id, line) for line in piece]

    async def cancel(self, ticket: BatchTicket) -> None:
        """See the port."""
        with suppress(ProviderRejected):  # It has ended.
            await self._http.post(f"{_place(ticket)}/cancel", {})

    async def clear(self, ticket: BatchTicket) -> None:
        """Remove the batch, its answers with it."""
        with suppress(ProviderRejected):  # It is gone, or has not stopped yet.
            await self._http.delete(_place(ticket))

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._http.aclose()


def _place(ticket: BatchTicket) -> str:
    return f"{_ALL}/{quote(ticket.id, safe='')}"

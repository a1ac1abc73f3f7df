"""OpenAI's batches: a file of requests goes up, a file of answers comes down."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import quote

from adapters.openai.batch_wire import (
    BOUNDARY,
    NAME,
    batch_body,
    form_head,
    form_tail,
    look_of,
    output_files,
    request_line,
    result_of,
    ticket_of,
)
from adapters.openai.catalog import PROVIDER
from adapters.transport.batch_wire import Pieces, answered_lines, listed, part, read_object, text_in
from adapters.transport.carrier import Carrier
from adapters.transport.patience import Patience
from application.ports.batches import Batches, BatchOrder
from domain.batch import BatchLimits, BatchLook, BatchResult, BatchTicket
from domain.provider_errors import ProviderRejected
from domain.turn.prompt import Prompt

_PAGES = 20


class OpenAIBatches(Batches):
    """Nothing is imported or opened before the first batch.

    The SDK is not asked: it puts all of a file into one object before it sends the first byte.
    """

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else None
        self._http = Carrier(PROVIDER, base_url, headers, "OPENAI_API_KEY", patience)

    @property
    def limits(self) -> BatchLimits:
        """As OpenAI documents them."""
        return BatchLimits(50_000, 200_000_000)

    def check(self) -> None:
        """See the port."""
        self._http.check()

    def written(self, number: str, prompt: Prompt) -> bytes:
        """See the port."""
        return request_line(number, prompt)

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """Upload the requests and begin; see the port."""
        self.check()
        form = Pieces(order.prompts, request_line, form_head(order.id), b"\n", form_tail())
        uploaded = await self._http.post_pieces(
            "/files",
            form.read(),
            await form.size(),
            {"content-type": f"multipart/form-data; boundary={BOUNDARY}"},
        )
        file = text_in(PROVIDER, read_object(PROVIDER, uploaded.content), "id")
        try:
            begun = await self._http.post("/batches", batch_body(order.id, order.card, file))
        except ProviderRejected:
            with suppress(ProviderRejected):
                await self._http.delete(_file(file))
            raise
        return ticket_of(read_object(PROVIDER, begun.content))

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """Return the batch that says it is the order's."""
        after = ""
        earliest = order.created_at.timestamp() - 3600
        for _ in range(_PAGES):
            answer = await self._http.get(f"/batches?limit=100{after}")
            page = read_object(PROVIDER, answer.content)
            batches = listed(page, "data")
            for found in batches:
                if part(found, "metadata").get(NAME) == order.id:
                    return [ticket_of(found)]
            if not page.get("has_more") or not batches or _made(batches[-1]) < earliest:
                return []
            after = f"&after={quote(text_in(PROVIDER, batches[-1], 'id'), safe='')}"
        return []

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """See the port."""
        return look_of(await self._batch(ticket))

    async def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """Yield the answers, then the errors; see the port."""
        for file in output_files(await self._batch(ticket)):
            lines = answered_lines(self._http, f"{_file(file)}/content")
            async with aclosing(lines) as pieces:
                async for piece in pieces:
                    yield [result_of(order.id, line) for line in piece]

    async def cancel(self, ticket: BatchTicket) -> None:
        """See the port."""
        with suppress(ProviderRejected):  # It has ended.
            await self._http.post(f"{_place(ticket)}/cancel", {})

    async def clear(self, ticket: BatchTicket) -> None:
        """Remove the files of requests, answers and errors."""
        files = [ticket.input] if ticket.input else []
        with suppress(ProviderRejected):
            files += output_files(await self._batch(ticket))
        for file in files:
            with suppress(ProviderRejected):  # It is gone.
                await self._http.delete(_file(file))

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._http.aclose()

    async def _batch(self, ticket: BatchTicket) -> dict[str, Any]:
        return read_object(PROVIDER, (await self._http.get(_place(ticket))).content)


def _place(ticket: BatchTicket) -> str:
    return f"/batches/{quote(ticket.id, safe='')}"


def _file(name: str) -> str:
    return f"/files/{quote(name, safe='')}"


def _made(batch: dict[str, Any]) -> float:
    value = batch.get("created_at")
    return float(value) if isinstance(value, int | float) else 0.0

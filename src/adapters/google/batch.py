"""Google's batches: a few requests in the body, many in a file."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import quote

from adapters.google.batch_wire import (
    INLINE_TAIL,
    file_body,
    inline_head,
    inline_results,
    look_of,
    named,
    request_item,
    request_line,
    result_of,
    results_file,
    upload_place,
)
from adapters.google.catalog import PROVIDER
from adapters.google.errors import refused
from adapters.transport.batch_wire import (
    Pieces,
    answered_lines,
    listed,
    part,
    read_object,
    text_in,
)
from adapters.transport.carrier import Carrier
from adapters.transport.patience import Patience
from application.ports.batches import Batches, BatchOrder
from domain.batch import BatchLimits, BatchLook, BatchResult, BatchTicket
from domain.provider_errors import ProviderRejected
from domain.turn.prompt import Prompt

INLINE_REQUESTS = 100
INLINE_BYTES = 20_000_000
"""More than so many of either goes into a file (Google's "Batch API" page, seen 2026-11)."""
_VERSION = "/v1beta"
_PAGES = 20
_JSONL = "application/jsonl"


class GoogleBatches(Batches):
    """Nothing is imported or opened before the first batch."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        headers = {"x-goog-api-key": api_key} if api_key else None
        self._http = Carrier(PROVIDER, base_url, headers, "GOOGLE_API_KEY", patience, refused)

    @property
    def limits(self) -> BatchLimits:
        """As Google documents them."""
        return BatchLimits(50_000, 2_048_000_000)

    def check(self) -> None:
        """See the port."""
        self._http.check()

    def written(self, number: str, prompt: Prompt) -> bytes:
        """See the port."""
        return request_line(number, prompt)

    async def submit(self, order: BatchOrder) -> BatchTicket:
        """See the port."""
        self.check()
        place = f"{_VERSION}/models/{quote(order.card.model, safe='')}:batchGenerateContent"
        body = Pieces(order.prompts, request_item, inline_head(order.id), b",", INLINE_TAIL)
        if order.count <= INLINE_REQUESTS and (size := await body.size()) <= INLINE_BYTES:
            kind = {"content-type": "application/json"}
            begun = await self._http.post_pieces(place, body.read(), size, kind)
            return _ticket(begun.content, None)
        file = await self._upload(order)
        begun = await self._http.post(place, file_body(order.id, file))
        return _ticket(begun.content, file)

    async def find(self, order: BatchOrder) -> Sequence[BatchTicket]:
        """Return the batch that has the order's name."""
        after = ""
        for _ in range(_PAGES):
            answer = await self._http.get(f"{_VERSION}/batches?pageSize=100{after}")
            page = read_object(PROVIDER, answer.content)
            for found in listed(page, "operations"):
                if named(found, order.id):
                    inputs = part(part(found, "metadata"), "inputConfig").get("fileName")
                    name = text_in(PROVIDER, found, "name")
                    return [BatchTicket(name, inputs if isinstance(inputs, str) else None)]
            if not isinstance(token := page.get("nextPageToken"), str) or not token:
                return []
            after = f"&pageToken={quote(token, safe='')}"
        return []

    async def look(self, ticket: BatchTicket) -> BatchLook:
        """See the port."""
        return look_of(await self._batch(ticket))

    async def results(
        self, ticket: BatchTicket, order: BatchOrder
    ) -> AsyncGenerator[Sequence[BatchResult], None]:
        """See the port."""
        found = await self._batch(ticket)
        file = results_file(found)
        if file is None:
            yield [*inline_results(order.id, found)]
            return
        place = f"/download{_VERSION}/{quote(file, safe='/')}:download?alt=media"
        async with aclosing(answered_lines(self._http, place)) as pieces:
            async for piece in pieces:
                yield [result_of(order.id, line) for line in piece]

    async def cancel(self, ticket: BatchTicket) -> None:
        """See the port."""
        with suppress(ProviderRejected):  # It has ended.
            await self._http.post(f"{_place(ticket)}:cancel", {})

    async def clear(self, ticket: BatchTicket) -> None:
        """Remove the batch with its answers, and the file of its requests."""
        names = [ticket.id, ticket.input] if ticket.input else [ticket.id]
        for name in names:
            with suppress(ProviderRejected):  # It is gone, or has not stopped yet.
                await self._http.delete(f"{_VERSION}/{quote(name, safe='/')}")

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._http.aclose()

    async def _upload(self, order: BatchOrder) -> str:
        lines = Pieces(order.prompts, request_line)
        size = await lines.size()
        begun = await self._http.post(
            f"/upload{_VERSION}/files",
            {"file": {"displayName": order.id}},
            {
                "x-goog-upload-protocol": "resumable",
                "x-goog-upload-command": "start",
                "x-goog-upload-header-content-length": str(size),
                "x-goog-upload-header-content-type": _JSONL,
            },
        )
        done = await self._http.post_pieces(
            upload_place(begun.headers.get("x-goog-upload-url")),
            lines.read(),
            size,
            {
                "content-type": _JSONL,
                "x-goog-upload-offset": "0",
                "x-goog-upload-command": "upload, finalize",
            },
        )
        return text_in(PROVIDER, part(read_object(PROVIDER, done.content), "file"), "name")

    async def _batch(self, ticket: BatchTicket) -> dict[str, Any]:
        return read_object(PROVIDER, (await self._http.get(_place(ticket))).content)


def _ticket(body: bytes, file: str | None) -> BatchTicket:
    return BatchTicket(text_in(PROVIDER, read_object(PROVIDER, body), "name"), file)


def _place(ticket: BatchTicket) -> str:
    return f"{_VERSION}/{quote(ticket.id, safe='/')}"

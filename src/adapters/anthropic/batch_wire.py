"""Anthropic's message batches on the wire: what is sent, and what comes back. No I/O."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.anthropic.blocks import PROVIDER
from adapters.anthropic.events import MessagesReader
from adapters.anthropic.request import messages_request
from adapters.transport.batch_wire import (
    count,
    faulty,
    garbled,
    kind_of,
    part,
    text_in,
    whole_result,
)
from adapters.transport.status_errors import said
from domain.batch import (
    BatchCounts,
    BatchEnded,
    BatchFault,
    BatchLook,
    BatchResult,
    BatchRunning,
    BatchStatus,
    position_in,
)
from domain.ids import BatchId
from domain.turn.prompt import Prompt

HEAD, BETWEEN, TAIL = b'{"requests":[', b",", b"]}"
_CLOCKS_DIFFER = timedelta(minutes=5)
_LOST = {
    "canceled": BatchFault("cancelled", "Cancelled", "The batch was cancelled before"),
    "expired": BatchFault("expired", "Expired", "The batch ran out of time before"),
}


def request_item(number: str, prompt: Prompt) -> bytes:
    """Return a request as an item of the body."""
    params = messages_request(prompt)
    params.pop("stream", None)
    for message in params["messages"]:
        # What only one request holds is not worth the price of being cached.
        for block in message["content"]:
            block.pop("cache_control", None)
    return msgspec.json.encode({"custom_id": number, "params": params})


def counts_of(found: Mapping[str, Any]) -> BatchCounts:
    """Return what became of the requests that are done."""
    said_of = part(found, "request_counts")
    return BatchCounts(
        count(said_of.get("succeeded")),
        count(said_of.get("errored")),
        count(said_of.get("canceled")),
        count(said_of.get("expired")),
    )


def look_of(found: Mapping[str, Any]) -> BatchLook:
    """Return how far a batch has come."""
    counts = counts_of(found)
    match found.get("processing_status"):
        case "in_progress":
            return BatchRunning(counts)
        case "canceling":
            return BatchRunning(counts, stopping=True)
        case "ended":
            if found.get("cancel_initiated_at") and not counts.succeeded + counts.failed:
                return BatchEnded(BatchStatus.CANCELLED)
            only_expired = counts.expired > 0 and counts.expired == counts.total
            return BatchEnded(BatchStatus.EXPIRED if only_expired else BatchStatus.COMPLETED)
        case _:
            raise garbled(PROVIDER)


def may_be(found: Mapping[str, Any], requests: int, created_at: datetime) -> bool:
    """Return whether a batch may be one of so many requests that was handed over since a moment.

    Anthropic's batches carry no name; what their requests are called is seen in the results only.
    """
    in_it = counts_of(found).total + count(part(found, "request_counts").get("processing"))
    return in_it == requests and made_at(found) >= created_at - _CLOCKS_DIFFER


def made_at(found: Mapping[str, Any]) -> datetime:
    """Return when a batch was made."""
    try:
        moment = datetime.fromisoformat(text_in(PROVIDER, found, "created_at"))
    except ValueError as error:
        raise garbled(PROVIDER) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def result_of(batch: BatchId, line: Mapping[str, Any]) -> BatchResult:
    """Return the result that a line of the results is.

    Raises:
        ProviderGarbled: it answers no request of this batch.
    """
    position = position_in(batch, text_in(PROVIDER, line, "custom_id"))
    if position is None:
        raise garbled(PROVIDER)
    result = part(line, "result")
    match result.get("type"):
        case "succeeded":
            return whole_result(position, MessagesReader(), part(result, "message"))
        case "canceled" | "expired" as fate:
            return BatchResult(position, fault=_LOST[fate])
        case _:
            wrapped = part(result, "error")
            error = part(wrapped, "error") or wrapped
            return faulty(position, kind_of(error), said(PROVIDER, error))

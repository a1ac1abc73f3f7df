"""OpenAI's batches on the wire: what is sent, and what comes back. No I/O."""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.openai.catalog import PROVIDER
from adapters.openai.responses_events import ResponsesReader
from adapters.openai.responses_request import responses_request
from adapters.transport.batch_wire import (
    count,
    faulty,
    garbled,
    kind_of,
    listed,
    part,
    text_in,
    whole_result,
)
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.chat_wire.request import chat_request
from adapters.transport.status_errors import answered, said
from domain.batch import (
    BatchCounts,
    BatchEnded,
    BatchFault,
    BatchLook,
    BatchResult,
    BatchRunning,
    BatchStatus,
    BatchTicket,
    position_in,
)
from domain.catalog.card import Api, ModelCard
from domain.ids import BatchId
from domain.turn.prompt import Prompt

BOUNDARY = "parley-batch-a6a1d2c1f3c94e0f8b7d"
NAME = "parley_batch"
"""Under which a batch says whose it is, among its metadata."""

_CHAT, _RESPONSES = "/v1/chat/completions", "/v1/responses"
_ONLY_STREAMED = ("stream", "stream_options", "include")
_ENDS = {
    "completed": BatchStatus.COMPLETED,
    "failed": BatchStatus.FAILED,
    "cancelled": BatchStatus.CANCELLED,
    "expired": BatchStatus.EXPIRED,
}
_UNDER_WAY = ("validating", "in_progress", "finalizing")
_LOST = {
    "batch_cancelled": BatchFault("cancelled", "Cancelled", "The batch was cancelled before"),
    "batch_expired": BatchFault("expired", "Expired", "The batch ran out of time before"),
}


def endpoint(card: ModelCard) -> str:
    """Return the interface through which a model is asked."""
    return _RESPONSES if card.api is Api.RESPONSES else _CHAT


def request_line(number: str, prompt: Prompt) -> bytes:
    """Return a request as a line of the input file."""
    place = endpoint(prompt.card)
    body = responses_request(prompt) if place == _RESPONSES else chat_request(prompt)
    for name in _ONLY_STREAMED:
        body.pop(name, None)
    return msgspec.json.encode({"custom_id": number, "method": "POST", "url": place, "body": body})


def form_head(batch: BatchId) -> bytes:
    """Return what comes before the lines in the form that uploads them."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{batch}.jsonl"'
        "\r\nContent-Type: application/jsonl\r\n\r\n"
    ).encode()


def form_tail() -> bytes:
    """Return what comes after them."""
    return f"\n\r\n--{BOUNDARY}--\r\n".encode()


def batch_body(batch: BatchId, card: ModelCard, file: str) -> dict[str, Any]:
    """Return what begins a batch."""
    return {
        "input_file_id": file,
        "endpoint": endpoint(card),
        "completion_window": "24h",
        "metadata": {NAME: batch},
    }


def ticket_of(found: Mapping[str, Any]) -> BatchTicket:
    """Return the ticket of a batch."""
    file = found.get("input_file_id")
    return BatchTicket(text_in(PROVIDER, found, "id"), file if isinstance(file, str) else None)


def look_of(found: Mapping[str, Any]) -> BatchLook:
    """Return how far a batch has come."""
    status = found.get("status")
    if status in _UNDER_WAY or status == "cancelling":
        counts = part(found, "request_counts")
        done = BatchCounts(count(counts.get("completed")), count(counts.get("failed")))
        return BatchRunning(done, stopping=status == "cancelling")
    if not isinstance(status, str) or status not in _ENDS:
        raise garbled(PROVIDER)
    return BatchEnded(_ENDS[status], _why(found) if status == "failed" else "")


def _why(found: Mapping[str, Any]) -> str:
    """Return why a batch failed, without the provider's sentences: they may quote requests."""
    marks = [
        f"{kind_of({'code': error.get('code')})}"
        + (f" in request {line - 1}" if (line := count(error.get("line"))) else "")
        for error in listed(part(found, "errors"), "data")[:5]
    ]
    return f"{PROVIDER} refused the batch: {', '.join(marks) or 'no reason given'}"


def output_files(found: Mapping[str, Any]) -> list[str]:
    """Return the files in which a batch has its answers and its errors."""
    names = (found.get("output_file_id"), found.get("error_file_id"))
    return [name for name in names if isinstance(name, str) and name]


def result_of(batch: BatchId, line: Mapping[str, Any]) -> BatchResult:
    """Return the result that a line of an output file is.

    Raises:
        ProviderGarbled: it answers no request of this batch.
    """
    position = position_in(batch, text_in(PROVIDER, line, "custom_id"))
    if position is None:
        raise garbled(PROVIDER)
    if error := part(line, "error"):
        if (lost := _LOST.get(kind_of(error))) is not None:
            return BatchResult(position, fault=lost)
        return faulty(position, kind_of(error), said(PROVIDER, error))
    response = part(line, "response")
    body, status = part(response, "body"), count(response.get("status_code"))
    if status != 200:
        kind = kind_of(part(body, "error"))
        return faulty(position, kind, answered(PROVIDER, status or 500, body))
    reader = ResponsesReader() if body.get("object") == "response" else ChatReader(PROVIDER)
    return whole_result(position, reader, body)

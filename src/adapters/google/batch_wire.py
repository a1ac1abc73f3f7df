"""Google's batches on the wire: what is sent, and what comes back. No I/O."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.google.catalog import PROVIDER
from adapters.google.errors import told
from adapters.google.events import GenerateReader
from adapters.google.request import generate_request
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
from domain.batch import (
    BatchCounts,
    BatchEnded,
    BatchLook,
    BatchResult,
    BatchRunning,
    BatchStatus,
    position_in,
)
from domain.ids import BatchId
from domain.turn.prompt import Prompt

_ENDS = {
    "SUCCEEDED": BatchStatus.COMPLETED,
    "PARTIALLY_SUCCEEDED": BatchStatus.COMPLETED,
    "FAILED": BatchStatus.FAILED,
    "CANCELLED": BatchStatus.CANCELLED,
    "EXPIRED": BatchStatus.EXPIRED,
}
_UNDER_WAY = ("UNSPECIFIED", "QUEUED", "PENDING", "RUNNING", "PAUSED", "UPDATING")


def request_line(number: str, prompt: Prompt) -> bytes:
    """Return a request as a line of the input file."""
    return msgspec.json.encode({"key": number, "request": generate_request(prompt)})


def request_item(number: str, prompt: Prompt) -> bytes:
    """Return a request as an item of the body."""
    return msgspec.json.encode({"request": generate_request(prompt), "metadata": {"key": number}})


def inline_head(batch: BatchId) -> bytes:
    """Return what comes before the requests in a body that holds them."""
    return b'{"batch":{"displayName":"%b","inputConfig":{"requests":{"requests":[' % batch.encode()


INLINE_TAIL = b"]}}}}"


def file_body(batch: BatchId, file: str) -> dict[str, Any]:
    """Return what begins a batch whose requests are in a file."""
    return {"batch": {"displayName": batch, "inputConfig": {"fileName": file}}}


def upload_place(address: str | None) -> str:
    """Return where to upload to, without the host: the key goes to the operator's only."""
    if not address:
        raise garbled(PROVIDER)
    found = urlsplit(address)
    return f"{found.path}?{found.query}" if found.query else found.path


def look_of(found: Mapping[str, Any]) -> BatchLook:
    """Return how far a batch has come."""
    about = part(found, "metadata")
    state = text_in(PROVIDER, about, "state").rpartition("_STATE_")[2]
    if error := part(found, "error"):
        return BatchEnded(BatchStatus.FAILED, f"{PROVIDER} failed at the batch: {kind_of(error)}")
    if state in _ENDS:
        return BatchEnded(_ENDS[state])
    if state == "CANCELLING":
        return BatchRunning(_counts(about), stopping=True)
    if state not in _UNDER_WAY:
        raise garbled(PROVIDER)
    return BatchRunning(_counts(about))


def _counts(about: Mapping[str, Any]) -> BatchCounts:
    stats = part(about, "batchStats")
    return BatchCounts(
        count(stats.get("successfulRequestCount")), count(stats.get("failedRequestCount"))
    )


def named(found: Mapping[str, Any], batch: BatchId) -> bool:
    """Return whether a batch says that it is ours."""
    return part(found, "metadata").get("displayName") == batch


def results_file(found: Mapping[str, Any]) -> str | None:
    """Return the file that has the answers; None: they are in the batch itself."""
    for place in (part(found, "response"), part(part(found, "metadata"), "output")):
        if isinstance(file := place.get("responsesFile"), str) and file:
            return file
    return None


def inline_results(batch: BatchId, found: Mapping[str, Any]) -> Iterator[BatchResult]:
    """Yield the answers that are in the batch itself."""
    for place in (part(found, "response"), part(part(found, "metadata"), "output")):
        if answers := listed(part(place, "inlinedResponses"), "inlinedResponses"):
            for answer in answers:
                key = part(answer, "metadata").get("key")
                yield result_of(batch, {**answer, "key": key})
            return


def result_of(batch: BatchId, line: Mapping[str, Any]) -> BatchResult:
    """Return the result that an answer with its key is.

    Raises:
        ProviderGarbled: it answers no request of this batch.
    """
    position = position_in(batch, text_in(PROVIDER, line, "key"))
    if position is None:
        raise garbled(PROVIDER)
    if error := part(line, "error") or part(line, "status"):
        return faulty(position, kind_of(error), told(error))
    return whole_result(position, GenerateReader(), part(line, "response"))

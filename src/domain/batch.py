"""Many requests that a provider answers within a day, for about half the price."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from msgspec import Struct, structs

from domain.ids import BatchId, FileKey, UserId
from domain.turn.events import StopReason
from domain.turn.metering import Usage
from domain.turn.prompt import Message

KEPT = timedelta(days=29)
"""How long results can be fetched, as with the providers themselves."""
MAX_TOKENS = 4096
"""The limit of an answer when its request names none."""
DESCRIPTION_CHARS = 500
CUSTOM_ID_CHARS = 255
MODEL_CHARS = 100

Outcome = Literal["succeeded", "failed", "cancelled", "expired"]


class BatchStatus(StrEnum):
    """What a client is told of a job; the words are the contract's."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether it stays so for good."""
        return self not in (BatchStatus.QUEUED, BatchStatus.PROCESSING)


class BatchStep(StrEnum):
    """How far the work on a job has come; whoever takes it up again goes on from there."""

    WAITING = "waiting"
    """The provider was not asked yet."""
    ASKED = "asked"
    """It is being asked, or was when the process died: it may have heard, or not."""
    SENT = "sent"
    """It has the requests; its own id of the batch is known."""
    COLLECTED = "collected"
    """Answers and bill are stored; what helped to get them is still to be removed."""
    SETTLED = "settled"
    """There is nothing left to do."""


class BatchRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the requests, as it is kept until it is answered."""

    custom_id: str
    """What its sender calls it; no provider sees it."""
    messages: tuple[Message, ...]
    system: str = ""
    model: str | None = None
    """None: that of the whole batch."""
    temperature: float | None = None
    max_tokens: int | None = None


class BatchHead(Struct, frozen=True):
    """What is said of all requests together."""

    model: str
    description: str | None = None


class BatchLimits(Struct, frozen=True):
    """What one batch of a provider may be."""

    requests: int
    size_bytes: int
    """As it is sent."""
    one_model: bool = True
    """All requests must be put to the same model."""


class BatchTicket(Struct, frozen=True):
    """What a provider's batch is found again by, in another process too."""

    id: str
    """As the provider names it."""
    input: str | None = None
    """The provider's name of the file with the requests, where it keeps one."""
    key: int = 0
    """Which of the operator's keys it was begun with, counted from 0."""


class BatchCounts(Struct, frozen=True):
    """What became of the requests."""

    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.succeeded + self.failed + self.cancelled + self.expired

    def and_one(self, outcome: Outcome) -> "BatchCounts":
        """Return the counts with one more."""
        return structs.replace(self, **{outcome: getattr(self, outcome) + 1})


class BatchRunning(Struct, frozen=True):
    """The provider is still at work."""

    counts: BatchCounts | None = None
    """None: it does not say."""
    stopping: bool = False
    """It was asked to stop, and will."""


class BatchEnded(Struct, frozen=True):
    """The provider will do no more."""

    status: BatchStatus = BatchStatus.COMPLETED
    """One that is final."""
    why: str = ""
    """For a client to read."""


BatchLook = BatchRunning | BatchEnded


class Source(Struct, frozen=True):
    """A page that an answer rests on."""

    url: str
    title: str = ""


class BatchFault(Struct, frozen=True):
    """Why a request has no answer."""

    outcome: Literal["failed", "cancelled", "expired"]
    type: str
    message: str


class BatchResult(Struct, frozen=True, omit_defaults=True):
    """What came of one request, which is known by its place among them, counted from 0."""

    position: int
    text: str = ""
    model: str = ""
    """As the provider names it; empty where it does not say."""
    reasoning: str = ""
    sources: tuple[Source, ...] = ()
    stop: StopReason | None = None
    usage: Usage | None = None
    fault: BatchFault | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of the request."""
        return "succeeded" if self.fault is None else self.fault.outcome


class BatchAnswer(Struct, frozen=True, omit_defaults=True):
    """A result as it is kept: under the name that its request's sender knows."""

    custom_id: str
    result: BatchResult


_SILENT: Mapping[BatchStatus, tuple[Literal["failed", "cancelled", "expired"], str, str]] = {
    BatchStatus.COMPLETED: ("failed", "MissingResult", "The provider gave no answer"),
    BatchStatus.FAILED: ("failed", "MissingResult", "The provider gave no answer"),
    BatchStatus.CANCELLED: ("cancelled", "Cancelled", "The batch was cancelled before"),
    BatchStatus.EXPIRED: ("expired", "Expired", "The batch ran out of time before"),
}


def unanswered(position: int, ended: BatchStatus) -> BatchResult:
    """Return the result of a request of which the provider says nothing."""
    return BatchResult(position, fault=BatchFault(*_SILENT[ended]))


class BatchJob(Struct, frozen=True, kw_only=True):
    """A batch of a user."""

    id: BatchId
    owner: UserId
    provider: str
    model: str
    """As requested."""
    requests: int
    created_at: datetime
    description: str | None = None
    status: BatchStatus = BatchStatus.QUEUED
    step: BatchStep = BatchStep.WAITING
    counts: BatchCounts = BatchCounts()
    started_at: datetime | None = None
    """When the provider was asked."""
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    """When its results are thrown away."""
    results_url: str | None = None
    """Where its results are; None: there are none."""
    error: str | None = None
    ticket: BatchTicket | None = None

    def ended(
        self,
        status: BatchStatus,
        now: datetime,
        error: str | None = None,
        counts: BatchCounts | None = None,
    ) -> "BatchJob":
        """Return the job at its end; one that has an end already keeps it.

        Without counts, all requests that nothing is known of share its fate.
        """
        if self.status.is_final:
            return self
        return structs.replace(
            self,
            status=status,
            completed_at=now,
            expires_at=now + KEPT,
            error=error,
            counts=counts or self._all_the_rest(status),
        )

    def _all_the_rest(self, status: BatchStatus) -> BatchCounts:
        left = max(0, self.requests - self.counts.total)
        fate = {
            BatchStatus.CANCELLED: "cancelled",
            BatchStatus.EXPIRED: "expired",
        }.get(status, "failed")
        return structs.replace(self.counts, **{fate: getattr(self.counts, fate) + left})


class BatchPage(Struct, frozen=True):
    """Some jobs of a user, newest first, and how many there are in all."""

    jobs: tuple[BatchJob, ...]
    total: int


def batch_id(now: datetime, random: str) -> BatchId:
    """Return the id of a new job.

    Args:
        now: in UTC.
        random: at least eight hexadecimal digits, of which the last count.
    """
    return BatchId(f"batch_{now:%Y%m%d_%H%M%S}_{random[-8:]}")


def requests_key(owner: UserId, batch: BatchId) -> FileKey:
    """Return where the requests are kept until they are answered."""
    return FileKey(f"{owner}/batches/{batch}_requests.jsonl")


def results_key(owner: UserId, batch: BatchId) -> FileKey:
    """Return where the results are kept."""
    return FileKey(f"{owner}/batches/{batch}_results.jsonl")


def number_of(batch: BatchId, position: int) -> str:
    """Return the name by which a provider knows a request: what users call it is theirs."""
    return f"{batch[-8:]}-{position}"


def position_in(batch: BatchId, number: str) -> int | None:
    """Return the place of the request with a number; None: it is none of this batch."""
    mark, _, digits = number.partition("-")
    if mark != batch[-8:] or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    return int(digits)

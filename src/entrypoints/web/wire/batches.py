"""What clients send to the batch API, and what they see of it."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.batch import (
    CUSTOM_ID_CHARS,
    DESCRIPTION_CHARS,
    BatchAnswer,
    BatchHead,
    BatchJob,
    BatchPage,
    BatchRequest,
    Source,
)
from domain.errors import InvalidRequest
from domain.turn.metering import Usage
from domain.turn.prompt import Message, TextPart
from entrypoints.web.wire.history import moment
from entrypoints.web.wire.prompts import history

Model = Annotated[str, Meta(min_length=1, max_length=100, description="Any name of a model.")]


class BatchItem(Struct, frozen=True, kw_only=True):
    """One request. It needs `prompt` or `messages`; unknown keys are passed over."""

    custom_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=CUSTOM_ID_CHARS,
            description="By which its result is known; no two in a batch may have the same.",
        ),
    ]
    prompt: str | None = None
    """What to ask; not read where there are messages."""
    messages: list[dict[str, Any]] | None = None
    """A conversation in the form of chat completions, oldest first."""
    system_prompt: str | None = None
    model: Model | None = None
    """Where it is not that of the batch; only Anthropic takes several in one batch."""
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Meta(gt=0, le=10_000_000)] | None = None
    """4096 by default."""


class BatchSubmission(Struct, frozen=True, kw_only=True):
    """Many requests for one model."""

    model: Model
    requests: Annotated[list[BatchItem], Meta(min_length=1)]
    description: Annotated[str, Meta(max_length=DESCRIPTION_CHARS)] | None = None


class BatchHeadObject(Struct, frozen=True, kw_only=True):
    """A submission without its requests."""

    model: Model
    description: Annotated[str, Meta(max_length=DESCRIPTION_CHARS)] | None = None

    @property
    def head(self) -> BatchHead:
        """The same in our words."""
        return BatchHead(self.model.strip(), self.description)


class BatchMetadata(Struct, frozen=True):
    """What was said with the requests, and when; never the requests."""

    description: str | None
    submitted_at: str


class BatchObject(Struct, frozen=True, kw_only=True):
    """A batch as its owner sees it."""

    job_id: str
    provider: str
    model: str
    """As requested."""
    status: str
    """`queued`, `processing`, `completed`, `failed`, `cancelled` or `expired`."""
    request_count: int
    succeeded_count: int
    failed_count: int
    cancelled_count: int
    expired_count: int
    created_at: str
    started_at: str | None
    """When the provider was asked."""
    completed_at: str | None
    expires_at: str | None
    """When the results are thrown away."""
    results_url: str | None
    """Where the results are; null: there are none (yet)."""
    error_message: str | None
    metadata: BatchMetadata


class BatchList(Struct, frozen=True):
    """A page of jobs, newest first."""

    jobs: tuple[BatchObject, ...]
    total: int
    """Of all pages."""
    limit: int
    offset: int


class ResultMetadata(Struct, frozen=True, omit_defaults=True):
    """Which request it answers, and what it took; or why there is no answer."""

    custom_id: str
    finish_reason: str | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET
    error: str | UnsetType = UNSET
    error_type: str | UnsetType = UNSET


class ResultObject(Struct, frozen=True, kw_only=True):
    """The answer to one request; a failed one has an empty text and `metadata.error`."""

    text: str
    model: str
    provider: str
    reasoning: str | None
    citations: tuple[Source, ...] | None
    metadata: ResultMetadata
    tool_calls: None = None
    requires_tool_action: bool = False


class ServiceObject(Struct, frozen=True):
    """What one provider takes in batches."""

    available: bool
    """Its key is set."""
    batch_supported: bool
    batch_models: tuple[str, ...]


class BatchHealth(Struct, frozen=True):
    """Which providers take batches."""

    status: str
    providers: dict[str, ServiceObject]


def request_of(item: BatchItem, position: int) -> BatchRequest:
    """Return a request in our words.

    Raises:
        InvalidRequest: there is nothing to ask in it, or a message has a wrong shape.
    """
    try:
        messages = history(item.messages) if item.messages else _asked(item.prompt)
    except InvalidRequest as error:
        raise InvalidRequest(f"requests[{position}]: {error}", f"requests.{position}") from error
    if not any(message.parts or message.calls for message in messages):
        raise InvalidRequest(
            f"requests[{position}] needs a prompt or messages", f"requests.{position}.prompt"
        )
    return BatchRequest(
        custom_id=item.custom_id,
        messages=messages,
        system=item.system_prompt or "",
        model=item.model,
        temperature=item.temperature,
        max_tokens=item.max_tokens,
    )


def _asked(prompt: str | None) -> tuple[Message, ...]:
    text = (prompt or "").strip()
    return (Message("user", (TextPart(text),)),) if text else ()


def batch_object(job: BatchJob) -> BatchObject:
    """Return a job as its owner sees it."""
    counts = job.counts
    return BatchObject(
        job_id=job.id,
        provider=job.provider,
        model=job.model,
        status=job.status.value,
        request_count=job.requests,
        succeeded_count=counts.succeeded,
        failed_count=counts.failed,
        cancelled_count=counts.cancelled,
        expired_count=counts.expired,
        created_at=moment(job.created_at),
        started_at=None if job.started_at is None else moment(job.started_at),
        completed_at=None if job.completed_at is None else moment(job.completed_at),
        expires_at=None if job.expires_at is None else moment(job.expires_at),
        results_url=job.results_url,
        error_message=job.error,
        metadata=BatchMetadata(job.description, moment(job.created_at)),
    )


def batch_list(page: BatchPage, limit: int, offset: int) -> BatchList:
    """Return a page of jobs."""
    return BatchList(tuple(map(batch_object, page.jobs)), page.total, limit, offset)


def result_object(answer: BatchAnswer, job: BatchJob) -> ResultObject:
    """Return an answer as its reader sees it."""
    result = answer.result
    fault = result.fault
    return ResultObject(
        text=result.text if fault is None else "",
        model=result.model or job.model,
        provider=job.provider,
        reasoning=result.reasoning or None,
        citations=result.sources or None,
        metadata=ResultMetadata(
            custom_id=answer.custom_id,
            finish_reason=UNSET if result.stop is None else result.stop,
            usage=UNSET if result.usage is None else result.usage,
            error=UNSET if fault is None else fault.message,
            error_type=UNSET if fault is None else fault.type,
        ),
    )

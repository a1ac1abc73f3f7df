"""Many requests at once, answered within a day."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody
from litestar.params import PathParameter, QueryParameter

from application.batch.cancel import CancelBatch
from application.batch.show import FetchResults, ShowBatches, ShowServices
from application.batch.submit import MOST_BYTES, SubmitBatch
from application.ports.clock import Clock
from domain.batch import BatchAnswer, BatchJob, BatchStatus
from domain.errors import InvalidRequest
from domain.ids import BatchId
from domain.provider_errors import ProviderError
from entrypoints.web.batch_body import BatchBody
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.live import Live, Write
from entrypoints.web.presence import while_there
from entrypoints.web.replies import BATCH_DOOR
from entrypoints.web.wire.batches import (
    BatchHealth,
    BatchList,
    BatchObject,
    BatchSubmission,
    ResultObject,
    ServiceObject,
    batch_list,
    batch_object,
    result_object,
)
from entrypoints.web.wire.envelopes import Envelope

PATH = "/api/v1/batch"

Job = Annotated[str, PathParameter(description="The `job_id` of a batch of the caller.")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Offset = Annotated[int, QueryParameter(ge=0, le=2**31)]
Status = Annotated[
    str | None,
    QueryParameter(required=False, description="Only jobs of this status; `status` will do too."),
]
OtherStatus = Annotated[
    str | None,
    QueryParameter(name="status", required=False, description="Another name of `status_filter`."),
]
Wait = Annotated[
    bool, QueryParameter(description="Answer once the batch has ended, which may take a day.")
]


# The envelope of the results, between whose halves they are written.
_HEAD, _TAIL = msgspec.json.encode(
    Envelope[list[ResultObject]](message="Batch results retrieved", data=[])
).split(b"]")


def _submission() -> dict[str, Any]:
    """Return the schema of a submission, of which no parameter tells: it is read as it comes."""
    _, found = msgspec.json.schema_components([BatchSubmission], ref_template="{name}")
    found["BatchSubmission"]["properties"]["requests"]["items"] = found["BatchItem"]
    return found["BatchSubmission"]


@dataclass
class _SubmitOperation(Operation):
    def __post_init__(self) -> None:
        body: Any = _submission()
        self.request_body = RequestBody(
            required=True, content={"application/json": OpenAPIMediaType(schema=body)}
        )


@post(
    PATH,
    status_code=202,
    guards=[signed_in],
    opt=BATCH_DOOR,
    request_max_body_size=MOST_BYTES,
    operation_class=_SubmitOperation,
    tags=["Batches"],
    security=BEARER,
    responses=errors(401, 403, 422, 429, 502)
    | {
        200: ResponseSpec(
            Envelope[BatchObject],
            generate_examples=False,
            description="With `wait`: the batch has ended.",
        )
    },
    summary="Submit a batch",
)
@inject
async def submit_batch(
    request: SignedIn,
    submit: FromDishka[SubmitBatch],
    show: FromDishka[ShowBatches],
    wait: Wait = False,  # noqa: FBT002 - a query parameter
) -> Response[Envelope[BatchObject]]:
    """Take requests on; they are handed to their provider, followed and fetched by themselves."""
    job = await submit(request.user, BatchBody(request.stream()))
    if not wait:
        told = Envelope(code=202, message="Batch job submitted", data=batch_object(job))
        return Response(told, status_code=202)
    job = await while_there(request.receive, show.once_over(request.user, job.id))
    if job.status is BatchStatus.FAILED:
        raise ProviderError(job.provider, job.error or "The batch failed")
    done = Envelope(message=f"Batch job {job.status.value}", data=batch_object(job))
    return Response(done, status_code=200)


@get(
    PATH,
    guards=[signed_in],
    opt=BATCH_DOOR,
    tags=["Batches"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="List batches",
)
@inject
async def list_batches(
    request: SignedIn,
    show: FromDishka[ShowBatches],
    limit: Limit = 20,
    offset: Offset = 0,
    status_filter: Status = None,
    other_status: OtherStatus = None,
) -> Envelope[BatchList]:
    """Return the caller's batches, newest first."""
    page = await show.page(request.user, _status(status_filter or other_status), limit, offset)
    return Envelope(message="Batch jobs retrieved", data=batch_list(page, limit, offset))


@get(
    f"{PATH}/health",
    tags=["Batches"],
    security=[],
    responses=errors(),
    summary="Show which providers take batches",
)
@inject
async def batch_health(services: FromDishka[ShowServices]) -> BatchHealth:
    """Say which models may be asked in batches; no provider is asked."""
    return BatchHealth(
        "healthy",
        {
            name: ServiceObject(available, bool(models), models)
            for name, (available, models) in services().items()
        },
    )


@get(
    f"{PATH}/{{job_id:str}}",
    guards=[signed_in],
    opt=BATCH_DOOR,
    tags=["Batches"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="Show a batch",
)
@inject
async def show_batch(
    request: SignedIn, job_id: Job, show: FromDishka[ShowBatches]
) -> Envelope[BatchObject]:
    """Say how far a batch has come."""
    job = await show(request.user, BatchId(job_id))
    return Envelope(message="Batch job retrieved", data=batch_object(job))


@get(
    f"{PATH}/{{job_id:str}}/results",
    guards=[signed_in],
    opt=BATCH_DOOR,
    tags=["Batches"],
    security=BEARER,
    responses=errors(401, 403, 404)
    | {
        200: ResponseSpec(
            Envelope[list[ResultObject]],
            generate_examples=False,
            description="One entry for each request, in the order of the requests.",
        )
    },
    summary="Fetch the results of a batch",
)
@inject
async def batch_results(
    request: SignedIn, job_id: Job, fetch: FromDishka[FetchResults], clock: FromDishka[Clock]
) -> Live:
    """Send the results as they are read."""
    job = await fetch.check(request.user, BatchId(job_id))
    pieces = fetch.pieces(job)
    nothing: Sequence[BatchAnswer] = ()
    # What cannot be read must be told before the answer begins.
    first = await anext(pieces, nothing)

    async def source(write: Write) -> None:
        await write(_HEAD)
        async with aclosing(_written(job, first, pieces)) as body:
            async for piece in body:
                await write(piece)
        await write(b"]" + _TAIL)

    return Live(source, clock, media_type="application/json")


@post(
    f"{PATH}/{{job_id:str}}/cancel",
    status_code=200,
    guards=[signed_in],
    opt=BATCH_DOOR,
    tags=["Batches"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="Cancel a batch",
)
@inject
async def cancel_batch(
    request: SignedIn, job_id: Job, cancel: FromDishka[CancelBatch]
) -> Envelope[BatchObject]:
    """End a batch; its provider is told at once, and what it did until then is billed."""
    job = await cancel(request.user, BatchId(job_id))
    return Envelope(message="Batch job cancelled", data=batch_object(job))


async def _written(
    job: BatchJob,
    first: Sequence[BatchAnswer],
    rest: AsyncGenerator[Sequence[BatchAnswer], None],
) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield _joined(job, first)
        async for answers in rest:
            yield b"," + _joined(job, answers)


def _joined(job: BatchJob, answers: Sequence[BatchAnswer]) -> bytes:
    return b",".join(msgspec.json.encode(result_object(answer, job)) for answer in answers)


def _status(name: str | None) -> BatchStatus | None:
    if not name:
        return None
    try:
        return BatchStatus(name)
    except ValueError:
        known = ", ".join(BatchStatus)
        raise InvalidRequest(f"status_filter must be one of {known}", "status_filter") from None

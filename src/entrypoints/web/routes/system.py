"""Is it up, is it ready?"""

import asyncio

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from application.chat.turns import Turns
from application.ports.unit_of_work import UnitOfWork
from domain.ids import TurnId
from domain.storage_errors import StorageError
from entrypoints.web.documented import VERSION, errors

log = structlog.get_logger("system")

DATABASE_WAIT_S = 2.0


class Health(Struct, frozen=True):
    """The process answers."""

    status: str = "healthy"
    version: str = VERSION


class Liveness(Struct, frozen=True):
    """The process answers."""

    status: str = "alive"


class Readiness(Struct, frozen=True):
    """Whether requests can be served, and what stands in the way."""

    status: str
    database: str
    turns: str


@get("/health", tags=["System"], security=[], responses=errors(), summary="Health")
async def health() -> Health:
    """Say that the process answers; nothing else is looked at."""
    return Health()


@get("/livez", tags=["System"], security=[], responses=errors(), summary="Liveness")
async def livez() -> Liveness:
    """Say that the process answers: restart it when it does not."""
    return Liveness()


@get(
    ["/readyz", "/health/ready"],
    tags=["System"],
    security=[],
    responses=errors()
    | {503: ResponseSpec(Readiness, generate_examples=False, description="Not now.")},
    summary="Readiness",
)
@inject
async def readyz(work: FromDishka[UnitOfWork], turns: FromDishka[Turns]) -> Response[Readiness]:
    """Say whether to send requests here: the database answers and turns are taken."""
    database = await _database_answers(work)
    ready = database and turns.accepting
    found = Readiness(
        status="ready" if ready else "unavailable",
        database="up" if database else "down",
        turns="open" if turns.accepting else "closed",
    )
    return Response(found, status_code=200 if ready else 503)


async def _database_answers(work: UnitOfWork) -> bool:
    try:
        async with asyncio.timeout(DATABASE_WAIT_S), work() as db:
            await db.turns.find(TurnId("readiness"))
    except (StorageError, TimeoutError) as error:
        log.warning("database does not answer", error=type(error).__name__)
        return False
    return True

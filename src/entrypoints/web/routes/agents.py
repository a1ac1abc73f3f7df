"""What goes on with the characters."""

from typing import Annotated, Literal

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from application.history.show_activity import ShowActivity
from application.ports.clock import Clock
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.wire.history import moment

Customer = Annotated[int, QueryParameter(ge=1, description="Must be the customer of the token.")]


class AgentStatus(Struct, frozen=True, kw_only=True):
    """One character; `active` for five minutes after the last message."""

    name: str
    status: Literal["active", "idle"]
    session_count: int
    active_task_count: int
    last_activity: str


class AgentList(Struct, frozen=True):
    """The caller's characters, by name."""

    agents: tuple[AgentStatus, ...]


@get(
    "/api/v1/agents/status",
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Show what the characters do",
)
@inject
async def agents_status(
    request: SignedIn,
    customer_id: Customer,
    use_case: FromDishka[ShowActivity],
    clock: FromDishka[Clock],
) -> AgentList:
    """Return how many conversations and open tasks there are with each character."""
    check_customer(customer_id, request.user)
    now = clock.now()
    return AgentList(
        tuple(
            AgentStatus(
                name=found.character,
                status="active" if found.busy(now) else "idle",
                session_count=found.conversations,
                active_task_count=found.open_tasks,
                last_activity=moment(found.last_update),
            )
            for found in await use_case(request.user)
        )
    )

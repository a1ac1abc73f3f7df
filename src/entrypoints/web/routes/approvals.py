"""The user's word on tool calls that wait for it."""

from typing import Annotated, Literal

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import JSONBody, PathParameter
from msgspec import Meta, Struct

from application.agent.approvals import Approvals, Word
from domain.ids import TurnId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.wire.envelopes import Envelope

TurnPath = Annotated[str, PathParameter(description="The id that every frame of it carries.")]


class ToolApproval(Struct, frozen=True):
    """Yes or no to one call."""

    call_id: Annotated[str, Meta(min_length=1, description="From `toolApprovalRequested`.")]
    approved: bool
    remember: Literal["conversation"] | None = None
    """Allow the tool for the rest of the conversation."""


class ApprovedCall(Struct, frozen=True):
    """The call that was answered."""

    turn_id: str
    call_id: str
    approved: bool


@post(
    "/api/v1/turns/{turn_id:str}/tool-approvals",
    status_code=200,
    guards=[signed_in],
    tags=["Turns"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Allow or refuse a tool call",
)
@inject
async def approve_tool(
    request: SignedIn,
    turn_id: TurnPath,
    data: JSONBody[ToolApproval],
    approvals: FromDishka[Approvals],
) -> Envelope[ApprovedCall]:
    """Give the caller's word for a call that waits for it; the turn goes on at once."""
    word = Word(data.call_id, data.approved, data.remember is not None)
    approvals.answer(request.user, TurnId(turn_id), word)
    answered = ApprovedCall(turn_id, data.call_id, data.approved)
    return Envelope(message="Tool approval recorded", data=answered)

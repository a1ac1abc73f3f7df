"""Reading stored conversations."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from application.chat.history import ListConversations, ShowConversation
from domain.conversation.conversation import ConversationFilter
from domain.errors import InvalidRequest
from domain.ids import ConversationId, UserId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import check_customer, signed_in
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.history import SessionObject, SessionPage, session_object

_MOST = 2**31 - 1

SignedIn = Request[UserId, None, Any]
Moment = Annotated[str, Meta(description="ISO date or datetime; UTC unless it says otherwise.")]
Count = Annotated[int, Meta(ge=0, le=_MOST)]


class ListRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which conversations to list."""

    customer_id: CustomerId
    start_date: Moment | None = None
    """Last updated at or after this."""
    end_date: Moment | None = None
    """Last updated before this."""
    tags: list[str] | None = None
    """Any of them."""
    ai_character_name: str | None = None
    task_status: Literal["active", "waiting", "done", "any", "none"] | None = None
    task_priority: Literal["high", "medium", "low"] | None = None
    offset: Count = 0
    limit: Count = 30
    """0 is no limit."""
    include_messages: bool = False


class DetailRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which conversation to show: one of the two names is needed."""

    customer_id: CustomerId
    session_id: str | None = None
    ai_character_name: str | None = None
    include_messages: bool = True


@post(
    "/api/v1/chat/sessions/list",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="List conversations",
)
@inject
async def list_sessions(
    request: SignedIn, data: JSONBody[ListRequest], use_case: FromDishka[ListConversations]
) -> Envelope[SessionPage]:
    """List the caller's conversations, newest first; empty ones are left out."""
    check_customer(data.customer_id, request.user)
    wanted = ConversationFilter(
        start=_moment(data.start_date, "start_date"),
        end=_moment(data.end_date, "end_date"),
        tags=tuple(data.tags or ()),
        character=data.ai_character_name or None,
        task_status=data.task_status,
        task_priority=data.task_priority,
        offset=data.offset,
        limit=data.limit,
    )
    found = await use_case(request.user, wanted, with_messages=data.include_messages)
    sessions = tuple(map(session_object, found))
    return Envelope(
        message="Sessions retrieved successfully", data=SessionPage(sessions, len(sessions))
    )


@post(
    "/api/v1/chat/sessions/detail",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Show a conversation",
)
@inject
async def session_detail(
    request: SignedIn, data: JSONBody[DetailRequest], use_case: FromDishka[ShowConversation]
) -> Envelope[SessionObject]:
    """Show one conversation, or the newest one with a character (made when there is none)."""
    check_customer(data.customer_id, request.user)
    named = (data.session_id or "").strip()
    found = await use_case(
        request.user,
        ConversationId(named) if named else None,
        character=(data.ai_character_name or "").strip() or None,
        with_messages=data.include_messages,
    )
    return Envelope(message="Session retrieved successfully", data=session_object(found))


def _moment(text: str | None, field: str) -> datetime | None:
    """Return the moment; a date is its first instant, and what has no offset is UTC."""
    if text is None or not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{field} must be an ISO date or datetime", field) from None

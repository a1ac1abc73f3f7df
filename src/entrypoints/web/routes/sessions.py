"""Reading and searching stored conversations."""

from typing import Annotated, Literal

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from application.files.links import FileLinks
from application.history.list_conversations import ListConversations
from application.history.search_conversations import SearchConversations
from application.history.show_conversation import ShowConversation
from application.history.shown import Shown
from domain.conversation.conversation import ConversationFilter, ListPlace
from domain.ids import ConversationId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.cursors import Cursor, read_cursor
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.history import (
    ListedSessions,
    SessionObject,
    SessionPage,
    listed_sessions,
    session_object,
)
from entrypoints.web.wire.message_requests import filled
from entrypoints.web.wire.moments import Moment, read_moment

_MOST = 2**31 - 1

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
    cursor: Cursor | None = None
    """Ours: the `next_cursor` of the page before. Unlike an offset it stays where it is when
    sessions are added or touched."""


class DetailRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which conversation to show: one of the two names is needed."""

    customer_id: CustomerId
    session_id: str | None = None
    ai_character_name: str | None = None
    include_messages: bool = True
    include_versions: bool = False
    """Ours: with every version of the messages, also those off the branch that is shown."""


class SearchRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for, letter by letter, in any case; without it, recent conversations."""

    customer_id: CustomerId
    search_text: Annotated[str, Meta(max_length=1000)] | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 30


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
    request: SignedIn,
    data: JSONBody[ListRequest],
    use_case: FromDishka[ListConversations],
    links: FromDishka[FileLinks],
) -> Envelope[ListedSessions]:
    """List the caller's conversations, newest first; empty ones are left out."""
    check_customer(data.customer_id, request.user)
    wanted = ConversationFilter(
        start=read_moment(data.start_date, "start_date"),
        end=read_moment(data.end_date, "end_date"),
        tags=tuple(data.tags or ()),
        character=filled(data.ai_character_name),
        task_status=data.task_status,
        task_priority=data.task_priority,
        after=read_cursor(data.cursor, ListPlace),
        offset=data.offset,
        limit=data.limit,
    )
    listed = await use_case(request.user, wanted, with_messages=data.include_messages)
    return Envelope(message="Sessions retrieved successfully", data=listed_sessions(listed, links))


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
    request: SignedIn,
    data: JSONBody[DetailRequest],
    use_case: FromDishka[ShowConversation],
    links: FromDishka[FileLinks],
) -> Envelope[SessionObject]:
    """Show one conversation, or the newest one with a character (made when there is none)."""
    check_customer(data.customer_id, request.user)
    named = filled(data.session_id)
    found = await use_case(
        request.user,
        ConversationId(named) if named else None,
        character=filled(data.ai_character_name),
        with_messages=data.include_messages,
        with_versions=data.include_versions,
    )
    return Envelope(message="Session retrieved successfully", data=session_object(found, links))


@post(
    "/api/v1/chat/sessions/search",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Search conversations",
)
@inject
async def search_sessions(
    request: SignedIn,
    data: JSONBody[SearchRequest],
    use_case: FromDishka[SearchConversations],
    links: FromDishka[FileLinks],
) -> Envelope[SessionPage]:
    """Find conversations with a text in their messages, name or character, newest first."""
    check_customer(data.customer_id, request.user)
    found = await use_case(request.user, data.search_text or "", data.limit)
    sessions = tuple(session_object(Shown(conversation), links) for conversation in found)
    return Envelope(
        message="Sessions matched successfully", data=SessionPage(sessions, len(sessions))
    )

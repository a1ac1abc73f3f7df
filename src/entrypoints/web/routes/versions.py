"""Versions of messages: a new one by the model, and which of them is shown. An addition of ours."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import UNSET, Struct, UnsetType

from application.chat.turns import Turns
from application.files.links import FileLinks
from application.history.show_version import ShowVersion
from application.history.shown import Shown
from domain.errors import ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.events import Saved, TurnCancelled, TurnCompleted, TurnFailed
from entrypoints.web.asking import Asking
from entrypoints.web.documented import BEARER, TurnKey, errors
from entrypoints.web.errors import TurnDidNotAnswer
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.presence import while_there
from entrypoints.web.wire.chat_requests import CustomerId, Settings
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.history import SessionObject, session_object
from entrypoints.web.wire.message_requests import MessageNumber

PATH = "/api/v1/chat/messages"


class RegenerateRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which answer to write anew."""

    customer_id: CustomerId
    session_id: str
    message_id: MessageNumber | None = None
    """The answer or its question; the last answer when left out."""
    user_settings: Settings | None = None
    """What `text` leaves out is as it was for the earlier answer."""


class ShowRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version to show."""

    customer_id: CustomerId
    session_id: str
    message_id: MessageNumber


class Regenerated(Struct, frozen=True, kw_only=True):
    """The new answer's place, and the conversation with it."""

    turn_id: str
    user_message_id: int
    ai_message_id: int | UnsetType = UNSET
    session_id: str
    session: SessionObject


@post(
    f"{PATH}/regenerate",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 409, 410, 422, 429, 502, 504),
    summary="Have an answer written anew",
)
@inject
async def regenerate(
    request: SignedIn,
    data: JSONBody[RegenerateRequest],
    asking: FromDishka[Asking],
    turns: FromDishka[Turns],
    links: FromDishka[FileLinks],
    idempotency_key: TurnKey = None,
) -> Response[Envelope[Regenerated]]:
    """Ask the question again and wait for the answer; the earlier one stays as a version.

    The turn goes on when the client leaves, and can be followed by its id.
    """
    check_customer(data.customer_id, request.user)
    settings = data.user_settings or {}
    ask = await asking.again(
        request.user, data.session_id, data.message_id, settings, idempotency_key
    )
    turn = (await turns.start(ask)).turn
    saved = await while_there(request.receive, _saved(turns, request.user, turn))
    if saved is None or saved.edited is None:
        raise ConversationNotFound(ConversationId(data.session_id))
    result = Regenerated(
        turn_id=turn,
        user_message_id=saved.question,
        ai_message_id=UNSET if saved.answer is None else saved.answer,
        session_id=saved.conversation,
        session=session_object(Shown(saved.edited, saved.edited_messages), links),
    )
    return Response(
        Envelope(message="Answer regenerated successfully", data=result),
        headers={"X-Turn-ID": turn},
    )


@post(
    f"{PATH}/show",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Show another version",
)
@inject
async def show_version(
    request: SignedIn,
    data: JSONBody[ShowRequest],
    use_case: FromDishka[ShowVersion],
    links: FromDishka[FileLinks],
) -> Envelope[SessionObject]:
    """Show the branch that goes through a message; what was shown so far is kept beside it."""
    check_customer(data.customer_id, request.user)
    found = await use_case(
        request.user, ConversationId(data.session_id.strip()), MessageId(data.message_id)
    )
    return Envelope(message="Version shown successfully", data=session_object(found, links))


async def _saved(turns: Turns, user: UserId, turn: TurnId) -> Saved | None:
    """Return what the turn left in the history once it has ended.

    Raises:
        TurnDidNotAnswer: it failed or was cancelled.
    """
    saved: Saved | None = None
    async with turns.follow(user, turn) as batches:
        async for batch in batches:
            for entry in batch:
                match entry.event:
                    case TurnFailed() | TurnCancelled():
                        raise TurnDidNotAnswer(entry.event)
                    case TurnCompleted():
                        saved = entry.event.saved
                    case _:
                        pass
    return saved

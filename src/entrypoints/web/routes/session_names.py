"""Titles of conversations."""

from typing import Any

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import JSONBody
from msgspec import Struct

from application.chat.name_conversation import NameConversation
from domain.ids import ConversationId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.replies import CHAT_DOOR
from entrypoints.web.wire.chat_requests import CustomerId, Settings
from entrypoints.web.wire.envelopes import ChatEnvelope
from entrypoints.web.wire.preferences import turn_settings
from entrypoints.web.wire.prompts import prompt_parts


class SessionNameRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make a title from: a prompt, or a stored conversation."""

    customer_id: CustomerId
    prompt: str | list[dict[str, Any]] | None = None
    """A blank one counts as absent."""
    settings: Settings | None = None
    """Only the character is read: the model is chosen by the server."""
    session_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse a request with nothing in it.

        Raises:
            ValueError: msgspec turns it into an error of validation.
        """
        if not self.has_prompt and not self.session:
            raise ValueError("Object missing required field `prompt`")

    @property
    def has_prompt(self) -> bool:
        """Whether the prompt says anything."""
        return bool(self.prompt.strip() if isinstance(self.prompt, str) else self.prompt)

    @property
    def session(self) -> str | None:
        """The conversation, if one is named."""
        return (self.session_id or "").strip() or None


class SessionName(Struct, frozen=True):
    """The title, at most 50 characters."""

    session_name: str
    session_id: str | None


@post(
    ["/api/v1/chat/session-name", "/chat/session-name"],
    status_code=200,
    guards=[signed_in],
    opt=CHAT_DOOR,
    tags=["Chat"],
    security=BEARER,
    responses=errors(401, 403, 404, 422, 429, 502),
    summary="Name a conversation",
)
@inject
async def name_session(
    request: SignedIn, data: JSONBody[SessionNameRequest], use_case: FromDishka[NameConversation]
) -> ChatEnvelope[SessionName]:
    """Make a title; with a `session_id` it is stored, without moving the session in the list."""
    check_customer(data.customer_id, request.user)
    session = ConversationId(data.session) if data.session else None
    character = turn_settings(data.settings or {}).character
    parts = prompt_parts(data.prompt) if data.has_prompt else ()
    title = await use_case(request.user, parts, session, character)
    return ChatEnvelope(data=SessionName(title, data.session))

"""What a client wants answered: a new question, or one of the history once more."""

from typing import Any

from application.chat.ask_again import Again, AskAgain
from domain.conversation.conversation import ConversationDraft, MessageDraft
from domain.errors import InvalidRequest
from domain.ids import ConversationId, MessageId, UserId
from domain.turn.ask import Ask, Record
from entrypoints.web.wire.clarifications import clarification_from
from entrypoints.web.wire.client_message import CLARIFICATION, REGENERATE, ClientMessage
from entrypoints.web.wire.message_requests import LARGEST_ID
from entrypoints.web.wire.messages import ask_from, check_owner, settings_of
from entrypoints.web.wire.names import Json, section
from entrypoints.web.wire.preferences import turn_settings

_KEY_LENGTH = 200


class Asking:
    """Client message → `Ask`."""

    def __init__(self, again: AskAgain) -> None:
        self._again = again

    async def __call__(self, message: ClientMessage, user: UserId) -> Ask:
        """Return the question that a request message of the socket asks.

        Raises:
            AccessDenied, FeatureUnavailable, InvalidRequest: as `ask_from`.
            ConversationNotFound, MessageNotFound: what to regenerate is not there.
        """
        if message.kind == CLARIFICATION:
            return clarification_from(message, user)
        if message.kind != REGENERATE:
            return ask_from(message, user)
        found = message.found
        said = section(found, "user_input")
        check_owner(user, found, said)
        session = said.get("session_id") or found.get("session_id")
        return await self.again(
            user,
            session if isinstance(session, str) else "",
            _number(said.get("message_id") or found.get("message_id")),
            settings_of(message),
            _key(said.get("local_id") or found.get("local_id")),
        )

    async def again(
        self, user: UserId, session: str, message: int | None, settings: Json, key: str | None
    ) -> Ask:
        """Return a stored question, whose new answer takes the place of the earlier one.

        Args:
            user: whose conversation it is.
            session: the conversation.
            message: the answer or its question; the last answer when left out.
            settings: the sections of `user_settings`; what `text` leaves out is as it was.
            key: the client's own id of this request.

        Raises:
            ConversationNotFound, InvalidRequest, MessageNotFound: as `AskAgain`.
            InvalidRequest: no session is named, a setting has a wrong type, or the answer is
                being written under another key.
        """
        if not session.strip():
            raise InvalidRequest("regenerate needs the session_id of a chat session", "session_id")
        number = None if message is None else MessageId(message)
        found = await self._again(user, ConversationId(session.strip()), number)
        text: Json = {"ai_character": found.conversation.character, **found.settings}
        text |= {k: v for k, v in section(settings, "text").items() if v is not None}
        ask = Ask(
            user=user,
            question=found.parts,
            history=found.history,
            settings=turn_settings({**settings, "text": text}),
            key=None if key is None else f"{key}:{REGENERATE}:{found.question.message_id}",
            record=_record(found, text),
        )
        found.check_free(ask.own_turn)
        return ask


def _record(found: Again, text: dict[str, Any]) -> Record:
    question, answer = found.question, found.answer
    return Record(
        conversation=ConversationDraft(id=found.conversation.id),
        question=MessageDraft(message_id=question.message_id),
        answer=MessageDraft(
            message_id=None if answer is None else answer.message_id,
            ai_character_name=found.conversation.character,
            api_text_gen_settings=text,
        ),
        edits=True,
        again=True,
    )


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise InvalidRequest("message_id must be the number of a message", "message_id")
    return value


def _key(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    if len(value) > _KEY_LENGTH:
        raise InvalidRequest(f"local_id is longer than {_KEY_LENGTH}", "local_id")
    return value

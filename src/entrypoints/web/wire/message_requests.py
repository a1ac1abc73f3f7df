"""Bodies of the endpoints that write messages."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from application.files.links import FileLinks
from application.history.write_messages import Written
from domain.conversation.conversation import ConversationDraft, MessageDraft
from domain.ids import ConversationId
from entrypoints.web.wire.chat_requests import CustomerId, Settings
from entrypoints.web.wire.drafts import message_draft
from entrypoints.web.wire.history import SessionObject, session_object
from entrypoints.web.wire.names import Json, section

LARGEST_ID = 2**63 - 1

MessageInput = Annotated[
    dict[str, Any],
    Meta(
        description="A message object as the history shows it; keys nobody reads are passed over.",
        examples=[{"message": "Where does the Tagus end?", "image_locations": []}],
    ),
]
MessageNumber = Annotated[int, Meta(ge=1, le=LARGEST_ID)]


class _Writing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    customer_id: CustomerId
    session_id: str | None = None
    session_name: str | None = None
    ai_character_name: str | None = None
    """Without it, a new session takes `user_settings.text.ai_character`."""
    ai_text_gen_model: str | None = None
    tags: list[str] | None = None
    """Left out, the stored ones stay; so with `auto_trigger_tts`."""
    auto_trigger_tts: bool | None = None
    claude_session_id: str | None = None
    ai_response: MessageInput | None = None
    update_last_mod_time: bool | None = True
    claude_code_data: dict[str, Any] | None = None
    """Goes to both messages."""
    user_settings: Settings | None = None

    @property
    def conversation(self) -> ConversationDraft:
        """What is said about the conversation."""
        text = section(self.user_settings or {}, "text")
        character = text.get("ai_character")
        return ConversationDraft(
            id=ConversationId(filled(self.session_id) or "") or None,
            name=filled(self.session_name),
            character=filled(self.ai_character_name),
            new_character=filled(character) if isinstance(character, str) else None,
            model=filled(self.ai_text_gen_model),
            auto_trigger_tts=self.auto_trigger_tts,
            claude_session_id=filled(self.claude_session_id),
            tags=None if self.tags is None else tuple(tag for tag in self.tags if tag),
            touch=self.update_last_mod_time is not False,
        )

    def draft(self, name: str, said: Json | None) -> MessageDraft:
        """Return the draft of a message, with what the request says of both.

        Raises:
            InvalidRequest: a known key of it has a wrong type.
        """
        whole = dict(said or {})
        if self.claude_code_data:
            whole["claude_code_data"] = self.claude_code_data
        return message_draft({name: whole}, name)


class StoreRequest(_Writing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question, and perhaps its answer, to add to a conversation."""

    user_message: MessageInput
    include_messages: bool | None = False

    @property
    def question(self) -> MessageDraft:
        """The user's message."""
        return self.draft("user_message", self.user_message)

    @property
    def answer(self) -> MessageDraft:
        """Its answer; without content when there is none."""
        return self.draft("ai_response", self.ai_response) if self.ai_response else MessageDraft()


class EditRequest(_Writing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question, an answer or both, to change where they carry ids and to add where not."""

    user_message: MessageInput | None = None

    @property
    def question(self) -> MessageDraft | None:
        """The user's message."""
        return self.draft("user_message", self.user_message) if self.user_message else None

    @property
    def answer(self) -> MessageDraft | None:
        """Its answer."""
        return self.draft("ai_response", self.ai_response) if self.ai_response else None


class PatchRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to set of one message."""

    customer_id: CustomerId
    message_id: MessageNumber
    patch: MessageInput | None = None
    append_image_locations: bool | None = False


class RemoveMessagesRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages of one conversation."""

    customer_id: CustomerId
    session_id: str
    message_ids: Annotated[list[MessageNumber], Meta(min_length=1, max_length=10_000)]


class WriteResult(Struct, frozen=True, kw_only=True):
    """Where the messages are."""

    user_message_id: int
    """0 when no message of the user was written."""
    ai_message_id: int | UnsetType = UNSET
    session_id: str
    session: SessionObject | UnsetType = UNSET


class ChangedMessage(Struct, frozen=True):
    """The message that was changed."""

    message_id: int


class RemovedMessages(Struct, frozen=True):
    """How many messages are gone; the ids are those that were asked for."""

    removed_count: int
    message_ids: tuple[int, ...]


def write_result(written: Written, links: FileLinks) -> WriteResult:
    """Return what the client is told."""
    return WriteResult(
        user_message_id=written.question or 0,
        ai_message_id=UNSET if written.answer is None else written.answer,
        session_id=written.conversation,
        session=UNSET if written.shown is None else session_object(written.shown, links),
    )


def filled(text: str | None) -> str | None:
    """Return the text without space around it; a blank one says nothing."""
    return (text or "").strip() or None

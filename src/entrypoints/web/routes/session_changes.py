"""Changing and removing conversations."""

from typing import Annotated, Literal

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import delete, patch, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from application.files.links import FileLinks
from application.history.change_conversation import ChangeConversation
from application.history.create_task import CreateTask
from application.history.delete import DeleteConversation
from application.history.shown import Shown
from domain.conversation.conversation import ConversationDraft
from domain.conversation.writing import TASK_DESCRIPTION_CHARS
from domain.ids import ConversationId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.history import SessionObject, session_object
from entrypoints.web.wire.message_requests import filled
from entrypoints.web.wire.moments import Moment, read_moment

PATH = "/api/v1/chat/sessions"

Description = Annotated[str, Meta(max_length=TASK_DESCRIPTION_CHARS)]
Priority = Literal["high", "medium", "low"]
Name = Annotated[str, Meta(pattern=r"\S", description="Not blank.")]


class ChangeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a conversation; null leaves it as it is."""

    customer_id: CustomerId
    session_id: str
    session_name: str | None = None
    ai_character_name: str | None = None
    auto_trigger_tts: bool | None = None
    ai_text_gen_model: str | None = None
    tags: list[str] | None = None
    """Takes the place of all tags."""
    claude_session_id: str | None = None
    update_last_mod_time: bool | None = True
    """False leaves the conversation in its place in the list."""
    last_update_override: Moment | None = None
    """The moment to put in, in place of now."""
    task_status: Literal["active", "waiting", "done"] | None = None
    task_priority: Priority | None = None
    task_description: Description | None = None
    clear_task_metadata: bool | None = False

    @property
    def draft(self) -> ConversationDraft:
        """The change."""
        return ConversationDraft(
            id=ConversationId(self.session_id.strip()),
            name=filled(self.session_name),
            character=filled(self.ai_character_name),
            auto_trigger_tts=self.auto_trigger_tts,
            model=filled(self.ai_text_gen_model),
            tags=None if self.tags is None else tuple(tag for tag in self.tags if tag),
            claude_session_id=filled(self.claude_session_id),
            task_status=self.task_status,
            task_priority=self.task_priority,
            task_description=self.task_description,
            drops_task=bool(self.clear_task_metadata),
            touch=self.update_last_mod_time is not False,
            touched_at=read_moment(self.last_update_override, "last_update_override"),
        )


class RemoveSessionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which conversation to remove."""

    customer_id: CustomerId
    session_id: str


class TaskRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a character is to do."""

    customer_id: CustomerId
    ai_character_name: Name
    task_description: Annotated[Description, Meta(pattern=r"\S")]
    task_priority: Priority = "medium"
    session_name: str | None = None


class RemovedSession(Struct, frozen=True):
    """The conversation that is gone, and the messages that were shown in it."""

    removed_count: int
    message_ids: tuple[int, ...]
    session_id: str


@patch(
    PATH,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Change a conversation",
)
@inject
async def change_session(
    request: SignedIn,
    data: JSONBody[ChangeRequest],
    use_case: FromDishka[ChangeConversation],
    links: FromDishka[FileLinks],
) -> Envelope[SessionObject]:
    """Rename, retag or otherwise change a conversation."""
    check_customer(data.customer_id, request.user)
    changed = await use_case(request.user, data.draft)
    return Envelope(
        message="Session updated successfully", data=session_object(Shown(changed), links)
    )


@delete(
    PATH,
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Remove a conversation",
)
@inject
async def remove_session(
    request: SignedIn,
    data: JSONBody[RemoveSessionRequest],
    use_case: FromDishka[DeleteConversation],
) -> Envelope[RemovedSession]:
    """Remove a conversation with all that was said in it."""
    check_customer(data.customer_id, request.user)
    session = ConversationId(data.session_id.strip())
    ids = await use_case(request.user, session)
    return Envelope(
        message="Session removed successfully", data=RemovedSession(len(ids), tuple(ids), session)
    )


@post(
    f"{PATH}/create-task",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Create a task",
)
@inject
async def create_task(
    request: SignedIn,
    data: JSONBody[TaskRequest],
    use_case: FromDishka[CreateTask],
    links: FromDishka[FileLinks],
) -> Envelope[SessionObject]:
    """Open a conversation that is an active task of a character."""
    check_customer(data.customer_id, request.user)
    made = await use_case(
        request.user,
        data.ai_character_name.strip(),
        data.task_description.strip(),
        data.task_priority,
        filled(data.session_name),
    )
    return Envelope(message="Task created successfully", data=session_object(Shown(made), links))

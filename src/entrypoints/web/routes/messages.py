"""Writing, changing and removing stored messages."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import delete, patch, post, put
from litestar.params import JSONBody

from application.files.links import FileLinks
from application.history.change_message import ChangeMessage
from application.history.delete import DeleteMessages
from application.history.write_messages import EditMessages, StoreMessages
from domain.conversation.conversation import MessageDraft
from domain.ids import ConversationId, MessageId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.wire.drafts import message_draft
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.message_requests import (
    ChangedMessage,
    EditRequest,
    PatchRequest,
    RemovedMessages,
    RemoveMessagesRequest,
    StoreRequest,
    WriteResult,
    write_result,
)

PATH = "/api/v1/chat/messages"


@post(
    PATH,
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Store messages",
)
@inject
async def store_messages(
    request: SignedIn,
    data: JSONBody[StoreRequest],
    use_case: FromDishka[StoreMessages],
    links: FromDishka[FileLinks],
) -> Envelope[WriteResult]:
    """Add a question, and perhaps its answer, to a conversation or to a new one."""
    check_customer(data.customer_id, request.user)
    written = await use_case(
        request.user,
        data.conversation,
        data.question,
        data.answer,
        with_messages=bool(data.include_messages),
    )
    return Envelope(message="Chat messages stored successfully", data=write_result(written, links))


@patch(
    PATH,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Edit messages",
)
@inject
async def edit_messages(
    request: SignedIn,
    data: JSONBody[EditRequest],
    use_case: FromDishka[EditMessages],
    links: FromDishka[FileLinks],
) -> Envelope[WriteResult]:
    """Change a question and its answer in place; what they said before stays as a version."""
    check_customer(data.customer_id, request.user)
    written = await use_case(request.user, data.conversation, data.question, data.answer)
    return Envelope(message="Chat messages updated successfully", data=write_result(written, links))


@put(
    PATH,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Change a message",
)
@inject
async def change_message(
    request: SignedIn, data: JSONBody[PatchRequest], use_case: FromDishka[ChangeMessage]
) -> Envelope[ChangedMessage]:
    """Set what the patch states of one message; keys that are null are left alone."""
    check_customer(data.customer_id, request.user)
    wanted: MessageDraft | None = None
    if data.patch is not None:
        wanted = message_draft({"patch": {**data.patch, "message_id": None}}, "patch")
    await use_case(
        request.user,
        MessageId(data.message_id),
        wanted,
        append_images=bool(data.append_image_locations),
    )
    return Envelope(message="Message updated successfully", data=ChangedMessage(data.message_id))


@delete(
    PATH,
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Remove messages",
)
@inject
async def remove_messages(
    request: SignedIn, data: JSONBody[RemoveMessagesRequest], use_case: FromDishka[DeleteMessages]
) -> Envelope[RemovedMessages]:
    """Remove messages of one conversation, their versions too; other ids are passed over."""
    check_customer(data.customer_id, request.user)
    ids = tuple(map(MessageId, data.message_ids))
    removed = await use_case(request.user, ConversationId(data.session_id.strip()), ids)
    return Envelope(message="Messages removed successfully", data=RemovedMessages(removed, ids))

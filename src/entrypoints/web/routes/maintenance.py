"""Messages out of all conversations: favourites and files."""

from typing import Annotated

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct, field

from application.files.links import FileLinks
from application.history.find_messages import FindFiles, ShowFavourites
from application.history.shown import Shown
from application.ports.clock import Clock
from domain.conversation.conversation import Conversation
from domain.conversation.files import FileQuery
from domain.ids import ConversationId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.history import (
    MessageObject,
    SessionObject,
    message_object,
    session_object,
)
from entrypoints.web.wire.moments import Moment, read_moment

Customer = Annotated[int, QueryParameter(ge=1, description="Must be the customer of the token.")]
WithSessions = Annotated[bool, QueryParameter(description="Accepted; has no influence.")]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class FilesRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which files to look for; every key in camelCase too, where the other is not given."""

    customer_id: CustomerId
    older_then_date: Moment | None = None
    """Written at or before this."""
    older_camel: Moment | None = field(default=None, name="olderThenDate")
    younger_then_date: Moment | None = None
    """Written at or after this."""
    younger_camel: Moment | None = field(default=None, name="youngerThenDate")
    exact_filename: str | None = None
    """Part of the file's address, in any case of letters."""
    filename_camel: str | None = field(default=None, name="exactFilename")
    ai_only: bool | None = None
    ai_camel: bool | None = field(default=None, name="aiOnly")
    offset: Count = 0
    limit: Count = 30
    """0 is no limit."""
    file_extension: str | None = None
    """How the address ends, `.pdf` for example."""
    extension_camel: str | None = field(default=None, name="fileExtension")
    check_image_locations: bool | None = None
    """Images count as files; with a name, so do addresses in the text that end in it."""
    images_camel: bool | None = field(default=None, name="checkImageLocations")

    @property
    def wanted(self) -> FileQuery:
        """The query."""
        return FileQuery(
            until=read_moment(self.older_then_date or self.older_camel, "older_then_date"),
            since=read_moment(self.younger_then_date or self.younger_camel, "younger_then_date"),
            name=self.exact_filename or self.filename_camel or None,
            extension=self.file_extension or self.extension_camel or None,
            answers_only=bool(self.ai_only or self.ai_camel),
            images_too=bool(self.check_image_locations or self.images_camel),
            offset=self.offset,
            limit=self.limit,
        )


class NoFavourites(Struct, frozen=True):
    """Nothing is marked: an empty object."""


class MessageList(Struct, frozen=True):
    """Messages, newest first."""

    messages: tuple[MessageObject, ...]


@get(
    "/api/v1/chat/maintenance/favorites",
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Show favourite messages",
)
@inject
async def favourites(
    request: SignedIn,
    customer_id: Customer,
    use_case: FromDishka[ShowFavourites],
    links: FromDishka[FileLinks],
    clock: FromDishka[Clock],
    include_session_metadata: WithSessions = True,  # noqa: FBT002 - a query parameter
) -> Envelope[SessionObject | NoFavourites]:
    """Return the marked messages, oldest first, as if they were one conversation."""
    check_customer(customer_id, request.user)
    found = await use_case(request.user)
    message = "Favorites retrieved successfully"
    if not found:
        return Envelope(message=message, data=NoFavourites())
    now = clock.now()
    together = Conversation(
        id=ConversationId(f"favorites_{clock.new_id()}"),
        owner=request.user,
        name="Favorite Messages",
        character="tools_artgen",
        created_at=now,
        last_update=now,
    )
    return Envelope(message=message, data=session_object(Shown(together, tuple(found)), links))


@post(
    "/api/v1/chat/maintenance/files",
    status_code=200,
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Find messages with files",
)
@inject
async def messages_with_files(
    request: SignedIn,
    data: JSONBody[FilesRequest],
    use_case: FromDishka[FindFiles],
    links: FromDishka[FileLinks],
) -> Envelope[MessageList]:
    """Return the messages that carry the files, newest first."""
    check_customer(data.customer_id, request.user)
    found = tuple(message_object(one, links) for one in await use_case(request.user, data.wanted))
    return Envelope(message="Messages with files retrieved successfully", data=MessageList(found))

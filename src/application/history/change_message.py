"""One stored message, changed by its id."""

from msgspec import structs

from application.history.editing import change
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import MessageDraft
from domain.conversation.editing import editable
from domain.errors import InvalidRequest, MessageNotFound
from domain.ids import MessageId, UserId


class ChangeMessage:
    """Sets what a patch states; what that replaces stays as an earlier version."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self,
        user: UserId,
        message: MessageId,
        patch: MessageDraft | None,
        *,
        append_images: bool = False,
    ) -> None:
        """Change the message; without a patch, only see that it is there.

        Args:
            user: whose message it is.
            message: which.
            patch: what to set.
            append_images: add the patch's images to those there are.

        Raises:
            InvalidRequest: the patch states nothing.
            MessageNotFound: the user has no such message.
        """
        stated = {} if patch is None else patch.stated()
        if patch is not None and not stated:
            raise InvalidRequest("No update fields provided", "patch")
        async with self._work() as db:
            stored = await db.conversations.message(user, message)
            if stored is None:
                raise MessageNotFound(message)
            if append_images and patch is not None and patch.image_locations:
                images = (*stored.image_locations, *patch.image_locations)
                stated = structs.replace(patch, image_locations=images).stated()
            if changes := editable(stored, stated):
                await change(db, stored, changes)

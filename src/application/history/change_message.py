"""One stored message, changed by its id."""

from msgspec import structs

from application.history.editing import change, held
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import MessageDraft
from domain.conversation.editing import EDITABLE, editable
from domain.errors import InvalidRequest
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
            InvalidRequest: the patch states nothing that may change, or changes what a turn is
                still writing.
            MessageNotFound: the user has no such message.
        """
        stated = {} if patch is None else patch.stated()
        if patch is not None and not stated.keys() & EDITABLE:
            raise InvalidRequest("No update fields provided", "patch")

        async def set_columns(db: Stores) -> None:
            stored = await held(db, user, message)
            columns = stated
            if append_images and patch is not None and patch.image_locations:
                images = (*stored.image_locations, *patch.image_locations)
                columns = structs.replace(patch, image_locations=images).stated()
            if changes := editable(stored, columns):
                await change(db, stored, changes)

        # Appended twice, images would be there twice; what is set already, changes nothing.
        await self._work.run(set_columns, repeatable=not append_images)

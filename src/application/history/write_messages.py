"""Messages that a client stores itself, without a turn."""

from msgspec import Struct

from application.history.editing import edit
from application.history.shown import Shown, shown
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.errors import InvalidRequest
from domain.ids import ConversationId, MessageId, UserId


class Written(Struct, frozen=True):
    """Where messages were stored; `shown` is the conversation afterwards, if it was asked for."""

    conversation: ConversationId
    question: MessageId | None
    answer: MessageId | None
    shown: Shown | None = None


class StoreMessages:
    """Adds a question, and perhaps its answer, to a conversation."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self,
        user: UserId,
        draft: ConversationDraft,
        question: MessageDraft,
        answer: MessageDraft,
        *,
        with_messages: bool = False,
    ) -> Written:
        """Store them at the end of the conversation the draft names, or of a new one.

        Raises:
            ConversationNotFound: the user has no such conversation.
            InvalidRequest: there is nothing in the question.
        """
        if not question.has_content:
            raise InvalidRequest("user_message must have content", "user_message")

        async def store(db: Stores) -> Written:
            change = db.conversations.change if draft.id else db.conversations.open
            found = await change(user, draft)
            asked = await db.conversations.add_message(user, found.id, Sender.USER, question)
            answered = None
            if answer.has_content:
                answered = await db.conversations.add_message(user, found.id, Sender.AI, answer)
            now = await shown(db, found) if with_messages else None
            return Written(found.id, asked, answered, now)

        return await self._work.run(store)


class EditMessages:
    """Changes a question and its answer in place, and adds what is not there yet."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self,
        user: UserId,
        draft: ConversationDraft,
        question: MessageDraft | None,
        answer: MessageDraft | None,
    ) -> Written:
        """Write them into the conversation the draft names, or into a new one.

        A message without an id, or with one that this conversation does not have, is added if it
        has content. What an edit replaces stays as an earlier version.

        Raises:
            InvalidRequest: there is nothing to write, or the answer is still being written.
        """
        reply = answer if answer is not None and answer.has_content else None

        async def write(db: Stores) -> Written:
            found = await db.conversations.open(user, draft)
            asked = earlier = answered = None
            if question is not None:
                asked, earlier = await _put(db, user, found.id, Sender.USER, question)
            if reply is not None:
                answered, _ = await _put(db, user, found.id, Sender.AI, reply, after=earlier)
            if asked is None and answered is None:
                raise InvalidRequest(
                    "user_message or ai_response must have content", "user_message"
                )
            now = await shown(db, found) if draft.id else None
            return Written(found.id, asked, answered, now)

        return await self._work.run(write)


async def _put(
    db: Stores,
    user: UserId,
    conversation: ConversationId,
    sender: Sender,
    draft: MessageDraft,
    *,
    after: MessageId | None = None,
) -> tuple[MessageId | None, MessageId | None]:
    """Return the id of the message, and that of the version it had before, if one was kept.

    A message that is not there, and would have no content, is not made.
    """
    edited = await edit(db, user, conversation, draft, after=after)
    if edited is not None:
        return edited.message, edited.earlier
    if not draft.has_content:
        return None, None
    return await db.conversations.add_message(user, conversation, sender, draft), None

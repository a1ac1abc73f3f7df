"""Several who change one message at the same moment."""

import asyncio

from application.history.change_message import ChangeMessage
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender

AT_ONCE = 8


async def test_nothing_that_anybody_wrote_is_lost(work: UnitOfWork) -> None:
    async with work() as db:
        anna = (await db.accounts.add("anna", "hash", None)).id
        talk = await db.conversations.open(anna, ConversationDraft())
        draft = MessageDraft(message="first")
        key = await db.conversations.add_message(anna, talk.id, Sender.AI, draft)
    change = ChangeMessage(work)
    names = [f"image {number}" for number in range(AT_ONCE)]
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            patch = MessageDraft(message=name, image_locations=(name,))
            tasks.create_task(change(anna, key, patch, append_images=True))
    async with work() as db:
        rows = await db.conversations.every_message(anna, talk.id)
    (shown,) = [row for row in rows if not row.replaced]
    assert sorted(shown.image_locations) == names
    assert sorted(row.message or "" for row in rows) == ["first", *names]

"""An answer is written while its question, or the whole conversation, is being removed."""

import asyncio

import pytest

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    MessageDraft,
    Place,
    Sender,
)
from domain.errors import ConversationNotFound
from domain.ids import MessageId, UserId


class Asked:
    """A conversation with a question in it, which is about to be answered."""

    def __init__(self, work: UnitOfWork, clock: ManualClock) -> None:
        self.work = work
        self.clock = clock
        self.anna = UserId(0)
        self.talk: Conversation
        self.question = MessageId(0)

    async def begin(self) -> None:
        async with self.work() as db:
            self.anna = (await db.accounts.add("anna", "hash", None)).id
            self.talk = await db.conversations.open(self.anna, ConversationDraft())
            said = MessageDraft(message="?")
            self.question = await db.conversations.add_message(
                self.anna, self.talk.id, Sender.USER, said
            )

    async def answer(self) -> MessageId:
        async with self.work() as db:
            return await db.conversations.add_message(
                self.anna,
                self.talk.id,
                Sender.AI,
                MessageDraft(message="!"),
                place=Place(self.clock.now(), self.question),
            )

    async def meanwhile(self) -> None:
        """Let others come as far as they can, for as long as a few queries take."""
        for _ in range(20):
            async with self.work() as db:
                await db.accounts.get(self.anna)


@pytest.fixture
async def asked(work: UnitOfWork, clock: ManualClock) -> Asked:
    made = Asked(work, clock)
    await made.begin()
    return made


@pytest.mark.parametrize("whole", [True, False], ids=["conversation", "question"])
async def test_the_answer_is_not_stored(asked: Asked, whole: bool) -> None:
    async with asked.work() as db:
        if whole:
            await db.conversations.remove(asked.anna, asked.talk.id)
        else:
            await db.conversations.remove_messages(asked.anna, asked.talk.id, (asked.question,))
        answering = asyncio.create_task(asked.answer())
        await asked.meanwhile()
    with pytest.raises(ConversationNotFound):
        await answering
    async with asked.work() as db:
        assert await db.conversations.every_message(asked.anna, asked.talk.id) == []


async def test_an_answer_that_was_first_is_removed_with_the_rest(asked: Asked) -> None:
    async def remove() -> list[MessageId]:
        async with asked.work() as db:
            return await db.conversations.remove(asked.anna, asked.talk.id)

    async with asked.work() as db:
        answer = await db.conversations.add_message(
            asked.anna,
            asked.talk.id,
            Sender.AI,
            MessageDraft(message="!"),
            place=Place(asked.clock.now(), asked.question),
        )
        removing = asyncio.create_task(remove())
        await asked.meanwhile()
    assert await removing == [asked.question, answer]

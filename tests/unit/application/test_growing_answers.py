"""Changing an answer by hand while its turn is writing it."""

from typing import Any

import pytest
from msgspec import structs

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.history.change_message import ChangeMessage
from application.history.write_messages import EditMessages
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Sender,
    StoredMessage,
)
from domain.errors import InvalidRequest
from domain.ids import ConversationId, MessageId, TurnId, UserId


class Growing:
    """A question, and an answer that a turn is writing."""

    def __init__(self) -> None:
        self.work = MemoryUnitOfWork(ManualClock())
        self.anna, self.talk = UserId(0), ConversationId("")
        self.question = self.answer = MessageId(0)

    async def begin(self) -> None:
        async with self.work() as db:
            self.anna = (await db.accounts.add("anna", "hash", None)).id
            self.talk = (await db.conversations.open(self.anna, ConversationDraft())).id
            this, turn = (self.anna, self.talk), TurnId("t")
            asked, so_far = MessageDraft(message="Why?"), MessageDraft(message="Be")
            self.question = await db.conversations.add_message(*this, Sender.USER, asked)
            self.answer = await db.conversations.add_message(
                *this, Sender.AI, so_far, turn=turn, state=AnswerState.RUNNING
            )

    async def rows(self) -> list[StoredMessage]:
        async with self.work() as db:
            return await db.conversations.every_message(self.anna, self.talk)


@pytest.fixture
async def growing() -> Growing:
    made = Growing()
    await made.begin()
    return made


@pytest.mark.parametrize(
    "said",
    [
        {"message": "My words"},
        {"ai_reasoning": "Hm"},
        {"chart_data": ({"id": 1},)},
        {"claude_code_data": {"id": 1}},
    ],
)
async def test_what_the_turn_would_undo_is_refused(growing: Growing, said: dict[str, Any]) -> None:
    before = await growing.rows()
    patch = MessageDraft(**said)
    with pytest.raises(InvalidRequest, match="still being written; cancel it first"):
        await ChangeMessage(growing.work)(growing.anna, growing.answer, patch)
    answer = structs.replace(patch, message_id=growing.answer, favorite=True)
    question = MessageDraft(message_id=growing.question, message="How?")
    with pytest.raises(InvalidRequest, match="still being written"):
        await EditMessages(growing.work)(
            growing.anna, ConversationDraft(id=growing.talk), question, answer
        )
    assert await growing.rows() == before


async def test_all_else_may_be_changed(growing: Growing) -> None:
    change = ChangeMessage(growing.work)
    await change(growing.anna, growing.answer, MessageDraft(favorite=True))
    await change(growing.anna, growing.question, MessageDraft(message="How?"))
    question, answer = (row for row in await growing.rows() if not row.replaced)
    assert (question.message, answer.message, answer.favorite) == ("How?", "Be", True)

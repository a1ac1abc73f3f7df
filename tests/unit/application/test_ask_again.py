"""Which question of the history is asked again, and with what before it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.chat.ask_again import AskAgain
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.errors import ConversationNotFound, InvalidRequest, MessageNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.prompt import AudioPart, FilePart, ImagePart, TextPart
from domain.turn.record import TurnRecord


class Shelf:
    """One conversation of Anna's."""

    def __init__(self) -> None:
        self.work = MemoryUnitOfWork(ManualClock())
        self.again = AskAgain(self.work)
        self.anna = UserId(0)
        self.talk = ConversationId("")

    async def say(self, sender: Sender, state: AnswerState | None = None, **said: Any) -> MessageId:
        async with self.work() as db:
            draft = MessageDraft(**said)
            return await db.conversations.add_message(
                self.anna, self.talk, sender, draft, state=state
            )


@pytest.fixture
async def shelf() -> Shelf:
    made = Shelf()
    async with made.work() as db:
        made.anna = (await db.accounts.add("anna", "hash", None)).id
        made.talk = (await db.conversations.open(made.anna, ConversationDraft())).id
    return made


async def test_the_last_answer_with_all_that_came_before(shelf: Shelf) -> None:
    await shelf.say(Sender.USER, message="One?")
    await shelf.say(Sender.AI, message="1.")
    await shelf.say(Sender.SYSTEM, message="noise")
    question = await shelf.say(
        Sender.USER,
        message="Two?",
        image_locations=("https://x/a.png", "local.png"),
        file_locations=("https://x/b.PDF", "https://x/c.mp3?sig=1"),
    )
    answer = await shelf.say(Sender.AI, message="2.", api_text_gen_settings={"model": "m"})
    found = await shelf.again(shelf.anna, shelf.talk)
    assert found.answer is not None
    assert (found.question.message_id, found.answer.message_id) == (question, answer)
    assert found.parts == (
        TextPart("Two?"),
        ImagePart("https://x/a.png"),
        FilePart("https://x/b.PDF"),
        AudioPart("https://x/c.mp3?sig=1"),
    )
    assert [(m.role, m.text) for m in found.history] == [("user", "One?"), ("assistant", "1.")]
    assert found.settings == {"model": "m"}
    assert found == await shelf.again(shelf.anna, shelf.talk, answer)
    assert found == await shelf.again(shelf.anna, shelf.talk, question)


async def test_a_question_without_an_answer(shelf: Shelf) -> None:
    await shelf.say(Sender.USER, message="One?")
    found = await shelf.again(shelf.anna, shelf.talk)
    assert (found.answer, found.settings) == (None, {})


async def test_whoever_is_about_to_answer_is_known_before_there_is_an_answer(shelf: Shelf) -> None:
    earlier, last = [await shelf.say(Sender.USER, message=f"{n}?") for n in range(2)]
    async with shelf.work() as db:
        await db.turns.add(
            TurnRecord(
                turn=TurnId("t"),
                user=shelf.anna,
                fingerprint="",
                conversation=shelf.talk,
                question=last,
                started_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    found = await shelf.again(shelf.anna, shelf.talk)
    found.check_free(TurnId("t"))
    with pytest.raises(InvalidRequest, match="still being written"):
        found.check_free(None)
    (await shelf.again(shelf.anna, shelf.talk, earlier)).check_free(None)


async def test_what_nobody_asked_cannot_be_asked_again(shelf: Shelf) -> None:
    with pytest.raises(InvalidRequest, match="no question"):
        await shelf.again(shelf.anna, shelf.talk)
    greeting = await shelf.say(Sender.AI, message="Welcome")
    await shelf.say(Sender.USER, file_locations=("local.pdf",))
    with pytest.raises(InvalidRequest, match="no question"):
        await shelf.again(shelf.anna, shelf.talk, greeting)
    with pytest.raises(InvalidRequest, match="nothing in it"):
        await shelf.again(shelf.anna, shelf.talk)


async def test_strangers_and_hidden_messages_are_not_found(shelf: Shelf) -> None:
    key = await shelf.say(Sender.USER, message="One?")
    with pytest.raises(ConversationNotFound):
        await shelf.again(UserId(4711), shelf.talk, key)
    async with shelf.work() as db:
        await db.conversations.change_message(shelf.anna, shelf.talk, key, {"replaced": True})
    with pytest.raises(MessageNotFound):
        await shelf.again(shelf.anna, shelf.talk, key)

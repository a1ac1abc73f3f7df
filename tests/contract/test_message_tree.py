"""Edits, forks and branches, on every store."""

import pytest

from adapters.memory.clock import ManualClock
from application.chat.kept import Kept
from application.chat.ledger import Ledger
from application.history.show_version import ShowVersion
from application.history.write_messages import EditMessages, StoreMessages
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Sender,
    StoredMessage,
)
from domain.errors import ConversationNotFound, MessageNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.ask import Ask, Copied, Record
from domain.turn.events import TextDelta
from domain.turn.prompt import TextPart
from domain.turn.transcript import Transcript


class House:
    """A store, and what writes into it."""

    def __init__(self, work: UnitOfWork, clock: ManualClock) -> None:
        self.work = work
        self.clock = clock
        self.ledger = Ledger(work, clock)
        self.show = ShowVersion(work)
        self.anna = UserId(0)
        self._turns = 0

    async def turn(self, text: str, answer: str, record: Record) -> Kept:
        kept = await self.asked(text, record)
        kept = await self.answered(kept, answer, AnswerState.RUNNING)
        return await self.answered(kept, answer)

    async def asked(self, text: str, record: Record) -> Kept:
        self._turns += 1
        ask = Ask(user=self.anna, question=(TextPart(text),), record=record)
        await self.clock.advance(1)
        return await self.ledger.question(TurnId(f"t-{self._turns}"), ask, record)

    async def answered(
        self, kept: Kept, answer: str, state: AnswerState = AnswerState.COMPLETED
    ) -> Kept:
        said = Transcript()
        said.add([TextDelta(answer)])
        return await self.ledger.answer(kept, said, None, state)

    async def shown(self, conversation: ConversationId) -> list[StoredMessage]:
        async with self.work() as db:
            return (await db.conversations.messages(self.anna, (conversation,)))[conversation]

    async def texts(self, conversation: ConversationId) -> list[str | None]:
        return [message.message for message in await self.shown(conversation)]


@pytest.fixture
async def house(work: UnitOfWork, clock: ManualClock) -> House:
    made = House(work, clock)
    async with work() as db:
        made.anna = (await db.accounts.add("anna", "hash", None)).id
    return made


def edit(kept: Kept) -> Record:
    return Record(
        conversation=ConversationDraft(id=kept.conversation),
        question=MessageDraft(message_id=kept.question),
        answer=MessageDraft(message_id=kept.answer),
        edits=True,
    )


async def test_every_branch_can_be_shown_again(house: House) -> None:
    first = await house.turn("One?", "1.", Record())
    here = Record(conversation=ConversationDraft(id=first.conversation))
    await house.turn("More?", "More.", here)
    edited = await house.turn("Two?", "2.", edit(first))
    assert (edited.question, edited.answer) == (first.question, first.answer)
    assert await house.texts(first.conversation) == ["Two?", "2.", "More?", "More."]

    earlier, now = (await house.shown(first.conversation))[0].siblings
    assert now == first.question
    shown = await house.show(house.anna, first.conversation, earlier)
    assert shown.messages is not None
    assert [one.message for one in shown.messages] == ["One?", "1."]
    await house.turn("Other?", "Other.", here)
    assert await house.texts(first.conversation) == ["One?", "1.", "Other?", "Other."]
    await house.show(house.anna, first.conversation, now)
    assert await house.texts(first.conversation) == ["Two?", "2.", "More?", "More."]
    await house.show(house.anna, first.conversation, earlier)
    assert await house.texts(first.conversation) == ["One?", "1.", "Other?", "Other."]


@pytest.mark.parametrize("order", ["1122", "1221", "1212", "2211", "2112"])
async def test_an_edit_while_its_question_is_being_answered_shows_its_own_answer(
    house: House, order: str
) -> None:
    """Two turns write their answers, each twice, in that order; the client knows of no answer."""
    first = await house.asked("One?", Record())
    await house.turn(
        "More?", "More.", Record(conversation=ConversationDraft(id=first.conversation))
    )
    running = {"1": first, "2": await house.asked("Two?", edit(first))}
    for at, turn in enumerate(order):
        state = AnswerState.COMPLETED if turn in order[:at] else AnswerState.RUNNING
        running[turn] = await house.answered(running[turn], f"{turn}.", state)

    assert await house.texts(first.conversation) == ["Two?", "2.", "More?", "More."]
    earlier, now = (await house.shown(first.conversation))[0].siblings
    shown = await house.show(house.anna, first.conversation, earlier)
    assert shown.messages is not None
    assert [one.message for one in shown.messages] == ["One?", "1."]
    assert shown.messages[1].turn_id == first.turn
    assert shown.messages[1].state is AnswerState.COMPLETED
    await house.show(house.anna, first.conversation, now)
    assert await house.texts(first.conversation) == ["Two?", "2.", "More?", "More."]


async def test_each_of_several_edits_at_once_keeps_its_answer(house: House) -> None:
    first = await house.asked("One?", Record())
    second = await house.asked("Two?", edit(first))
    third = await house.asked("Three?", edit(first))
    for kept, said in ((third, "3."), (first, "1."), (second, "2.")):
        await house.answered(kept, said)
    assert await house.texts(first.conversation) == ["Three?", "3."]
    one, two, _ = (await house.shown(first.conversation))[0].siblings
    for version, texts in ((two, ["Two?", "2."]), (one, ["One?", "1."])):
        await house.show(house.anna, first.conversation, version)
        assert await house.texts(first.conversation) == texts


async def test_an_edit_that_says_nothing_leaves_the_answer_that_was_on_its_way(
    house: House,
) -> None:
    first = await house.asked("One?", Record())
    failing = await house.asked("Two?", edit(first))
    await house.ledger.answer(failing, Transcript(), None, AnswerState.FAILED)
    await house.answered(first, "1.")
    assert await house.texts(first.conversation) == ["Two?", "1."]


async def test_a_question_deleted_while_its_edit_is_answered_takes_both_answers_along(
    house: House,
) -> None:
    first = await house.asked("One?", Record())
    edited = await house.asked("Two?", edit(first))
    async with house.work() as db:
        await db.conversations.remove_messages(house.anna, first.conversation, (first.question,))
    for kept in (first, edited):
        assert (await house.answered(kept, "!")).gone
    async with house.work() as db:
        assert await db.conversations.every_message(house.anna, first.conversation) == []


async def test_rows_without_parents_keep_their_places(house: House) -> None:
    first = await house.turn("One?", "1.", Record())
    here = Record(conversation=ConversationDraft(id=first.conversation))
    await house.turn("More?", "More.", here)
    async with house.work() as db:
        for row in await db.conversations.every_message(house.anna, first.conversation):
            await db.conversations.change_message(
                house.anna, first.conversation, row.message_id, {"parent_id": None}
            )
    await house.turn("One?", "2.", edit(first))
    earlier, now = (await house.shown(first.conversation))[1].siblings
    await house.show(house.anna, first.conversation, earlier)
    assert await house.texts(first.conversation) == ["One?", "1."]
    await house.show(house.anna, first.conversation, now)
    assert await house.texts(first.conversation) == ["One?", "2.", "More?", "More."]


async def test_only_ones_own_versions_can_be_shown(house: House, work: UnitOfWork) -> None:
    first = await house.turn("One?", "1.", Record())
    other = await house.turn("Two?", "2.", Record())
    async with work() as db:
        boris = (await db.accounts.add("boris", "hash", None)).id
    with pytest.raises(ConversationNotFound):
        await house.show(boris, first.conversation, first.question)
    for message in (other.question, MessageId(99999)):
        with pytest.raises(MessageNotFound):
            await house.show(house.anna, first.conversation, message)


async def test_a_fork_is_one_conversation_in_order(house: House) -> None:
    copied = tuple(
        Copied(Sender.USER if number % 2 else Sender.AI, MessageDraft(message=str(number)))
        for number in range(30)
    )
    kept = await house.turn("Why?", "Because", Record(copied=copied))
    texts = [str(number) for number in range(30)]
    assert await house.texts(kept.conversation) == [*texts, "Why?", "Because"]


async def test_a_pair_is_stored_and_edited_without_a_turn(house: House) -> None:
    store, change = StoreMessages(house.work), EditMessages(house.work)
    first = await store(
        house.anna, ConversationDraft(), MessageDraft(message="a"), MessageDraft(message="b")
    )
    draft = ConversationDraft(id=first.conversation, touch=False)
    edited = await change(
        house.anna,
        draft,
        MessageDraft(message_id=first.question, message="A"),
        MessageDraft(message_id=first.answer, message="B"),
    )
    assert (edited.question, edited.answer) == (first.question, first.answer)
    assert edited.shown is not None
    assert edited.shown.messages is not None
    question, answer = edited.shown.messages
    assert (question.message, answer.message) == ("A", "B")
    assert (len(question.siblings), answer.siblings) == (2, ())
    shown = await house.show(house.anna, first.conversation, question.siblings[0])
    assert [one.message for one in shown.messages or ()] == ["a", "b"]

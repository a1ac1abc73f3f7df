"""What is written when, and into which row."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.chat.kept import Kept
from application.chat.ledger import Ledger
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
    StoredMessage,
)
from domain.errors import AlreadyExists, ConversationNotFound, MessageNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.storage_errors import StorageError, StorageUnavailable
from domain.turn.ask import Ask, Copied, Record
from domain.turn.events import ModelChosen, TextDelta, ThinkingDelta
from domain.turn.metering import Attempt, Metering, Usage
from domain.turn.prompt import AudioPart, FilePart, ImagePart, TextPart
from domain.turn.transcript import Transcript
from domain.usage import UsageSum
from tests.unit.rig import ANNA, BORIS

CHOSEN = ModelChosen("swift-2-latest", "acme")
ONE, TWO = TurnId("t-1"), TurnId("t-2")
METERING = Metering(
    model="swift-2-latest",
    provider="acme",
    usage=Usage(10, 20, 30),
    cost_usd=0.0015,
    attempts=(Attempt("swift-2-latest", "acme"),),
    first_token_ms=12,
    provider_ms=34,
    total_ms=56,
)
STUBS = Record(
    question=MessageDraft(message="", image_locations=(), file_locations=()),
    answer=MessageDraft(
        message="",
        api_text_gen_model_name="GPT-4o-mini",
        api_text_gen_settings={"model": "GPT-4o-mini"},
        ai_character_name="assistant",
    ),
)


class House:
    """A ledger over an empty database with two users."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryUnitOfWork(self.clock)
        self.ledger = Ledger(self.store, self.clock)

    async def rows(self, kept: Kept) -> list[StoredMessage]:
        async with self.store() as db:
            user = kept.ask.user
            return (await db.conversations.messages(user, (kept.conversation,)))[kept.conversation]

    async def used(self, user: UserId = ANNA) -> list[UsageSum]:
        async with self.store() as db:
            start, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
            return await db.usage.sums(user, start, end, "model")

    async def asked(self, record: Record = STUBS, turn: TurnId = ONE, **ask: Any) -> Kept:
        question = Ask(**{"user": ANNA, "question": (TextPart("Why?"),), "record": record} | ask)
        return await self.ledger.question(turn, question, record)


@pytest.fixture
async def house() -> House:
    made = House()
    async with made.store() as db:
        for name in ("anna", "boris"):
            await db.accounts.add(name, "hash", None)
    return made


def transcript(*pieces: TextDelta | ThinkingDelta) -> Transcript:
    found = Transcript()
    for piece in pieces:
        found.add([piece])
    return found


WHOLE = transcript(ThinkingDelta("Hm."), TextDelta("Be"), TextDelta("cause"))


async def test_the_question_opens_a_conversation_and_a_record(house: House) -> None:
    kept = await house.asked()
    (row,) = await house.rows(kept)
    assert (row.sender, row.message, row.turn_id) == (Sender.USER, "Why?", ONE)
    assert (row.message_id, row.state) == (kept.question, None)
    async with house.store() as db:
        record = await db.turns.find(ONE)
        assert (await db.conversations.get(ANNA, kept.conversation)).name == "New chat"
    assert record is not None
    assert (record.user, record.question, record.answer) == (ANNA, kept.question, None)
    assert (record.state, record.fingerprint) == (AnswerState.RUNNING, kept.ask.fingerprint)


async def test_the_words_of_the_client_are_kept_if_it_sends_any(house: House) -> None:
    kept = await house.asked(Record(question=MessageDraft(message="As I typed it")))
    assert (await house.rows(kept))[0].message == "As I typed it"


async def test_attachments_are_kept_even_without_a_message_object(house: House) -> None:
    parts = (
        TextPart("Look"),
        ImagePart("https://a/1.png"),
        ImagePart("data:image/png;base64,AA=="),
        FilePart("https://a/2.pdf"),
        AudioPart("https://a/3.mp3"),
    )
    (row,) = await house.rows(await house.asked(Record(), question=parts))
    assert row.image_locations == ("https://a/1.png",)
    assert row.file_locations == ("https://a/2.pdf", "https://a/3.mp3")
    (row,) = await house.rows(await house.asked(STUBS, TWO, question=parts))
    assert (row.image_locations, row.file_locations) == ((), ())


async def test_a_second_record_of_a_turn_stores_nothing(house: House) -> None:
    kept = await house.asked()
    with pytest.raises(AlreadyExists):
        await house.asked(Record(conversation=ConversationDraft(id=kept.conversation)))
    assert len(await house.rows(kept)) == 1


async def test_without_a_database_nothing_is_stored(house: House) -> None:
    house.store.fail_next()
    with pytest.raises(StorageUnavailable):
        await house.asked()
    async with house.store() as db:
        assert await db.turns.running() == []


@pytest.mark.parametrize("stored", [True, False])
async def test_a_question_is_stored_once_whatever_is_heard_of_it(
    house: House, *, stored: bool
) -> None:
    house.store.undo_next()
    house.store.doubt_next(stored)
    kept = await house.asked()
    (row,) = await house.rows(kept)
    assert row.message_id == kept.question
    async with house.store() as db:
        assert len(await db.conversations.page(ANNA, ConversationFilter())) == 1


async def test_a_question_in_doubt_that_somebody_else_recorded_is_refused(house: House) -> None:
    theirs = await house.asked()
    house.store.doubt_next(False)
    with pytest.raises(AlreadyExists):
        await house.asked()
    assert len(await house.rows(theirs)) == 1


async def test_a_finished_answer_is_one_row(house: House) -> None:
    kept = await house.asked()
    kept = await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED)
    _, row = await house.rows(kept)
    assert (row.sender, row.message, row.ai_reasoning) == (Sender.AI, "Because", "Hm.")
    assert (row.message_id, row.state, row.turn_id) == (kept.answer, AnswerState.COMPLETED, ONE)
    assert row.api_text_gen_model_name == "swift-2-latest"
    assert row.api_text_gen_settings == {"model": "GPT-4o-mini"}
    assert row.claude_code_data == {}
    async with house.store() as db:
        record = await db.turns.find(ONE)
    assert record is not None
    assert (record.state, record.answer) == (AnswerState.COMPLETED, kept.answer)


async def test_the_model_named_by_the_client_stands_where_none_was_chosen(house: House) -> None:
    kept = await house.asked(Record(answer=MessageDraft(message="x", api_text_gen_model_name="m")))
    await house.ledger.answer(kept, transcript(), None, AnswerState.FAILED)
    assert (await house.rows(kept))[1].api_text_gen_model_name == "m"


@pytest.mark.parametrize("state", [AnswerState.FAILED, AnswerState.CANCELLED])
async def test_an_answer_without_content_gets_no_row(house: House, state: AnswerState) -> None:
    kept = await house.asked()
    kept = await house.ledger.answer(kept, transcript(), CHOSEN, state)
    assert kept.answer is None
    assert len(await house.rows(kept)) == 1
    async with house.store() as db:
        record = await db.turns.find(ONE)
    assert record is not None
    assert (record.state, record.answer) == (state, None)


async def test_a_cancelled_answer_says_so(house: House) -> None:
    record = Record(answer=MessageDraft(claude_code_data={"source": "text"}))
    kept = await house.asked(record)
    await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.CANCELLED)
    row = (await house.rows(kept))[1]
    assert row.claude_code_data == {"source": "text", "cancelled": True}
    assert row.state is AnswerState.CANCELLED


async def test_reasoning_alone_is_worth_a_row(house: House) -> None:
    kept = await house.asked()
    await house.ledger.answer(kept, transcript(ThinkingDelta("Hm.")), CHOSEN, AnswerState.CANCELLED)
    row = (await house.rows(kept))[1]
    assert (row.message, row.ai_reasoning) == ("", "Hm.")


async def test_checkpoints_bring_one_row_up_to_date(house: House) -> None:
    kept = await house.asked()
    growing = transcript(TextDelta("One"))
    kept = await house.ledger.answer(kept, growing, CHOSEN, AnswerState.RUNNING)
    assert (await house.rows(kept))[1].state is AnswerState.RUNNING
    growing.add([TextDelta(" two")])
    again = await house.ledger.answer(kept, growing, CHOSEN, AnswerState.RUNNING)
    assert again == kept
    growing.add([TextDelta(" three")])
    await house.ledger.answer(kept, growing, CHOSEN, AnswerState.COMPLETED)
    _, row = await house.rows(kept)
    assert (row.message, row.state) == ("One two three", AnswerState.COMPLETED)


async def test_saving_again_without_having_heard_of_the_first_time(house: House) -> None:
    kept = await house.asked()
    heard = await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.RUNNING)
    unheard = structs.replace(kept, doubtful=True)
    again = await house.ledger.answer(unheard, WHOLE, CHOSEN, AnswerState.COMPLETED)
    assert again.answer == heard.answer
    assert len(await house.rows(kept)) == 2


async def answered(house: House) -> Kept:
    """Return a kept turn with reasoning and a chart in its answer."""
    record = Record(answer=MessageDraft(chart_data=({"chart_id": 1},), favorite=True))
    kept = await house.asked(record)
    return await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED)


def edit(kept: Kept, **answer: Any) -> Record:
    return Record(
        conversation=ConversationDraft(id=kept.conversation),
        question=MessageDraft(message_id=kept.question, message="How?", is_tts=True),
        answer=MessageDraft(message_id=kept.answer, **answer),
        edits=True,
    )


def again(kept: Kept) -> Record:
    return Record(
        conversation=ConversationDraft(id=kept.conversation),
        question=MessageDraft(message_id=kept.question),
        answer=MessageDraft(message_id=kept.answer),
        edits=True,
        again=True,
    )


async def test_an_edit_keeps_ids_and_replaces_what_was_said(house: House) -> None:
    first = await answered(house)
    before = await house.rows(first)
    await house.clock.advance(60)
    second = await house.asked(edit(first, message="", favorite=False), TWO)
    said = transcript(TextDelta("So."))
    second = await house.ledger.answer(second, said, CHOSEN, AnswerState.COMPLETED)
    question, answer = await house.rows(first)
    assert (second.question, second.answer) == (first.question, first.answer)
    assert (question.message, question.created_at) == ("How?", before[0].created_at)
    assert not question.is_tts
    assert (answer.message, answer.ai_reasoning, answer.chart_data) == ("So.", None, None)
    assert (answer.state, answer.turn_id) == (AnswerState.COMPLETED, TWO)
    assert not answer.favorite
    assert answer.created_at == before[1].created_at


async def test_an_answer_that_another_takes_the_place_of_is_kept_to_its_end(house: House) -> None:
    first = await house.asked()
    begun = transcript(TextDelta("Be"))
    first = await house.ledger.answer(first, begun, CHOSEN, AnswerState.RUNNING)
    second = await house.asked(edit(first), TWO)
    said = transcript(TextDelta("So."))
    await house.ledger.answer(second, said, CHOSEN, AnswerState.COMPLETED)
    await house.ledger.answer(first, WHOLE, CHOSEN, AnswerState.COMPLETED, METERING)
    assert [row.message for row in await house.rows(first)] == ["How?", "So."]
    async with house.store() as db:
        rows = await db.conversations.every_message(ANNA, first.conversation)
    (beside,) = [row for row in rows if row.turn_id == ONE and row.sender is Sender.AI]
    assert (beside.message, beside.state) == ("Because", AnswerState.COMPLETED)
    assert (beside.version_of, beside.replaced) == (first.answer, True)
    assert beside.usage is not None


async def test_an_edit_leaves_lists_alone_that_it_does_not_name(house: House) -> None:
    record = Record(question=MessageDraft(message="Look", image_locations=("https://a/1.png",)))
    first = await house.asked(record)
    unnamed = Record(
        conversation=ConversationDraft(id=first.conversation),
        question=MessageDraft(message_id=first.question, message="Look again"),
        edits=True,
    )
    await house.asked(unnamed, TWO)
    (row,) = await house.rows(first)
    assert (row.message, row.image_locations) == ("Look again", ("https://a/1.png",))


async def test_an_edit_of_what_is_not_there_adds_it(house: House) -> None:
    first = await answered(house)
    record = Record(
        conversation=ConversationDraft(id=first.conversation),
        question=MessageDraft(message_id=MessageId(999)),
        edits=True,
    )
    second = await house.asked(record, TWO)
    assert second.question not in (999, first.question)
    assert len(await house.rows(first)) == 3


async def test_what_is_asked_again_stays_as_others_have_left_it(house: House) -> None:
    first = await answered(house)
    async with house.store() as db:
        changes = {"message": "Where?"}
        await db.conversations.change_message(ANNA, first.conversation, first.question, changes)
    second = await house.asked(again(first), TWO)
    said = transcript(TextDelta("There."))
    await house.ledger.answer(second, said, CHOSEN, AnswerState.COMPLETED)
    assert [row.message for row in await house.rows(first)] == ["Where?", "There."]
    assert (second.question, second.earlier) == (first.question, None)


async def test_what_is_deleted_is_not_made_again_by_asking_it_again(house: House) -> None:
    first = await answered(house)
    async with house.store() as db:
        await db.conversations.remove_messages(ANNA, first.conversation, (first.question,))
    with pytest.raises(MessageNotFound):
        await house.asked(again(first), TWO)
    async with house.store() as db:
        await db.conversations.remove(ANNA, first.conversation)
    with pytest.raises(ConversationNotFound):
        await house.asked(again(first), TWO)
    async with house.store() as db:
        assert await db.conversations.page(ANNA, ConversationFilter()) == []
        assert await db.turns.find(TWO) is None


async def test_nobody_edits_the_message_of_another(house: House) -> None:
    first = await answered(house)
    second = await house.asked(edit(first), TWO, user=BORIS)
    assert second.conversation != first.conversation
    assert [row.message for row in await house.rows(first)] == ["Why?", "Because"]
    assert [row.message for row in await house.rows(second)] == ["How?"]


async def test_what_was_saved_names_the_rows(house: House) -> None:
    kept = await answered(house)
    saved = await house.ledger.saved(kept)
    assert saved is not None
    assert (saved.conversation, saved.question, saved.answer) == (
        kept.conversation,
        kept.question,
        kept.answer,
    )
    assert saved.edited is None


async def test_an_edit_comes_back_with_its_conversation(house: House) -> None:
    first = await answered(house)
    second = await house.asked(edit(first), TWO)
    saved = await house.ledger.saved(second)
    assert saved is not None
    assert saved.edited is not None
    assert saved.edited.id == first.conversation
    assert [row.message for row in saved.edited_messages] == ["How?", "Because"]


async def test_an_edit_without_a_conversation_id_comes_back_without_it(house: House) -> None:
    kept = await house.asked(Record(edits=True))
    saved = await house.ledger.saved(kept)
    assert saved is not None
    assert saved.edited is None


async def test_a_chosen_id_and_settings_reach_the_conversation(house: House) -> None:
    chosen = ConversationId("0b6a2e1c-7d6f-4a53-9b53-2b8f1d1f7e10")
    draft = ConversationDraft(id=chosen, name="Trip", character="bugsy", tags=("a",))
    kept = await house.asked(Record(conversation=draft))
    async with house.store() as db:
        found = await db.conversations.get(ANNA, chosen)
    assert kept.conversation == chosen
    assert (found.name, found.character, found.tags) == ("Trip", "bugsy", ("a",))


async def test_what_an_answer_took_is_kept_with_it_and_billed_once(house: House) -> None:
    kept = await house.asked()
    kept = await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.RUNNING)
    assert (await house.rows(kept))[1].usage is None
    assert await house.used() == []
    for _ in range(2):
        await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED, METERING)
    question, answer = await house.rows(kept)
    assert question.usage is None
    assert answer.usage == METERING.told()
    (used,) = await house.used()
    assert (used.model, used.answers, used.input_tokens) == ("swift-2-latest", 1, 10)
    assert used.cost_usd == 0.0015


async def test_an_answer_saved_at_once_has_its_usage_too(house: House) -> None:
    kept = await house.asked()
    await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED, METERING)
    assert (await house.rows(kept))[1].usage == METERING.told()


async def test_an_answer_without_content_is_billed_all_the_same(house: House) -> None:
    kept = await house.asked()
    await house.ledger.answer(kept, transcript(), CHOSEN, AnswerState.FAILED, METERING)
    assert len(await house.rows(kept)) == 1
    assert [used.answers for used in await house.used()] == [1]


async def test_an_edited_answer_has_the_usage_of_the_new_one(house: House) -> None:
    first = await house.asked()
    first = await house.ledger.answer(first, WHOLE, CHOSEN, AnswerState.COMPLETED, METERING)
    second = await house.asked(edit(first), TWO)
    second = await house.ledger.answer(second, WHOLE, CHOSEN, AnswerState.RUNNING)
    assert (await house.rows(first))[1].usage is None
    dearer = structs.replace(METERING, cost_usd=0.5)
    await house.ledger.answer(second, WHOLE, CHOSEN, AnswerState.COMPLETED, dearer)
    assert (await house.rows(first))[1].usage == dearer.told()
    (used,) = await house.used()
    assert (used.answers, used.cost_usd) == (2, 0.5015)


async def test_a_turn_that_is_not_kept_is_billed(house: House) -> None:
    for _ in range(2):
        await house.ledger.bill(ONE, BORIS, METERING)
    assert await house.used() == []
    assert [used.answers for used in await house.used(BORIS)] == [1]


async def test_nothing_is_billed_where_the_answer_is_not_saved(house: House) -> None:
    kept = await house.asked()
    house.store.fail_next()
    with pytest.raises(StorageUnavailable):
        await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED, METERING)
    assert await house.used() == []


async def every_row(house: House, kept: Kept) -> dict[int, StoredMessage]:
    async with house.store() as db:
        rows = await db.conversations.every_message(kept.ask.user, kept.conversation)
    return {row.message_id: row for row in rows}


async def test_an_edit_keeps_what_was_said_before_as_versions(house: House) -> None:
    first = await answered(house)
    second = await house.asked(edit(first), TWO)
    said = transcript(TextDelta("So."))
    for state in (AnswerState.RUNNING, AnswerState.COMPLETED):
        second = await house.ledger.answer(second, said, CHOSEN, state)
    rows = await every_row(house, first)
    assert len(rows) == 4
    question, answer = (rows[key] for key in sorted(rows)[2:])
    assert (question.message, question.version_of) == ("Why?", first.question)
    assert (answer.message, answer.ai_reasoning) == ("Because", "Hm.")
    assert (answer.version_of, answer.parent_id) == (first.answer, question.message_id)
    assert (answer.state, answer.turn_id) == (AnswerState.COMPLETED, ONE)
    assert [row.message for row in await house.rows(first)] == ["How?", "So."]


async def test_a_question_that_stays_the_same_has_no_versions(house: House) -> None:
    first = await answered(house)
    again = Record(
        conversation=ConversationDraft(id=first.conversation),
        question=MessageDraft(message_id=first.question, message="Why?"),
        answer=MessageDraft(message_id=first.answer),
        edits=True,
    )
    second = await house.asked(again, TWO)
    await house.ledger.answer(second, transcript(TextDelta("So.")), CHOSEN, AnswerState.COMPLETED)
    question, answer = await house.rows(first)
    assert question.siblings == ()
    assert len(answer.siblings) == 2
    assert answer.siblings[-1] == first.answer


async def test_a_first_answer_comes_right_behind_its_question(house: House) -> None:
    first = await house.asked()
    here = ConversationDraft(id=first.conversation)
    await house.clock.advance(60)
    await house.asked(Record(conversation=here, question=MessageDraft(message="Next?")), TWO)
    again = Record(
        conversation=here,
        question=MessageDraft(message_id=first.question, message="Why?"),
        edits=True,
    )
    for turn in ("t-3", "t-4"):
        kept = await house.asked(again, TurnId(turn))
        await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED)
        rows = await house.rows(first)
        assert [row.message for row in rows][:3] == ["Why?", "Because", "Next?"]
        again = structs.replace(again, answer=MessageDraft(message_id=rows[1].message_id))
    assert len(rows) == 3


async def test_an_edit_that_says_nothing_leaves_the_answer_as_it_was(house: House) -> None:
    first = await answered(house)
    second = await house.asked(edit(first), TWO)
    await house.ledger.answer(second, transcript(), CHOSEN, AnswerState.FAILED)
    assert (await house.rows(first))[1].message == "Because"


FORK = Record(
    conversation=ConversationDraft(name="New session from here"),
    copied=(
        Copied(Sender.USER, MessageDraft(message="One?", image_locations=("https://a/1.png",))),
        Copied(Sender.AI, MessageDraft(message="1.", api_text_gen_model_name="m")),
    ),
)


async def test_a_fork_begins_with_the_copies_and_goes_on_with_the_turn(house: House) -> None:
    kept = await house.asked(FORK)
    kept = await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED)
    rows = await house.rows(kept)
    assert [row.message for row in rows] == ["One?", "1.", "Why?", "Because"]
    assert [row.sender for row in rows] == [Sender.USER, Sender.AI, Sender.USER, Sender.AI]
    assert rows[0].image_locations == ("https://a/1.png",)
    moments = [row.created_at for row in rows]
    assert moments == sorted(set(moments))
    async with house.store() as db:
        found = await db.conversations.get(ANNA, kept.conversation)
    assert found.name == "New session from here"


async def test_a_fork_that_fails_leaves_nothing_and_says_so(house: House) -> None:
    house.store.fail_next()
    with pytest.raises(StorageError, match="Failed to fork session: "):
        await house.asked(FORK)
    async with house.store() as db:
        assert await db.lookup.search(ANNA, "", 10) == []


@pytest.mark.parametrize("whole", [True, False])
async def test_the_answer_to_a_deleted_question_is_billed_and_not_stored(
    house: House, whole: bool
) -> None:
    kept = await house.asked()
    async with house.store() as db:
        if whole:
            await db.conversations.remove(ANNA, kept.conversation)
        else:
            await db.conversations.remove_messages(ANNA, kept.conversation, (kept.question,))
    kept = await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED, METERING)
    assert kept.answer is None
    assert await house.ledger.saved(kept) is None
    assert await every_row(house, kept) == {}
    assert [used.answers for used in await house.used()] == [1]


async def test_an_answer_deleted_while_it_grows_stays_deleted(house: House) -> None:
    kept = await house.asked()
    kept = await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.RUNNING)
    assert kept.answer is not None
    async with house.store() as db:
        await db.conversations.remove_messages(ANNA, kept.conversation, (kept.answer,))
    await house.ledger.answer(kept, WHOLE, CHOSEN, AnswerState.COMPLETED)
    assert [row.message for row in await house.rows(kept)] == ["Why?"]

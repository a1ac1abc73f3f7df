"""What every store promises to an account that moves."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import Stores, UnitOfWork
from application.transfer.export_account import ExportAccount
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.errors import AccountNotFound, ConversationNotFound
from domain.ids import ConversationId, MessageId, PromptId, UserId
from domain.transfer.ids import other_id
from domain.transfer.records import ArchivedConversation, ArchivedMessage, ArchivedPrompt
from domain.transfer.tally import Tally
from tests.archives import DAY, RICH, archive, body, exported, imported, said, talk, used

NOBODY = UserId(4711)
NAME = "1a111111-1111-4111-8111-111111111111"
TURN = "0c111111-1111-4111-8111-111111111111"


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


@pytest.fixture
async def boris(work: UnitOfWork, anna: UserId) -> UserId:
    async with work() as db:
        return (await db.accounts.add("boris", "hash", None)).id


async def test_nothing_is_lost_and_nothing_made_up(work: UnitOfWork, anna: UserId) -> None:
    rich = archive(RICH)
    steps = await imported(work, anna, rich)
    everything = Tally(prompts=3, usage=2, conversations=3, messages=6)
    assert (steps[-1].stage, steps[-1].added) == ("stored", everything)
    assert body(await exported(work, anna)) == body(rich)
    async with work() as db:
        assert await db.holdings.tally(anna) == everything


async def test_once_more_adds_nothing(work: UnitOfWork, anna: UserId) -> None:
    await imported(work, anna, archive(RICH))
    steps = await imported(work, anna, archive(RICH))
    assert (steps[-1].done, steps[-1].added) == (14, Tally())
    assert body(await exported(work, anna)) == body(archive(RICH))


async def test_prompts_that_are_nearly_the_same_are_others(work: UnitOfWork, anna: UserId) -> None:
    nearly = archive([ArchivedPrompt(*one) for one in ("ab", "Ab", "aB", ("a ", "b"), ("a", "b "))])
    for added in (5, 0):
        steps = await imported(work, anna, nearly)
        assert steps[-1].added == Tally(prompts=added)
    assert body(await exported(work, anna)) == body(nearly)


async def test_twice_at_the_same_time_is_once(work: UnitOfWork, anna: UserId) -> None:
    async with asyncio.TaskGroup() as both:
        steps = [both.create_task(imported(work, anna, archive(RICH))) for _ in range(2)]
    assert sum(one.result()[-1].added.records for one in steps) == 14
    assert body(await exported(work, anna)) == body(archive(RICH))


async def test_what_is_missing_is_added_and_the_rest_left_alone(
    work: UnitOfWork, anna: UserId
) -> None:
    await imported(work, anna, archive(RICH))
    async with work() as db:
        mine = ConversationId(NAME)
        rows = await db.conversations.every_message(anna, mine)
        await db.conversations.change_message(anna, mine, rows[0].message_id, {"message": "mine"})
        await db.conversations.remove_messages(anna, mine, (rows[4].message_id,))
        await db.conversations.rename(anna, mine, "my name")
        await db.conversations.add_message(anna, mine, Sender.USER, MessageDraft(message="new"))
    steps = await imported(work, anna, archive(RICH))
    assert steps[-1].added == Tally(messages=1)
    async with work() as db:
        assert (await db.conversations.get(anna, mine)).name == "my name"
        texts = [row.message for row in await db.conversations.every_message(anna, mine)]
    assert (texts[0], texts[-1], len(texts)) == ("mine", "new", 6)


async def test_ids_of_others_are_left_to_them(
    work: UnitOfWork, anna: UserId, boris: UserId
) -> None:
    await imported(work, anna, archive(RICH))
    await imported(work, boris, archive(RICH))
    await imported(work, boris, archive(RICH))
    assert body(await exported(work, anna)) == body(archive(RICH))
    async with work() as db:
        theirs = {one.id for one in await db.holdings.conversations(boris, "", 9)}
        turns = {one.turn for one in await db.holdings.usage(boris, "", 9)}
        assert (await db.holdings.tally(boris)).messages == 6
        with pytest.raises(ConversationNotFound):
            await db.arrivals.written(boris, ConversationId(NAME), DAY, DAY)
    assert other_id(boris, NAME) in theirs
    assert other_id(boris, TURN) in turns
    async with work() as db:
        with pytest.raises(ConversationNotFound):
            await db.arrivals.add_message(boris, ConversationId(NAME), said(1))


async def test_a_page_goes_on_behind_the_last_one(work: UnitOfWork, anna: UserId) -> None:
    await imported(work, anna, archive(RICH))
    async with work() as db:
        store = db.holdings
        prompts = await store.prompts(anna, PromptId(0), 2)
        assert len(prompts) == 2
        assert len(await store.prompts(anna, prompts[-1][0], 2)) == 1
        assert [one.turn for one in await store.usage(anna, TURN, 5)] == [f"0d{TURN[2:]}"]
        assert [one.id[:2] for one in await store.conversations(anna, NAME, 5)] == ["3c", "4d"]
        rows: list[ArchivedMessage] = []
        while page := await store.messages(
            anna,
            ConversationId(NAME),
            (rows[-1].created_at, MessageId(rows[-1].number)) if rows else None,
            1,
        ):
            rows += page
        assert len(rows) == 5
        assert rows[2].parent == rows[0].number
        assert rows[1].version_of == rows[0].number


async def test_strangers_hold_nothing(work: UnitOfWork, anna: UserId, boris: UserId) -> None:
    await imported(work, anna, archive(RICH))
    async with work() as db:
        assert await db.holdings.tally(boris) == Tally()
        assert await db.holdings.prompts(boris, PromptId(0), 9) == []
        assert await db.holdings.usage(boris, "", 9) == []
        assert await db.holdings.conversations(boris, "", 9) == []
        assert await db.holdings.messages(boris, ConversationId(NAME), None, 9) == []


async def test_nobody_gets_nothing(work: UnitOfWork) -> None:
    with pytest.raises(AccountNotFound):
        await imported(work, NOBODY, archive(RICH))
    with pytest.raises(AccountNotFound):
        await anext(ExportAccount(work, ManualClock())(NOBODY))
    writes: list[Callable[[Stores], Awaitable[object]]] = [
        lambda db: db.arrivals.hold(NOBODY),
        lambda db: db.arrivals.add_usage(NOBODY, used(TURN)),
        lambda db: db.arrivals.place(NOBODY, talk(NAME)),
    ]
    for write in writes:
        with pytest.raises(AccountNotFound):
            async with work() as db:
                await write(db)


async def test_an_answer_that_runs_is_exported_as_far_as_it_has_come(
    work: UnitOfWork, anna: UserId
) -> None:
    async with work() as db:
        mine = await db.conversations.open(anna, ConversationDraft(name="running"))
        await db.conversations.add_message(
            anna, mine.id, Sender.AI, MessageDraft(message="half"), state=AnswerState.RUNNING
        )
        (row,) = await db.holdings.messages(anna, mine.id, None, 5)
        assert (row.message, row.state) == ("half", "interrupted")
        (one,) = await db.holdings.conversations(anna, "", 5)
        assert isinstance(one, ArchivedConversation)
    first = await exported(work, anna)
    assert b'"running"' in first
    assert b'"state":"running"' not in first

"""What every store of saved prompts promises."""

import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.saved_prompt import SavedPrompt
from domain.errors import AccountNotFound, PromptNotFound
from domain.ids import PromptId, UserId


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


@pytest.fixture
async def boris(work: UnitOfWork, anna: UserId) -> UserId:
    async with work() as db:
        return (await db.accounts.add("boris", "hash", None)).id


async def saved(work: UnitOfWork, user: UserId, title: str, text: str = "Say hi") -> SavedPrompt:
    async with work() as db:
        return await db.prompts.add(user, title, text)


async def listed(work: UnitOfWork, user: UserId) -> list[SavedPrompt]:
    async with work() as db:
        return await db.prompts.all(user)


async def test_by_ascending_id_and_only_ones_own(
    work: UnitOfWork, anna: UserId, boris: UserId
) -> None:
    first = await saved(work, anna, "b 🦉", "été")
    theirs = await saved(work, boris, "theirs")
    second = await saved(work, anna, "a")
    assert await listed(work, anna) == [first, second]
    assert await listed(work, boris) == [theirs]
    assert (first.title, first.text) == ("b 🦉", "été")


async def test_a_long_title_is_cut(work: UnitOfWork, anna: UserId) -> None:
    made = await saved(work, anna, "é" * 300)
    assert made.title == "é" * 100
    assert await listed(work, anna) == [made]


async def test_what_is_given_changes(work: UnitOfWork, anna: UserId) -> None:
    made = await saved(work, anna, "title", "text")
    async with work() as db:
        changed = await db.prompts.change(anna, made.id, "t" * 200, None)
        same = await db.prompts.change(anna, made.id, None, None)
        both = await db.prompts.change(anna, made.id, "new", "words")
    assert (changed.title, changed.text) == ("t" * 100, "text")
    assert same == changed
    assert await listed(work, anna) == [both]


async def test_a_removed_one_is_gone(work: UnitOfWork, anna: UserId) -> None:
    made = await saved(work, anna, "title")
    async with work() as db:
        await db.prompts.remove(anna, made.id)
    assert await listed(work, anna) == []


async def test_strangers_and_unknown_ids_look_the_same(
    work: UnitOfWork, anna: UserId, boris: UserId
) -> None:
    made = await saved(work, anna, "mine")
    for user, prompt in ((boris, made.id), (anna, PromptId(99999))):
        with pytest.raises(PromptNotFound, match="Prompt not found"):
            async with work() as db:
                await db.prompts.change(user, prompt, "stolen", None)
        with pytest.raises(PromptNotFound, match="Prompt not found"):
            async with work() as db:
                await db.prompts.remove(user, prompt)
    assert await listed(work, anna) == [made]


async def test_nobody_can_save_one(work: UnitOfWork) -> None:
    with pytest.raises(AccountNotFound):
        await saved(work, UserId(4711), "ghost")

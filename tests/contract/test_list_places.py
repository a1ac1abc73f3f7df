"""Pages of the list that go on where the one before ended, on every store."""

from datetime import timedelta

import pytest

from adapters.memory.clock import ManualClock
from application.history.list_conversations import ListConversations
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    ConversationFilter,
    ListPlace,
)
from domain.ids import UserId


class Sidebar:
    """Opens conversations and turns the pages of their list."""

    def __init__(self, work: UnitOfWork, clock: ManualClock, user: UserId) -> None:
        self.work = work
        self.clock = clock
        self.list = ListConversations(work)
        self.user = user

    async def open(self, name: str, *, later_s: float = 1, tag: str = "a") -> Conversation:
        await self.clock.advance(later_s)
        draft = ConversationDraft(name=name, task_status="active", tags=(tag,))
        async with self.work() as db:
            return await db.conversations.open(self.user, draft)

    async def touch(self, conversation: Conversation) -> None:
        await self.clock.advance(1)
        async with self.work() as db:
            await db.conversations.change(self.user, ConversationDraft(id=conversation.id))

    async def page(
        self, after: ListPlace | None, tags: tuple[str, ...] = (), limit: int = 2
    ) -> tuple[list[str], ListPlace | None]:
        wanted = ConversationFilter(after=after, limit=limit, tags=tags)
        listed = await self.list(self.user, wanted)
        return [one.conversation.name for one in listed.page], listed.next


@pytest.fixture
async def sidebar(work: UnitOfWork, clock: ManualClock) -> Sidebar:
    async with work() as db:
        return Sidebar(work, clock, (await db.accounts.add("anna", "hash", None)).id)


async def test_nothing_is_told_twice_when_others_are_added_or_touched(sidebar: Sidebar) -> None:
    opened = [await sidebar.open(name) for name in "abcdef"]
    first, place = await sidebar.page(None)
    await sidebar.open("new")
    await sidebar.touch(opened[-1])
    await sidebar.touch(opened[1])
    second, place = await sidebar.page(place)
    third, end = await sidebar.page(place)
    assert (first, second, third) == (["f", "e"], ["d", "c"], ["a"])
    assert end is None
    assert (await sidebar.page(None))[0] == ["b", "f"]


async def test_equal_moments_are_told_apart(sidebar: Sidebar) -> None:
    await sidebar.open("old")
    names = {(await sidebar.open(str(number), later_s=0)).name for number in range(5)}
    told: list[str] = []
    place: ListPlace | None = None
    for _ in range(3):
        page, place = await sidebar.page(place)
        told += page
    assert place is None
    assert sorted(told) == sorted({*names, "old"})


async def test_a_place_goes_with_tags_and_with_no_limit(sidebar: Sidebar) -> None:
    for name in "abcd":
        await sidebar.open(name, tag="odd" if name in "ac" else "even")
    page, place = await sidebar.page(None, ("EVEN",), limit=1)
    assert page == ["d"]
    assert await sidebar.page(place, ("even",), limit=1) == (["b"], None)
    assert await sidebar.page(place, limit=0) == (["c", "b", "a"], None)


async def test_a_place_is_kept_to_the_microsecond(sidebar: Sidebar) -> None:
    one = await sidebar.open("one", later_s=0.000001)
    await sidebar.open("two", later_s=0.000001)
    before = ListPlace(one.last_update + timedelta(microseconds=1), one.created_at, one.id)
    page, _ = await sidebar.page(before)
    assert page == ["one"]

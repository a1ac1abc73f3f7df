"""Reads whose connection breaks are done again, and nobody hears of it."""

from collections.abc import Awaitable, Callable

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.history.find_messages import FindFiles, ShowFavourites
from application.history.list_conversations import ListConversations
from application.history.search_conversations import SearchConversations
from application.history.search_messages import SearchMessages
from application.history.show_activity import ShowActivity
from application.ports.unit_of_work import UnitOfWork
from application.transfer.export_account import ExportAccount
from application.usage.show_usage import ShowUsage
from domain.conversation.conversation import (
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
)
from domain.conversation.files import FileQuery
from domain.ids import UserId

Read = Callable[[UnitOfWork, UserId], Awaitable[object]]


async def exported(work: UnitOfWork, user: UserId) -> list[bytes]:
    return [line async for lines in ExportAccount(work, ManualClock())(user) for line in lines]


READS: dict[str, Read] = {
    "list": lambda work, user: ListConversations(work)(user, ConversationFilter()),
    "search": lambda work, user: SearchMessages(work)(user, "owl", 20),
    "substring": lambda work, user: SearchConversations(work)(user, "owl", 20),
    "favourites": lambda work, user: ShowFavourites(work)(user),
    "files": lambda work, user: FindFiles(work)(user, FileQuery()),
    "activity": lambda work, user: ShowActivity(work)(user),
    "usage": lambda work, user: ShowUsage(work, ManualClock())(user, None, None),
    "export": exported,
}


@pytest.mark.parametrize("name", READS)
async def test_a_read_is_done_again(name: str) -> None:
    work = MemoryUnitOfWork(ManualClock())
    async with work() as db:
        user = (await db.accounts.add("anna", "hash", None)).id
        talk = await db.conversations.open(user, ConversationDraft())
        draft = MessageDraft(message="an owl", favorite=True, file_locations=("https://x/a.pdf",))
        await db.conversations.add_message(user, talk.id, Sender.USER, draft)
    before = work.opened
    whole = await READS[name](work, user)
    transactions = work.opened - before
    work.lose_next()
    assert await READS[name](work, user) == whole
    assert work.opened == before + 2 * transactions + 1

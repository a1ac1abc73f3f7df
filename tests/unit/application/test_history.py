import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.history.list_conversations import ListConversations
from application.history.show_conversation import ShowConversation
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
)
from domain.errors import ConversationNotFound, InvalidRequest
from domain.ids import ConversationId, UserId


class Shelf:
    """A history with one user in it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.work = MemoryUnitOfWork(self.clock)
        self.list = ListConversations(self.work)
        self.show = ShowConversation(self.work)
        self.anna = UserId(0)

    async def user(self, name: str) -> UserId:
        async with self.work() as db:
            return (await db.accounts.add(name, "hash", None)).id

    async def talk(self, user: UserId, *said: str, character: str = "assistant") -> Conversation:
        await self.clock.advance(60)
        async with self.work() as db:
            found = await db.conversations.open(user, ConversationDraft(character=character))
            for text in said:
                draft = MessageDraft(message=text)
                await db.conversations.add_message(user, found.id, Sender.USER, draft)
        return found


@pytest.fixture
async def shelf() -> Shelf:
    made = Shelf()
    made.anna = await made.user("anna")
    return made


async def test_messages_come_only_when_asked_for(shelf: Shelf) -> None:
    await shelf.talk(shelf.anna, "one", "two")
    (bare,) = (await shelf.list(shelf.anna, ConversationFilter())).page
    (full,) = (await shelf.list(shelf.anna, ConversationFilter(), with_messages=True)).page
    assert bare.messages is None
    assert [message.message for message in full.messages or ()] == ["one", "two"]


async def test_a_page_is_one_transaction(shelf: Shelf) -> None:
    for _ in range(3):
        await shelf.talk(shelf.anna, "?")
    before = shelf.work.opened
    listed = await shelf.list(shelf.anna, ConversationFilter(), with_messages=True)
    assert len(listed.page) == 3
    assert shelf.work.opened == before + 1


async def test_users_see_their_own(shelf: Shelf) -> None:
    boris = await shelf.user("boris")
    theirs = await shelf.talk(boris, "?")
    assert (await shelf.list(shelf.anna, ConversationFilter())).page == ()
    with pytest.raises(ConversationNotFound):
        await shelf.show(shelf.anna, theirs.id)


async def test_a_named_conversation_wins_over_a_character(shelf: Shelf) -> None:
    named = await shelf.talk(shelf.anna, "?", character="captain")
    await shelf.talk(shelf.anna, "?", character="doctor")
    shown = await shelf.show(shelf.anna, named.id, character="doctor")
    assert shown.conversation.id == named.id


async def test_a_character_is_met_once(shelf: Shelf) -> None:
    first = await shelf.show(shelf.anna, character="captain")
    again = await shelf.show(shelf.anna, character="captain", with_messages=False)
    assert (first.messages, again.messages) == ((), None)
    assert first.conversation.id == again.conversation.id
    assert first.conversation.character == "captain"


async def test_something_must_be_named(shelf: Shelf) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await shelf.show(shelf.anna)
    assert refused.value.field == "session_id"
    with pytest.raises(ConversationNotFound):
        await shelf.show(shelf.anna, ConversationId("no such"))

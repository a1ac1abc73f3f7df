"""Conversations for the tests of the history API."""

from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.ids import UserId
from tests.api.offline_app import Parley


async def talk(
    parley: Parley,
    name: str,
    *said: str,
    character: str = "assistant",
    tags: tuple[str, ...] = (),
    owner: UserId | None = None,
) -> Conversation:
    """Store a conversation whose messages are said in turns, the user first."""
    user = owner or parley.anna.id
    await parley.clock.advance(60)
    async with parley.work() as db:
        draft = ConversationDraft(name=name, character=character, tags=tags)
        found = await db.conversations.open(user, draft)
        for number, text in enumerate(said):
            answer = number % 2 == 1
            await db.conversations.add_message(
                user,
                found.id,
                Sender.AI if answer else Sender.USER,
                MessageDraft(message=text, api_text_gen_model_name="m" if answer else None),
                state=AnswerState.COMPLETED if answer else None,
            )
    return found

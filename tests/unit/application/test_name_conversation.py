from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.agent.choose import ChooseModel
from application.chat.name_conversation import NameConversation
from domain.catalog.card import ModelCard
from domain.catalog.catalog import Catalog
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.errors import ConversationNotFound, InvalidRequest, NotConfigured, UnknownModel
from domain.ids import UserId
from domain.provider_errors import ProviderRejected
from domain.turn.events import ModelEvent, TextDelta, ThinkingDelta
from domain.turn.prompt import Prompt, TextPart

CARD = ModelCard(id="gpt-4o-mini", provider="openai", model="gpt-4o-mini")
ASKED = (TextPart("When is high tide in Lisbon, and how is it worked out beforehand?"),)


class LastWords(ScriptedChatModel):
    """Can take the database away once it has spoken."""

    then_away: MemoryUnitOfWork | None = None

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        async with aclosing(super().stream(prompt)) as batches:
            async for batch in batches:
                yield batch
        if self.then_away is not None:
            self.then_away.fail_next()


class Naming:
    """One user, one scripted model."""

    def __init__(self, *rounds: Sequence[Step]) -> None:
        self.clock = ManualClock()
        self.work = MemoryUnitOfWork(self.clock)
        self.model = LastWords(*rounds)
        choose = ChooseModel(Catalog([CARD]), {"openai": self.model})
        self.name = NameConversation(self.work, choose)
        self.anna = UserId(1)

    async def talk(self, *said: str, character: str = "assistant") -> Conversation:
        async with self.work() as db:
            if not await db.accounts.all():
                await db.accounts.add("anna", "hash", None)
            found = await db.conversations.open(self.anna, ConversationDraft(character=character))
            for text in said:
                draft = MessageDraft(message=text)
                await db.conversations.add_message(self.anna, found.id, Sender.USER, draft)
        return found

    async def stored(self, talk: Conversation) -> Conversation:
        async with self.work() as db:
            return await db.conversations.get(self.anna, talk.id)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Tides of Lisbon", "Tides of Lisbon"),
        (' "Tides of Lisbon"\n', "Tides of Lisbon"),
        ("„Gezeiten“", "Gezeiten"),
        ("Tides\nof\n\nLisbon", "Tides of Lisbon"),
        ("x" * 80, "x" * 50),
        ('""', "When is high tide in Lisbon, and how is it worked"),
        ("", "When is high tide in Lisbon, and how is it worked"),
    ],
)
async def test_titles_are_tidied(said: str, title: str) -> None:
    naming = Naming([ThinkingDelta("hm"), TextDelta(said)])
    assert await naming.name(naming.anna, ASKED) == title


async def test_a_conversation_keeps_its_place() -> None:
    naming = Naming([TextDelta("Tides")])
    talk = await naming.talk("When?", "At noon.", "Thanks")
    await naming.clock.advance(60)
    await naming.name(naming.anna, (), talk.id)
    stored = await naming.stored(talk)
    assert (stored.name, stored.last_update) == ("Tides", talk.last_update)
    assert naming.model.prompts[0].messages[0].text == "When?\nAt noon."


async def test_a_prompt_wins_over_what_is_stored() -> None:
    naming = Naming([TextDelta("Tides")])
    talk = await naming.talk("Something else")
    await naming.name(naming.anna, ASKED, talk.id)
    assert naming.model.prompts[0].messages[0].text == ASKED[0].text


async def test_developers_hear_of_technology() -> None:
    naming = Naming([TextDelta("Rust")], [TextDelta("Rust")])
    talk = await naming.talk("Why does it not compile?", character="developer")
    await naming.name(naming.anna, (), talk.id)
    await naming.name(naming.anna, ASKED, character="assistant")
    developer, other = (prompt.system for prompt in naming.model.prompts)
    assert "technology" in developer
    assert "technology" not in other


async def test_an_empty_conversation_is_a_new_chat_and_no_model_is_asked() -> None:
    naming = Naming()
    talk = await naming.talk()
    assert await naming.name(naming.anna, (), talk.id) == "New chat"
    assert naming.model.prompts == []


async def test_without_any_text_there_is_no_title() -> None:
    naming = Naming()
    with pytest.raises(InvalidRequest):
        await naming.name(naming.anna, ())


async def test_a_title_that_cannot_be_stored_is_still_a_title() -> None:
    naming = Naming([TextDelta("Tides")])
    talk = await naming.talk("When?")

    naming.model.then_away = naming.work
    assert await naming.name(naming.anna, (), talk.id) == "Tides"
    assert (await naming.stored(talk)).name == "New chat"


async def test_others_conversations_are_not_there() -> None:
    naming = Naming()
    talk = await naming.talk("When?")
    with pytest.raises(ConversationNotFound):
        await naming.name(UserId(2), ASKED, talk.id)


async def test_the_models_errors_are_not_hidden() -> None:
    naming = Naming([ProviderRejected("openai", "no")], [NotConfigured("OPENAI_API_KEY")])
    with pytest.raises(ProviderRejected):
        await naming.name(naming.anna, ASKED)
    with pytest.raises(NotConfigured):
        await naming.name(naming.anna, ASKED)
    missing = NameConversation(naming.work, ChooseModel(Catalog([]), {}))
    with pytest.raises(UnknownModel):
        await missing(naming.anna, ASKED)

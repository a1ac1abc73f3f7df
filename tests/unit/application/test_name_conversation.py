from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.agent.choose import ChooseModel
from application.chat.ledger import Ledger
from application.chat.name_conversation import NameConversation
from application.usage.spending import Spending
from domain.catalog.card import ModelCard, Price
from domain.catalog.catalog import Catalog
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.errors import (
    ConversationNotFound,
    InvalidRequest,
    NotConfigured,
    SpendingCapReached,
    UnknownModel,
)
from domain.ids import UserId
from domain.provider_errors import ProviderRejected
from domain.turn.events import ModelEvent, ModelStopped, TextDelta, ThinkingDelta
from domain.turn.metering import Usage
from domain.turn.prompt import Prompt, TextPart
from domain.usage import UsageSum

CARD = ModelCard(
    id="gpt-4o-mini",
    provider="openai",
    model="gpt-4o-mini",
    price=Price(input_usd_per_mtok=1, output_usd_per_mtok=2),
)
ASKED = (TextPart("When is high tide in Lisbon, and how is it worked out beforehand?"),)


class LastWords(ScriptedChatModel):
    """Can take the database away once it has spoken."""

    then_away: MemoryUnitOfWork | None = None

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        async with aclosing(super().stream(prompt)) as batches:
            async for batch in batches:
                yield batch
        if self.then_away is not None:
            self.then_away.fail_next(2)


class Naming:
    """One user, one scripted model."""

    def __init__(self, *rounds: Sequence[Step]) -> None:
        self.clock = ManualClock()
        self.work = MemoryUnitOfWork(self.clock)
        self.model = LastWords(*rounds)
        self.anna = UserId(1)
        self.name = self.namer(ChooseModel(Catalog([CARD]), {"openai": self.model}))

    def namer(self, choose: ChooseModel, cap_usd: float | None = None) -> NameConversation:
        spending, ledger = (
            Spending(self.work, self.clock, cap_usd),
            Ledger(self.work, self.clock),
        )
        return NameConversation(self.work, choose, spending, ledger, self.clock)

    async def used(self) -> list[UsageSum]:
        start, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        async with self.work() as db:
            return await db.usage.sums(self.anna, start, end, "model")

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
    missing = naming.namer(ChooseModel(Catalog([]), {}))
    with pytest.raises(UnknownModel):
        await missing(naming.anna, ASKED)


async def test_a_title_counts_in_what_is_used() -> None:
    stopped = ModelStopped("stop", Usage(input_tokens=40, output_tokens=4))
    naming = Naming([TextDelta("Tides"), stopped], [ProviderRejected("openai", "no")])
    talk = await naming.talk("When?")
    await naming.name(naming.anna, (), talk.id)
    (used,) = await naming.used()
    assert (used.answers, used.input_tokens, used.output_tokens) == (1, 40, 4)
    assert used.cost_usd == pytest.approx(40e-6 + 4 * 2e-6)
    with pytest.raises(ProviderRejected):
        await naming.name(naming.anna, (), talk.id)
    (used,) = await naming.used()
    assert (used.answers, used.known_micro_usd) == (2, 48), "what was refused costs nothing"


async def test_a_title_beyond_the_cap_is_refused_before_the_model_is_asked() -> None:
    naming = Naming()
    talk = await naming.talk("When?")
    capped = naming.namer(ChooseModel(Catalog([CARD]), {"openai": naming.model}), 0.000001)
    with pytest.raises(SpendingCapReached):
        await capped(naming.anna, (), talk.id)
    assert (naming.model.prompts, await naming.used()) == ([], [])

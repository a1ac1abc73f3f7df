"""A turn engine whose primary model plans and writes, and whose scout searches."""

from collections.abc import Sequence
from typing import Any

from adapters.memory.chat_model import ScriptedChatModel, Step
from domain.catalog.card import Capability, ModelCard, Price
from domain.conversation.conversation import ConversationDraft
from domain.research import conversation_name
from domain.turn.ask import Ask, Record
from domain.turn.events import ModelStopped, SourceCited
from domain.turn.metering import Usage
from domain.turn.prompt import Message, Part, TextPart
from domain.turn.settings import ResearchSettings, TurnSettings
from tests.unit.rig import ANNA, Rig, said

SCOUT = ModelCard(
    id="sonar-deep-research",
    provider="scout",
    model="scout-deep",
    can=frozenset({Capability.TEMPERATURE, Capability.REASONING}),
    efforts=("low", "medium", "high"),
)
WRITER = ModelCard(id="writer", provider="acme", model="writer-1", price=Price(1.0, 10.0))
SETTINGS = TurnSettings(
    model="writer",
    temperature=0.7,
    max_tokens=4096,
    research=ResearchSettings(primary="writer"),
)
PLANNED = [*said("Find ", "the tide"), ModelStopped("stop", Usage(1000, 100, 1100))]
PAGES = [
    SourceCited("https://a.example", "A", (1,)),
    SourceCited("https://b.example", "B", (2,)),
]
FOUND = [
    *said("High at noon [1]", ", low at six [2][9]."),
    *PAGES,
    ModelStopped("stop", Usage(500, 900, 1400), cost_usd=0.41),
]
WRITTEN = [*said("At noon ", "it is high [1]", "[7]."), ModelStopped("stop", Usage(2000, 50, 2050))]
QUESTION = "When is high tide?"
NAMED = Record(conversation=ConversationDraft(new_name=conversation_name(QUESTION)))


def researched(
    text: str = QUESTION,
    *,
    settings: TurnSettings = SETTINGS,
    record: Record | None = NAMED,
    history: tuple[Message, ...] = (),
    **more: Any,
) -> Ask:
    parts: tuple[Part, ...] = (TextPart(text),) if text else ()
    return Ask(user=ANNA, question=parts, settings=settings, record=record, history=history, **more)


class ResearchRig(Rig):
    """The primary's script is the first and the third stage; the scout's the second."""

    def __init__(
        self,
        plan: Sequence[Step] = PLANNED,
        found: Sequence[Step] | None = FOUND,
        written: Sequence[Step] = WRITTEN,
        **more: Any,
    ) -> None:
        rounds = [] if found is None else [list(found)]
        self.scout = ScriptedChatModel(*rounds)
        super().__init__(
            list(plan),
            list(written),
            others={"scout": self.scout},
            cards=(SCOUT, WRITER),
            **more,
        )

"""Second stage: the research model searches, and writes a report that names its pages."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from application.agent.choose import Choice
from application.agent.patience import ask_patiently
from application.ports.clock import Clock
from application.research.listening import Listening
from application.research.order import Purse
from application.research.plan import Plan
from domain.provider_errors import ProviderGarbled
from domain.research import Source, sources_of, with_resolved_numbers
from domain.turn.events import ProviderRetrying, TextDelta
from domain.turn.prompt import Message, Prompt, TextPart
from domain.turn.research_events import ReportDelta, ReportWritten, Stage, StageBilled

RULES = (
    "Research the instruction thoroughly on the web and write a report. Prefer primary and recent "
    "sources, say where sources disagree or nothing was found, and put the number of its source "
    "in brackets behind every statement: [1]."
)

GatherEvent = Stage | ProviderRetrying | ReportDelta | StageBilled | ReportWritten


class Gather:
    """One run of the stage. Without a report there is no research: what fails here is told."""

    def __init__(
        self,
        prompt: Prompt,
        researcher: Choice,
        plan: Plan,
        purse: Purse,
        clock: Clock,
    ) -> None:
        self._prompt = gathering(prompt, researcher, plan.instruction)
        self._researcher = researcher
        self._plan = plan
        self._asked_by = prompt.card.model
        self._purse = purse
        self._heard = Listening(researcher.card, clock)
        self.report = ""
        self.sources: tuple[Source, ...] = ()

    @property
    def took_s(self) -> float:
        """How long the model was listened to."""
        return self._heard.took_s

    async def go(self, least_usd: float) -> AsyncGenerator[Sequence[GatherEvent], None]:
        """Yield the report as it is written.

        Args:
            least_usd: what is set aside for it, where its tokens alone would cost less.

        Raises:
            NotConfigured: the research model has no key.
            ProviderError: it failed for good.
            SpendingCapReached: there is no money for it.
        """
        card = self._prompt.card
        asked, because = self._plan.instruction, self._plan.because
        yield (Stage("research", card.model, card.provider, asked, because=because),)
        free = card.price is not None and card.price.is_free
        await self._purse.open(self._prompt, 0.0 if free else least_usd)
        async with aclosing(ask_patiently(self._researcher.model, self._prompt)) as batches:
            async for batch in batches:
                self._heard.hear(batch)
                if isinstance(batch[0], ProviderRetrying):
                    yield (batch[0],)
                elif said := [ReportDelta(e.text) for e in batch if isinstance(e, TextDelta)]:
                    yield said
        bill = self._heard.bill()
        self._purse.close(bill.cost_usd)
        yield (bill,)
        pages = [(page.url, page.title, page.numbers) for page in self._heard.pages]
        self.sources = sources_of(pages)
        numbers = {source.number for source in self.sources}
        self.report = with_resolved_numbers(self._heard.text, numbers)
        if not self.report.strip():
            raise ProviderGarbled(card.provider, f"{card.provider} sent an empty report")
        yield (ReportWritten(self.report, self.sources, card.model, self._settings()),)

    def _settings(self) -> dict[str, Any]:
        return {
            "model": self._prompt.card.model,
            "temperature": self._prompt.temperature,
            "max_tokens": self._prompt.max_tokens,
            "source_model": self._asked_by,
        }


def gathering(prompt: Prompt, researcher: Choice, instruction: str) -> Prompt:
    """Return the prompt of this stage, given that of the whole turn.

    The research model reads the words of the conversation, and no attachments.
    """
    told = (Message(each.role, (TextPart(each.text),)) for each in prompt.messages[:-1])
    history = tuple(each for each in told if each.role in ("user", "assistant") and each.text)
    return Prompt(
        card=researcher.card,
        messages=(*history, Message("user", (TextPart(instruction),))),
        system=RULES,
        temperature=researcher.temperature,
        max_tokens=researcher.max_tokens,
        effort=researcher.effort,
        cites=True,
    )

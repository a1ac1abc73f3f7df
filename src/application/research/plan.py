"""First stage: the question becomes an instruction that stands by itself."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import structs

from application.agent.patience import ask_patiently
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from application.research.listening import Listening
from application.research.order import Purse, ResearchOrder
from domain.provider_errors import ProviderError
from domain.turn.events import ProviderRetrying
from domain.turn.prompt import Origin, Prompt
from domain.turn.research_events import QuestionOptimized, Stage, StageBilled

RULES = (
    "You prepare questions for a research model that searches the web and knows nothing of this "
    "conversation. Rewrite the user's last message as one instruction that stands by itself: take "
    "over from the conversation what it refers to, say what is to be found out, for which time and "
    "place, and what would make the answer useful. Keep the user's language. Do not answer the "
    "question. Write the instruction and nothing else."
)

PlanEvent = Stage | ProviderRetrying | StageBilled | QuestionOptimized


class Plan:
    """One run of the stage. A model that fails leaves the question as the user has put it."""

    def __init__(
        self, model: ChatModel, prompt: Prompt, order: ResearchOrder, purse: Purse, clock: Clock
    ) -> None:
        self._model = model
        self._order = order
        self._purse = purse
        self._prompt = planning(prompt, order)
        self._heard = Listening(prompt.card, clock)
        self.instruction = ""
        self.because: str | None = None
        """Code of the failure for which the question stays as it is."""

    @property
    def took_s(self) -> float:
        """How long the model was listened to."""
        return self._heard.took_s

    async def go(self) -> AsyncGenerator[Sequence[PlanEvent], None]:
        """Yield what there is to say of it.

        Raises:
            NotConfigured: the model cannot be asked at all.
            SpendingCapReached: there is no money for it.
        """
        card = self._prompt.card
        yield (Stage("optimization", card.model, card.provider),)
        await self._purse.open(self._prompt)
        failure: ProviderError | None = None
        try:
            async with aclosing(ask_patiently(self._model, self._prompt)) as batches:
                async for batch in batches:
                    self._heard.hear(batch)
                    if isinstance(batch[0], ProviderRetrying):
                        yield (batch[0],)
        except ProviderError as error:
            failure = error
            self.because = error.code
        bill = self._heard.bill(failure)
        self._purse.close(bill.cost_usd)
        written = "" if failure else self._heard.text
        today = f"Today's date: {self._order.today.isoformat()}"
        self.instruction = f"{today}\n\n{written or self._order.question}"
        yield (bill,)
        yield (QuestionOptimized(self.instruction, card.model if written else None),)


def planning(prompt: Prompt, order: ResearchOrder) -> Prompt:
    """Return the prompt of this stage, given that of the whole turn."""
    warm = prompt.temperature is not None
    origin = prompt.origin and Origin(prompt.origin.user)  # It belongs to no conversation.
    return structs.replace(
        prompt,
        system=RULES,
        temperature=min(order.settings.plan_temperature, prompt.card.max_temperature)
        if warm
        else None,
        max_tokens=order.settings.plan_tokens,
        effort=None,
        native_tools={},
        origin=origin,
    )

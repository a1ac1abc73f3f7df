"""Who answers a question: the model that was asked for, or one that stands in for it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import structs

from application.agent.choose import ChooseModel
from application.agent.loop import Agent, AgentEvent
from application.chat.assemble import Assemble
from application.chat.meter import Meter
from application.usage.spending import Spending
from domain.errors import NotConfigured, ParleyError
from domain.ids import TurnId
from domain.provider_errors import ModelNotOffered, ProviderError, ProviderRejected
from domain.turn.ask import Ask
from domain.turn.events import ModelChosen, ProviderRetrying
from domain.turn.prompt import Origin


class Responder:
    """Stand-ins are tried before the first content only: what was said cannot be unsaid."""

    def __init__(
        self, choose: ChooseModel, assemble: Assemble, spending: Spending, agent: Agent
    ) -> None:
        self._choose = choose
        self._assemble = assemble
        self._spending = spending
        self._agent = agent

    async def reply(
        self, turn: TurnId, ask: Ask, origin: Origin, meter: Meter
    ) -> AsyncGenerator[Sequence[AgentEvent | ModelChosen], None]:
        """Yield the answer in batches, a `ModelChosen` before what each model says.

        Args:
            turn: for which money is set aside.
            ask: the question.
            origin: where it comes from.
            meter: hears of everything that is asked and said.

        Raises:
            SpendingCapReached: the user may not spend what the answer may cost.
            ParleyError: the model that was asked for failed, and nobody could stand in for it.
        """
        asked_for = self._choose(ask.settings, ask.question)
        choices = [asked_for, *self._choose.stand_ins(ask.settings, ask.question, asked_for.card)]
        first_failure: ParleyError | None = None
        because: str | None = None
        for choice in choices:
            meter.asks(choice.card)
            yield [ModelChosen(choice.card.model, choice.card.provider, because)]
            begun = False
            try:
                prompt = structs.replace(await self._assemble(ask, choice), origin=origin)
                await self._spending.reserve(ask.user, turn, prompt)
                async with aclosing(self._agent.reply(choice.model, prompt)) as batches:
                    async for batch in batches:
                        begun = begun or not isinstance(batch[0], ProviderRetrying)
                        meter.saw(batch)
                        yield batch
            except ParleyError as error:
                meter.failed(error)
                first_failure = first_failure or error
                if begun or not _another_may_answer(error, stood_in=choice is not asked_for):
                    raise
                because = error.code
            else:
                return
        if first_failure is not None:
            raise first_failure


def _another_may_answer(error: ParleyError, *, stood_in: bool) -> bool:
    """Return whether the failure says nothing of the question itself.

    A model that was asked for and has no key is the operator's to mend, so it is never covered up;
    a stand-in without one is passed over.
    """
    if isinstance(error, NotConfigured):
        return stood_in
    if isinstance(error, ProviderRejected):
        return isinstance(error, ModelNotOffered)
    return isinstance(error, ProviderError)

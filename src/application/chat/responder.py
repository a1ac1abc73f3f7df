"""Who answers a question: the model that was asked for, or one that stands in for it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import structs

from application.agent.choose import Choice, ChooseModel
from application.agent.loop import Agent
from application.agent.places import KnownPlaces
from application.agent.registry import OfferTools
from application.agent.tool import SideEvent, ToolContext
from application.agent.toolbox import Toolbox
from application.chat.answer_event import AnswerEvent
from application.chat.any_answer import AnyAnswer
from application.chat.assemble import Assemble
from application.chat.enhance import enhanced, enhancing
from application.chat.meter import Meter
from application.ports.clock import Clock
from application.research.deep_research import DeepResearch
from application.research.order import ResearchOrder
from application.usage.spending import Spending
from domain.errors import InvalidRequest, NotConfigured, ParleyError
from domain.ids import TurnId
from domain.provider_errors import (
    ModelNotOffered,
    ProviderError,
    ProviderRejected,
    ProviderUnpaid,
)
from domain.turn.ask import Ask
from domain.turn.events import ModelChosen, ProviderRetrying
from domain.turn.prompt import Origin, Part, Prompt, TextPart
from domain.turn.settings import ResearchSettings

Answering = AsyncGenerator[Sequence[AnswerEvent], None]


class Responder:
    """Stand-ins are tried before the first content only: what was said cannot be unsaid."""

    def __init__(
        self,
        choose: ChooseModel,
        assemble: Assemble,
        spending: Spending,
        agent: Agent,
        offer: OfferTools,
        research: DeepResearch,
        clock: Clock,
    ) -> None:
        self._choose = choose
        self._assemble = assemble
        self._spending = spending
        self._agent = agent
        self._offer = offer
        self._research = research
        self._clock = clock

    async def reply(
        self, turn: TurnId, ask: Ask, origin: Origin, meter: Meter
    ) -> AsyncGenerator[Sequence[AnswerEvent | ModelChosen], None]:
        """Yield the answer in batches, a `ModelChosen` before what each model says.

        Args:
            turn: for which money is set aside.
            ask: the question.
            origin: where it comes from.
            meter: hears of everything that is asked and said.

        Raises:
            InvalidRequest: it asks for tools of a profile that does not exist, or lacks what its
                kind of work needs.
            SpendingCapReached: the user may not spend what the answer may cost.
            EmptyAnswer, ContentRefused: the model ended without a word.
            ParleyError: the model that was asked for failed, and nobody could stand in for it.
        """
        _check(ask)
        asked_for = self._choose(ask.settings, ask.question)
        choices = [asked_for]
        if ask.work != "research":  # Its stages make do without one another.
            choices += self._choose.stand_ins(ask.settings, ask.question, asked_for.card)
        first_failure: ParleyError | None = None
        because: str | None = None
        for choice in choices:
            meter.asks(choice.card)
            if ask.work != "clarification":
                yield [ModelChosen(choice.card.model, choice.card.provider, because)]
            begun, answer = False, AnyAnswer()
            try:
                prompt = structs.replace(await self._assemble(ask, choice), origin=origin)
                answering = await self._answering(turn, ask, choice, prompt, meter)
                async with aclosing(answering) as batches:
                    async for batch in batches:
                        begun = begun or not isinstance(batch[0], ProviderRetrying)
                        if not answer.given:
                            answer.hear(batch)
                        meter.saw(batch)
                        yield batch
                answer.check(choice.card.provider)
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

    async def _answering(
        self, turn: TurnId, ask: Ask, choice: Choice, prompt: Prompt, meter: Meter
    ) -> Answering:
        """Return the work on the answer; money is set aside for its beginning."""
        if (wanted := ask.settings.research) is not None:
            order = self._order(turn, ask, choice, wanted)
            return self._research.reply(choice.model, prompt, order)
        if ask.clarification is not None:
            prompt = enhancing(prompt)
            await self._spending.reserve(ask.user, turn, prompt)
            return enhanced(self._agent.reply(choice.model, prompt), ask.clarification, choice.card)
        await self._spending.reserve(ask.user, turn, prompt)
        profile, box = self._offer.profile(ask.settings), None
        if profile is not None and self._offer.fits(profile, choice.card):
            box = await self._box(profile, turn, ask, prompt, meter)
        return self._agent.reply(choice.model, prompt, box)

    def _order(
        self, turn: TurnId, ask: Ask, choice: Choice, wanted: ResearchSettings
    ) -> ResearchOrder:
        async def hold(asked: Prompt, spent_usd: float, at_least_usd: float) -> float:
            return await self._spending.reserve(ask.user, turn, asked, spent_usd, at_least_usd)

        return ResearchOrder(
            question=ask.text,
            settings=wanted,
            researcher=lambda: self._choose.researcher(choice.card, wanted),
            today=self._clock.now().date(),
            hold=hold,
        )

    async def _box(
        self, profile: str, turn: TurnId, ask: Ask, prompt: Prompt, meter: Meter
    ) -> Toolbox:
        parts = [part for message in ask.history for part in message.parts] + [*ask.question]

        async def hold(asked: Prompt) -> None:
            await self._spending.reserve(ask.user, turn, asked, meter.spent_usd or 0.0)

        context = ToolContext(
            turn=turn,
            user=ask.user,
            conversation=None if prompt.origin is None else prompt.origin.conversation,
            settings=ask.settings,
            card=prompt.card,
            files=tuple(part for part in parts if not isinstance(part, TextPart)),
            places=_places(prompt, parts),
            hold=hold,
            tell=_nobody_listens,
        )
        return await self._offer.box(profile, context, lambda: meter.spent_usd)


def _check(ask: Ask) -> None:
    """Refuse what cannot be worked on."""
    research, clarification = ask.settings.research, ask.clarification
    if research is not None and not research.primary:
        raise InvalidRequest("No primary model configured for deep research", "text.model")
    if research is not None and not ask.text:
        raise InvalidRequest("Deep research needs a question in words", "prompt")
    if clarification is not None and not clarification.concept:
        raise InvalidRequest(
            "Original user input required for clarification response", "user_input"
        )


def _places(prompt: Prompt, given: Sequence[Part]) -> KnownPlaces:
    """Return the addresses of a prompt; what stands in documents are the words of strangers."""
    places = KnownPlaces()
    places.learn(prompt.system)
    own = {part.text for part in given if isinstance(part, TextPart)}
    for message in prompt.messages:
        for part in message.parts:
            if isinstance(part, TextPart):
                (places.learn if part.text in own else places.learn_outside)(part.text)
    return places


def _nobody_listens(event: SideEvent) -> None:
    """Stand where each call puts its own listener."""


def _another_may_answer(error: ParleyError, *, stood_in: bool) -> bool:
    """Return whether the failure says nothing of the question itself.

    A model that was asked for and has no key is the operator's to mend, so it is never covered up;
    a stand-in without one is passed over.
    """
    if isinstance(error, NotConfigured):
        return stood_in
    if isinstance(error, ProviderRejected):
        return isinstance(error, ModelNotOffered | ProviderUnpaid)
    return isinstance(error, ProviderError)

"""Deep research: the question is prepared, searched for, and the findings are told."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from application.research.gather import Gather, GatherEvent
from application.research.order import Purse, ResearchOrder
from application.research.plan import Plan, PlanEvent
from application.research.write import Write, WriteEvent
from domain.turn.prompt import Prompt
from domain.turn.research_events import Stage

ResearchEvent = Stage | PlanEvent | GatherEvent | WriteEvent
Batches = AsyncGenerator[Sequence[ResearchEvent], None]


class DeepResearch:
    """Answers a prompt by three stages, each with its own model, limits and bill."""

    def __init__(self, clock: Clock, report_usd: float = 0.0) -> None:
        """Take the clock, and what a report is taken to cost at least."""
        self._clock = clock
        self._report_usd = report_usd

    async def reply(self, model: ChatModel, prompt: Prompt, order: ResearchOrder) -> Batches:
        """Yield what is said of the stages, and the answer in the batches it comes in.

        Closing it early, or cancelling whoever reads it, closes the connection of the stage.

        Args:
            model: plans and writes.
            prompt: the question as that model would be asked it in an ordinary turn.
            order: what is to be found out, and by whom.

        Raises:
            NotConfigured: one of the models has no key.
            ProviderError: there is no report; of the other stages, failures are made do with.
            SpendingCapReached: the money is gone before there is a report.
        """
        purse = Purse(order)
        yield (Stage("initialization"),)
        researcher = order.researcher()  # Before anything is paid for.
        plan = Plan(model, prompt, order, purse, self._clock)
        async with aclosing(plan.go()) as batches:
            async for batch in batches:
                yield batch
        timings = {"optimization": plan.took_s}
        gather = Gather(prompt, researcher, plan, purse, self._clock)
        async with aclosing(gather.go(self._report_usd)) as batches:
            async for batch in batches:
                yield batch
        timings["research"] = gather.took_s
        write = Write(model, prompt, gather, purse, self._clock)
        async with aclosing(write.go()) as batches:
            async for batch in batches:
                yield batch
        timings["analysis"] = write.took_s
        yield (
            Stage(
                "completed",
                conversation=prompt.origin and prompt.origin.conversation,
                sources=len(gather.sources),
                timings_s=timings,
                because=write.because,
            ),
        )

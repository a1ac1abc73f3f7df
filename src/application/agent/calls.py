"""The calls of one round: begun together where they may be, told in the order they were made in."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
import structlog

from application.agent.approvals import Approvals
from application.agent.budget import Budget
from application.agent.call import Call, CallEvent
from application.agent.keep_rest import KeepRest
from application.agent.results import Answered, for_model, for_readers, is_long, plain, written
from application.agent.tool import Tool
from application.agent.toolbox import Toolbox
from application.flow.within import TimeIsUp, within
from application.ports.clock import Clock
from domain.errors import ParleyError
from domain.turn.agent_events import ApprovalAsked, ApprovalSettled
from domain.turn.events import ToolCalled, ToolReturned

log = structlog.get_logger("agent")

FAILED = "Tool execution failed"


class RunCalls:
    """Runs what a model has called, and makes of each call one result: a failure is one too."""

    def __init__(self, approvals: Approvals, keep_rest: KeepRest, clock: Clock) -> None:
        self._approvals = approvals
        self._keep_rest = keep_rest
        self._clock = clock

    @asynccontextmanager
    async def __call__(
        self, box: Toolbox, budget: Budget, called: Iterable[ToolCalled]
    ) -> AsyncGenerator["RoundOfCalls", None]:
        """Run the calls for as long as the block lasts; leaving it early stops them.

        Tools that may run beside others do; the rest wait for their turn.
        """
        calls = [Call(box, each) for each in called]
        for late in calls[budget.calls_left :]:
            late.refused = f"Not run: an answer may call {budget.limits.calls} tools at most"
        running = asyncio.create_task(self._run(budget, calls))
        try:
            yield RoundOfCalls(calls)
        finally:
            running.cancel()
            await asyncio.wait({running})
        if not running.cancelled():
            running.result()

    async def _run(self, budget: Budget, calls: Sequence[Call]) -> None:
        try:
            for together in _in_turn(calls):
                async with asyncio.TaskGroup() as group:
                    for call in together:
                        group.create_task(self._one(budget, call))
        finally:
            # Whatever happens here, nobody is left waiting for a result.
            for call in calls:
                if call.for_model is None:
                    await self._returns(call, Answered(error=FAILED), self._clock.now())

    async def _one(self, budget: Budget, call: Call) -> None:
        began = self._clock.now()
        await self._returns(call, await self._answer(budget, call), began)

    async def _answer(self, budget: Budget, call: Call) -> Answered:
        if call.tool is None or call.refused is not None:
            return Answered(error=call.refused or FAILED)
        if call.needs_approval and not await self._approved(budget, call, call.tool):
            return Answered(error="The user did not approve this call")
        limit_s = call.tool.spec.limit_s or budget.limits.tool_s
        left_s = budget.seconds_left
        try:
            result = await within(
                self._clock.sleep, min(limit_s, left_s), call.tool(call.arguments, call.context)
            )
            return Answered(plain(result))
        except TimeIsUp:
            if left_s < limit_s:
                wall_s = budget.limits.wall_s
                return Answered(error=f"Stopped: the answer may take {wall_s:g}s in all")
            return Answered(error=f"Tool timed out after {limit_s:g}s")
        except ParleyError as error:
            log.info("tool refused", tool=call.tool.spec.name, error=error.code)
            return Answered(error=str(error))
        except Exception:
            # A broken tool must not end the turn; the model can do without it.
            log.exception("tool failed", tool=call.tool.spec.name)
            return Answered(error=FAILED)

    async def _approved(self, budget: Budget, call: Call, tool: Tool) -> bool:
        context, called, name = call.context, call.called, tool.spec.name
        if self._approvals.granted(context.user, context.conversation, name):
            return True
        began = self._clock.now()
        within_s = budget.limits.approval_s
        shown = for_readers(called.arguments)
        call.say(ApprovalAsked(called.id, name, shown, within_s))
        grant = (context.conversation, name)
        said = await self._approvals.wait(context.turn, called.id, context.user, grant, within_s)
        budget.waited((self._clock.now() - began).total_seconds())
        call.say(ApprovalSettled(called.id, name, said.approved, said.timed_out))
        return said.approved

    async def _returns(self, call: Call, answered: Answered, began: datetime) -> None:
        called, tool = call.called, call.tool
        rest = None
        if answered.error is None and is_long(called.name, answered):
            rest = await self._keep_rest(call.context.user, called.name, written(answered.result))
        took_ms = round((self._clock.now() - began).total_seconds() * 1000)
        returned = ToolReturned(
            called.id,
            called.name,
            for_readers(answered.result),
            answered.error is not None,
            for_readers(called.arguments),
            answered.error,
            took_ms,
        )
        told = for_model(None if tool is None else tool.spec, called.name, answered, rest)
        _learn(call, told)
        call.returns(returned, msgspec.structs.replace(returned, result=told))


class RoundOfCalls:
    """The calls of one round, while they run."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._calls = calls

    async def events(self) -> AsyncGenerator[Sequence[CallEvent], None]:
        """Yield of each call in order: the call, what is said beside it, its result."""
        for call in self._calls:
            async with aclosing(call.events()) as batches:
                async for batch in batches:
                    yield batch

    @property
    def results(self) -> tuple[ToolReturned, ...]:
        """What the model is told, in order."""
        return tuple(call.for_model for call in self._calls if call.for_model is not None)


def _in_turn(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """Yield the calls in order, neighbours that may run beside one another as one."""
    together: list[Call] = []
    for call in calls:
        if call.runs_alone and together:
            yield together
            together = []
        together.append(call)
        if call.runs_alone:
            yield together
            together = []
    if together:
        yield together


def _learn(call: Call, told: dict[str, Any]) -> None:
    text = written(told)
    if call.tool is not None and call.tool.spec.outside:
        call.context.places.learn_outside(text)
    else:
        call.context.places.learn(text)

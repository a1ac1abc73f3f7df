"""What the agent's loop costs, beside calling the functions directly.

The model says what it was told to in no time and the tools do nothing, so what is left is the
loop's own work: arguments read, limits kept, results sized, events made. The limit takes the same
calls out of the same model and awaits the same functions one after another, and nothing else.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from application.agent.budget import AgentLimits
from application.agent.tool import Tool, ToolContext
from application.ports.chat_model import ChatModel
from domain.tools import ToolSpec, parameters_of
from domain.turn.events import ModelEvent, ModelStopped, TextDelta, ToolCalled
from domain.turn.prompt import Prompt
from tests.unit.agent_rig import PROMPT, AgentRig

MOST_US_A_ROUND = 1000.0
MOST_US_AN_EVENT = 200.0
ROUNDS = 50
CALLS = 500
"""In one round: each is two events."""
TOKENS = 5000


class Cost(Struct, frozen=True):
    """Microseconds of CPU a piece."""

    name: str
    ours_us: float
    bare_us: float
    most_us: float

    @property
    def met(self) -> bool:
        """Whether it is as cheap as it was meant to be."""
        return self.ours_us - self.bare_us <= self.most_us


class _Nothing(Struct, frozen=True):
    number: int


class _NoOp(Tool):
    spec = ToolSpec("no_op", "Does nothing", parameters_of(_Nothing))
    takes = _Nothing

    async def __call__(self, arguments: _Nothing, context: ToolContext) -> Mapping[str, Any]:
        return {"number": arguments.number}


class _Model(ChatModel):
    """Calls the tool so many times in each of so many rounds, then says its tokens."""

    def __init__(self, rounds: int, calls: int, tokens: int = 1) -> None:
        self._rounds = rounds
        self._calls = tuple(ToolCalled(f"c{n}", "no_op", {"number": n}) for n in range(calls))
        self._tokens = tokens

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        if len(prompt.rounds) < self._rounds:
            for call in self._calls:
                yield (call,)
        else:
            for _ in range(self._tokens):
                yield (TextDelta("word "),)
        yield (ModelStopped("stop"),)

    async def direct(self, tool: _NoOp, context: ToolContext) -> None:
        """Do what the loop is for, and nothing else."""
        for number in range(self._rounds + 1):
            calls = self._calls if number < self._rounds else ()
            for call in calls:
                await tool(_Nothing(call.arguments["number"]), context)


def costs(rounds: int) -> list[Cost]:
    """Return what was measured, medians of several rounds."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_costs(rounds))
    finally:
        loop.close()


def table(found: Sequence[Cost]) -> str:
    """Return it as a table in Markdown."""
    lines = ["| | ours µs | bare µs | target | |", "|---|---:|---:|---|---|"]
    lines += [
        f"| {each.name} | {each.ours_us:.2f} | {each.bare_us:.2f} | <= {each.most_us:g} µs more |"
        f" {'ok' if each.met else 'missed'} |"
        for each in found
    ]
    return "\n".join(lines)


async def _costs(times: int) -> list[Cost]:
    tool = _NoOp()
    limits = AgentLimits(rounds=ROUNDS + 1, calls=CALLS * 2)
    rig = AgentRig(tool, rounds=limits.rounds, calls=limits.calls)
    many, wide, plain = _Model(ROUNDS, 1), _Model(1, CALLS), _Model(0, 0, TOKENS)

    def through(model: _Model) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            async for _ in rig.agent.reply(model, PROMPT, rig.box):
                pass

        return run

    async def without_tools() -> None:
        async for _ in rig.agent.reply(plain, PROMPT):
            pass

    async def the_model_alone() -> None:
        async for _ in plain.stream(PROMPT):
            pass

    context = rig.box.context
    return [
        await _compared(
            f"a round with one call ({ROUNDS} rounds)",
            through(many), lambda: many.direct(tool, context), ROUNDS, MOST_US_A_ROUND, times,
        ),
        await _compared(
            f"a tool event ({CALLS * 2} in one round)",
            through(wide), lambda: wide.direct(tool, context), CALLS * 2, MOST_US_AN_EVENT, times,
        ),
        await _compared(
            "a token with tools on offer", through(plain), the_model_alone, TOKENS, 2.0, times
        ),
        await _compared("a token without", without_tools, the_model_alone, TOKENS, 0.5, times),
    ]  # fmt: skip


async def _compared(
    name: str,
    ours: Callable[[], Awaitable[None]],
    bare: Callable[[], Awaitable[None]],
    pieces: int,
    most_us: float,
    times: int,
) -> Cost:
    """Run both in turns, so that a noisy machine is noisy for both."""
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(times + 1):
        for taken, run in zip(samples, (ours, bare), strict=True):
            gc.collect()
            began = time.process_time()
            await run()
            taken.append((time.process_time() - began) / pieces * 1e6)
    # The first of each is for warming up.
    own, least = (statistics.median(taken[1:]) for taken in samples)
    return Cost(name, own, least, most_us)

"""An agent with tools that do what a test says, outside of any turn."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from msgspec import Struct, structs

from adapters.memory.clock import ManualClock
from adapters.memory.files import MemoryFiles
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.agent.approvals import Approvals
from application.agent.budget import AgentLimits
from application.agent.calls import RunCalls
from application.agent.keep_rest import KeepRest
from application.agent.loop import Agent, AgentEvent
from application.agent.paused import PausedLoops
from application.agent.places import KnownPlaces
from application.agent.tool import SideEvent, Tool, ToolContext
from application.agent.toolbox import Toolbox
from application.files.keep_file import KeepFile
from application.ports.chat_model import ChatModel
from domain.catalog.card import ModelCard
from domain.ids import ConversationId, TurnId, UserId
from domain.profiles import ALIASES
from domain.tools import ToolSpec, parameters_of
from domain.turn.events import ModelStopped, ToolCalled
from domain.turn.prompt import Message, Prompt, TextPart
from domain.turn.settings import TurnSettings
from tests.batches import one_by_one

ANNA = UserId(1)
TURN = TurnId("t-1")
TALK = ConversationId("9f0c")
CARD = ModelCard(id="swift", provider="acme", model="swift-2-latest")
PROMPT = Prompt(CARD, (Message("user", (TextPart("Time?"),)),))
STOPPED = ModelStopped("stop")


class ZoneArguments(Struct, frozen=True):
    zone: str
    precise: bool = False


class Clock(Tool):
    """Tells the time, or does what it was made for instead."""

    takes = ZoneArguments

    def __init__(
        self,
        name: str = "clock",
        *,
        error: Exception | None = None,
        gate: asyncio.Event | None = None,
        result: Mapping[str, Any] | None = None,
        says: Sequence[SideEvent] = (),
        **spec: Any,
    ) -> None:
        self.spec = ToolSpec(name, "Tells the time", parameters_of(ZoneArguments), **spec)
        self.asked: list[ZoneArguments] = []
        self.context: ToolContext | None = None
        self.running = 0
        self.most_at_once = 0
        self._error, self._gate, self._says = error, gate, says
        self._result = {"time": "noon"} if result is None else result

    async def __call__(self, arguments: ZoneArguments, context: ToolContext) -> Mapping[str, Any]:
        self.asked.append(arguments)
        self.context = context
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            for event in self._says:
                context.tell(event)
            if self._gate:
                await self._gate.wait()
            if self._error:
                raise self._error
            return self._result
        finally:
            self.running -= 1


def called(number: str = "1", name: str = "clock", **more: Any) -> ToolCalled:
    return ToolCalled(number, name, {"zone": "UTC"}, **more)


class AgentRig:
    """One agent, and whatever it stands on, in memory."""

    def __init__(self, *tools: Tool, **limits: Any) -> None:
        self.clock = ManualClock()
        self.approvals = Approvals(self.clock)
        self.files = MemoryFiles(self.clock)
        self.store = MemoryUnitOfWork(self.clock)
        self.paused = PausedLoops()
        keep = KeepRest(KeepFile(self.files, self.store, self.clock))
        self.agent = Agent(
            RunCalls(self.approvals, keep, self.clock),
            self.paused,
            self.clock,
            AgentLimits(**limits),
        )
        self.held: list[Prompt] = []
        self.refuses: Exception | None = None
        """Raised when money is to be set aside."""
        self.cost_usd: float | None = 0.0
        self.box = Toolbox(
            profile="general",
            tools={tool.spec.name: tool for tool in tools},
            aliases=ALIASES,
            clients=frozenset(),
            context=ToolContext(
                turn=TURN,
                user=ANNA,
                conversation=TALK,
                settings=TurnSettings(),
                card=CARD,
                files=(),
                places=KnownPlaces(),
                hold=self._hold,
                tell=lambda event: None,
            ),
            spent_usd=lambda: self.cost_usd,
        )

    def with_clients(self, *names: str) -> "AgentRig":
        """Let the client have declared functions of its own."""
        self.box = structs.replace(self.box, clients=frozenset(names))
        return self

    async def reply(
        self,
        model: ChatModel,
        prompt: Prompt = PROMPT,
        heard: Callable[[AgentEvent], None] | None = None,
    ) -> list[AgentEvent]:
        """Return all that is said, in order; `heard` hears of each event at once."""
        found: list[AgentEvent] = []
        async with aclosing(one_by_one(self.agent.reply(model, prompt, self.box))) as events:
            async for event in events:
                found.append(event)
                if heard:
                    heard(event)
        return found

    async def _hold(self, prompt: Prompt) -> None:
        self.held.append(prompt)
        if self.refuses is not None:
            raise self.refuses

"""The agent: model, tools, model … until there is an answer."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import structlog
from msgspec import structs

from application.agent.patience import ask_patiently
from application.ports.chat_model import ChatModel
from domain.errors import ParleyError
from domain.tools import ToolSpec
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    ProviderRetrying,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from domain.turn.prompt import Prompt, Round

log = structlog.get_logger("agent")


class Tool(Protocol):
    """Something a model may ask to have done."""

    @property
    def spec(self) -> ToolSpec:
        """What the model is told about it."""
        ...

    async def __call__(self, arguments: Mapping[str, Any]) -> Any:
        """Do it; the result must be something JSON can hold.

        Raises:
            ParleyError: it could not be done; the model is told why.
        """
        ...


AgentEvent = ModelEvent | ProviderRetrying | ToolReturned


class Agent:
    """Answers a prompt, running the tools it was given on the way."""

    def __init__(self, tools: Mapping[str, Tool], max_rounds: int = 8) -> None:
        self._tools = tools
        self._max_rounds = max_rounds

    async def reply(
        self, model: ChatModel, prompt: Prompt
    ) -> AsyncGenerator[Sequence[AgentEvent], None]:
        """Yield the answer in the batches it comes in, with a `ModelStopped` after each round.

        A tool of ours that fails is an answer to the model, not the end of the turn. Calls of
        tools that are not ours are passed on and not awaited.

        Raises:
            ProviderError: the model failed for good.
        """
        prompt = structs.replace(prompt, tools=tuple(tool.spec for tool in self._tools.values()))
        for _ in range(self._max_rounds):
            spoken = _Spoken()
            async with aclosing(ask_patiently(model, prompt)) as batches:
                async for batch in batches:
                    spoken.add(batch)
                    yield batch
            calls = [call for call in spoken.calls if call.name in self._tools]
            if not calls:
                return
            results = await self._run(calls)
            yield results
            done = Round("".join(spoken.text), tuple(calls), tuple(results), spoken.state)
            prompt = structs.replace(prompt, rounds=(*prompt.rounds, done))

    async def _run(self, calls: list[ToolCalled]) -> list[ToolReturned]:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(self._call(call)) for call in calls]
        return [task.result() for task in running]

    async def _call(self, call: ToolCalled) -> ToolReturned:
        failed = False
        try:
            result = await self._tools[call.name](call.arguments)
        except ParleyError as error:
            failed, result = True, {"error": str(error)}
        except Exception:
            # A broken tool must not end the turn; the model can do without it.
            log.exception("tool failed", tool=call.name)
            failed, result = True, {"error": "The tool failed"}
        return ToolReturned(call.id, call.name, result, failed, call.arguments)


class _Spoken:
    """What one round of the model needs to be remembered for the next."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.calls: list[ToolCalled] = []
        self.state: tuple[Mapping[str, Any], ...] = ()

    def add(self, batch: Sequence[ModelEvent | ProviderRetrying]) -> None:
        for event in batch:
            if isinstance(event, TextDelta):
                self.text.append(event.text)
            elif isinstance(event, ToolCalled) and not event.run_by_provider:
                self.calls.append(event)
            elif isinstance(event, ModelStopped):
                self.state = event.state

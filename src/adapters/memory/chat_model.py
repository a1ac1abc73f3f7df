"""A model that says what it was told to say."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from application.ports.chat_model import ChatModel
from domain.turn.events import ModelEvent, ModelStopped
from domain.turn.prompt import Prompt

Step = ModelEvent | Exception | asyncio.Event
"""Said, raised, or waited for."""


class ScriptedChatModel(ChatModel):
    """Plays one round of its script for each question; keeps what it was asked.

    A round is a sequence of steps: events are said, exceptions raised, and an `asyncio.Event` is a
    gate at which the model waits until a test opens it. A round without a `ModelStopped` or an
    exception at its end stops by itself, with `stop`.
    """

    def __init__(self, *rounds: Sequence[Step]) -> None:
        self._rounds = [list(steps) for steps in rounds]
        self.prompts: list[Prompt] = []
        """Every question, in order."""
        self.closed_early = 0
        """How many answers were closed or cancelled before their last step."""
        self.waiting = asyncio.Event()
        """Set once the model waits at a gate, cleared when it goes on."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Play the next round; see the port.

        Raises:
            AssertionError: more was asked than was scripted.
        """
        self.prompts.append(prompt)
        if len(self.prompts) > len(self._rounds):
            raise AssertionError(f"question {len(self.prompts)} is not in the script")
        steps = self._rounds[len(self.prompts) - 1]
        if not steps or not isinstance(steps[-1], ModelStopped | Exception):
            steps.append(ModelStopped("stop"))
        try:
            while steps:
                step = steps.pop(0)
                if isinstance(step, asyncio.Event):
                    await self._wait_at(step)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield (step,)
        finally:
            self.closed_early += bool(steps)

    async def _wait_at(self, gate: asyncio.Event) -> None:
        self.waiting.set()
        try:
            await gate.wait()
        finally:
            self.waiting.clear()

    def assert_played(self) -> None:
        """Fail unless every step of every round was played.

        Raises:
            AssertionError: with the steps that were not.
        """
        left = {number: steps for number, steps in enumerate(self._rounds, 1) if steps}
        if left or len(self.prompts) < len(self._rounds):
            raise AssertionError(f"unplayed steps by round: {left}")

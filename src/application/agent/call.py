"""One call of a tool, from its arguments to its result."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from msgspec import structs

from application.agent.results import for_readers
from application.agent.tool import SideEvent, Tool
from application.agent.toolbox import Toolbox, read_arguments
from domain.errors import InvalidRequest
from domain.turn.agent_events import ApprovalAsked, ApprovalSettled
from domain.turn.events import ToolCalled, ToolReturned

CallEvent = ToolCalled | SideEvent | ApprovalAsked | ApprovalSettled | ToolReturned


class Call:
    """Told by whoever runs it what happens, and heard by whoever tells the readers."""

    def __init__(self, box: Toolbox, called: ToolCalled) -> None:
        self.called = called
        self.tool: Tool | None = box.find(called.name)
        self.context = structs.replace(box.context, tell=self.say, call=called.id)
        self.arguments: Any = None
        self.refused: str | None = None
        """Why it is not run at all."""
        self.needs_approval = False
        self.for_model: ToolReturned | None = None
        """The result as the model gets it; None until there is one."""
        self._heard: list[CallEvent] = []
        self._news = asyncio.Event()
        self._read()

    @property
    def runs_alone(self) -> bool:
        """Whether nothing else may run beside it."""
        return self.needs_approval or (self.tool is not None and not self.tool.spec.together)

    def say(self, event: CallEvent) -> None:
        """Note something for the readers."""
        self._heard.append(event)
        self._news.set()

    def returns(self, for_readers: ToolReturned, for_model: ToolReturned) -> None:
        """Note the result, as those two get it; nothing is said after it."""
        self.for_model = for_model
        self.say(for_readers)

    async def events(self) -> AsyncGenerator[Sequence[CallEvent], None]:
        """Yield the call, what is said beside it as it comes, and its result."""
        shown = for_readers(self.called.arguments)
        yield (structs.replace(self.called, arguments=shown),)
        while True:
            await self._news.wait()
            self._news.clear()
            heard, self._heard = self._heard, []
            yield heard
            if isinstance(heard[-1], ToolReturned):
                return

    def _read(self) -> None:
        if self.tool is None:
            self.refused = f"Unknown tool: {self.called.name[:80]}"
            return
        try:
            self.arguments = read_arguments(self.tool, self.called)
        except InvalidRequest as error:
            self.refused = str(error)
            return
        self.needs_approval = self.tool.needs_approval(self.arguments, self.context)

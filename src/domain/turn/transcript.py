"""Folds the events of a turn into what is saved of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.turn.events import (
    CodeSession,
    ModelStopped,
    SourceCited,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
    TurnEvent,
)


class Transcript:
    """What has been said so far. Pieces are kept as they come and joined when asked for."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self.calls: list[ToolCalled] = []
        self._returned: set[str] = set()
        self.sources: list[SourceCited] = []
        self.stop: StopReason = "stop"
        self.note: str | None = None
        self.state: tuple[Mapping[str, Any], ...] = ()
        """What the model wants back with its last words."""
        self.code_session: str | None = None

    def add(self, events: Iterable[TurnEvent | ModelStopped]) -> None:
        """Take in the next events; those that leave no trace in the history pass by."""
        for event in events:
            if isinstance(event, TextDelta):
                self._text.append(event.text)
            elif isinstance(event, ThinkingDelta):
                self._thinking.append(event.text)
            elif isinstance(event, ToolCalled):
                self.calls.append(event)
            elif isinstance(event, ToolReturned):
                self._returned.add(event.id)
            elif isinstance(event, SourceCited):
                self.sources.append(event)
            elif isinstance(event, ModelStopped):
                self.stop, self.note, self.state = event.reason, event.note, event.state
            elif isinstance(event, CodeSession):
                self.code_session = event.id

    @property
    def awaits_client(self) -> bool:
        """Whether a call is left that only the client can run."""
        return any(call.awaited and call.id not in self._returned for call in self.calls)

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._text)

    @property
    def thinking(self) -> str:
        """The reasoning so far."""
        return "".join(self._thinking)

    @property
    def pieces(self) -> int:
        """How many pieces were said: grows with every one, so that savers see what is new."""
        return len(self._text) + len(self._thinking)

"""Folds the events of a turn into what is saved of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.charts import Chart
from domain.research import Research
from domain.turn.agent_events import AgentOnlyEvent, ChartMade, LoopStopped
from domain.turn.events import (
    CodeSession,
    MediaKept,
    ModelEvent,
    ModelStopped,
    PictureMade,
    SourceCited,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
    TurnEvent,
)
from domain.turn.research_events import ResearchOnlyEvent
from domain.turn.researched import RESEARCHED, FoundSoFar
from domain.turn.voice_events import VoiceStored

Said = TurnEvent | ModelEvent | AgentOnlyEvent | ResearchOnlyEvent


class Transcript:
    """What has been said so far. Pieces are kept as they come and joined when asked for."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self.calls: list[ToolCalled] = []
        self._returned: set[str] = set()
        self.sources: list[SourceCited] = []
        self.charts: list[Chart] = []
        self.agent: LoopStopped | None = None
        """How the work with tools of ours went, once it is over."""
        self.stop: StopReason = "stop"
        self.note: str | None = None
        self.state: tuple[Mapping[str, Any], ...] = ()
        """What the model wants back with its last words."""
        self.code_session: str | None = None
        self.pictures: list[PictureMade] = []
        self.media: list[MediaKept] = []
        self.voice: VoiceStored | None = None
        """The kept sound of the answer."""
        self._research = FoundSoFar()

    def add(self, events: Iterable[Said]) -> None:
        """Take in the next events; those that leave no trace in the history pass by."""
        for event in events:
            if isinstance(event, TextDelta):
                self._text.append(event.text)
            elif isinstance(event, ThinkingDelta):
                self._thinking.append(event.text)
            elif isinstance(event, RESEARCHED):
                self._research.add(event)
            else:
                self._note(event)

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
        """How many pieces there are: grows with every one, so that savers see what is new."""
        made = len(self.pictures) + len(self.media)
        return len(self._text) + len(self._thinking) + made + self._research.pieces

    @property
    def has_answer(self) -> bool:
        """Whether there is anything of an answer yet."""
        return bool(self._text or self._thinking or self.pictures or self.media)

    @property
    def research(self) -> Research | None:
        """What has come of research so far; None where there was none."""
        return self._research.sum

    def _note(self, event: Said) -> None:
        match event:
            case ToolCalled():
                self.calls.append(event)
            case ToolReturned():
                self._returned.add(event.id)
            case SourceCited():
                self.sources.append(event)
            case ChartMade():
                self.charts.append(event.chart)
            case LoopStopped():
                self.agent = event
            case ModelStopped():
                self.stop, self.note, self.state = event.reason, event.note, event.state
            case CodeSession():
                self.code_session = event.id
            case _:
                self._note_made(event)

    def _note_made(self, event: Said) -> None:
        match event:
            case PictureMade():
                self.pictures.append(event)
            case MediaKept():
                self.media.append(event)
            case VoiceStored():
                self.voice = event
            case _:
                return

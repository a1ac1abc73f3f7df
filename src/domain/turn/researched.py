"""Folds the events of research into what is saved of it."""

from msgspec import structs

from domain.research import Research
from domain.turn.research_events import QuestionOptimized, ReportDelta, ReportWritten, Stage

RESEARCHED = (QuestionOptimized, ReportDelta, ReportWritten, Stage)


class FoundSoFar:
    """Of one turn."""

    def __init__(self) -> None:
        self._sum: Research | None = None
        self._pieces: list[str] = []
        self._whole = False

    @property
    def pieces(self) -> int:
        """How many pieces of a report there are."""
        return len(self._pieces) + self._whole

    @property
    def sum(self) -> Research | None:
        """What has come of it; None before there is an instruction."""
        found = self._sum
        if found is None or self._whole:
            return found
        return structs.replace(found, report="".join(self._pieces))

    def add(self, event: QuestionOptimized | ReportDelta | ReportWritten | Stage) -> None:
        """Take in the next event."""
        if isinstance(event, ReportDelta):
            self._pieces.append(event.text)
        elif isinstance(event, QuestionOptimized):
            self._sum = Research(instruction=event.instruction, written_by=event.written_by)
        elif self._sum is not None:
            self._add(self._sum, event)

    def _add(self, found: Research, event: ReportWritten | Stage) -> None:
        if isinstance(event, ReportWritten):
            self._whole = True
            self._sum = structs.replace(
                found,
                report=event.text,
                whole=True,
                sources=event.sources,
                model=event.model,
                settings=event.settings,
            )
        elif event.name == "research":
            self._sum = structs.replace(found, model=event.model)
        elif event.name == "completed":
            self._sum = structs.replace(
                found,
                completed=True,
                timings_s=event.timings_s,
                conversation=event.conversation,
            )

"""What of all that is said on the way to an answer is for its readers."""

from collections.abc import Sequence

from application.chat.answer_event import AnswerEvent
from domain.turn.agent_events import LoopStopped, SpentBeside
from domain.turn.events import MediaGiven, ModelChosen, ModelStopped, TextDelta, TurnEvent
from domain.turn.research_events import QuestionOptimized, ReportDelta, StageBilled

ENGINES = (ModelStopped, SpentBeside, LoopStopped, QuestionOptimized, ReportDelta, StageBilled)
"""What is for the engine alone."""
_UNTOLD = (*ENGINES, MediaGiven)
"""Readers hear of media once they are kept."""


def readable(batch: Sequence[AnswerEvent | ModelChosen]) -> Sequence[TurnEvent]:
    """Return what of a batch readers may see: all of it when it is one piece of text, as mostly."""
    first = batch[0]
    if len(batch) == 1 and isinstance(first, TextDelta):
        return (first,)
    # Asked first, since there may be hundreds of them.
    return [e for e in batch if isinstance(e, TextDelta) or not isinstance(e, _UNTOLD)]

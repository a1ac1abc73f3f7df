"""Tells an answer from none: whoever asked must not be left before an empty page."""

from collections.abc import Sequence

from application.chat.answer_event import AnswerEvent
from domain.provider_errors import ContentRefused, EmptyAnswer
from domain.turn.events import (
    CodeSession,
    ModelStopped,
    ProviderRetrying,
    SourceCited,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
)

_NO_ANSWER = (ThinkingDelta, SourceCited, CodeSession, ModelStopped, ProviderRetrying)
"""What comes beside an answer; agents and research see to their own answers."""


class AnyAnswer:
    """Whether a model has given any answer, by what it says."""

    def __init__(self) -> None:
        """Begin before its first word."""
        self.given = False
        self._stop: StopReason = "stop"

    def hear(self, batch: Sequence[AnswerEvent]) -> None:
        """Take in what comes next; once an answer is given there is no need to."""
        for event in batch:
            if isinstance(event, ModelStopped):
                self._stop = event.reason
        self.given = any(_answers(event) for event in batch)

    def check(self, provider: str) -> None:
        """Take no silence for an answer.

        Raises:
            ContentRefused: moderation has kept the answer back.
            EmptyAnswer: the model ended without a word.
        """
        if self.given:
            return
        match self._stop:
            case "content_filter" | "refusal":
                raise ContentRefused(provider, f"{provider} withheld its answer (moderation)")
            case "length":
                how = "has used up the tokens allowed for its answer (max_tokens) without a word"
            case _:
                how = "ended its answer without a word"
        raise EmptyAnswer(provider, f"{provider} {how}")


def _answers(event: AnswerEvent) -> bool:
    match event:
        case TextDelta(text=text):
            return bool(text.strip())
        case ToolCalled(run_by_provider=by_provider):
            return not by_provider
        case _:
            return not isinstance(event, _NO_ANSWER)

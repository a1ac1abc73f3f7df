"""What becomes of a turn, from what became of its work."""

import asyncio
from typing import Any

import structlog

from application.chat.stop_switch import Cancelled, StopSwitch
from application.flow.exhaustion import exhausted
from domain.conversation.conversation import AnswerState
from domain.errors import InvalidRequest, NotConfigured, ParleyError, SpendingCapReached
from domain.provider_errors import ProviderDown, ProviderError, ProviderOverloaded
from domain.speech.errors import HearingFailed
from domain.turn.errors import TurnInterrupted
from domain.turn.events import TurnCancelled, TurnCompleted, TurnEnding, TurnFailed, Work

log = structlog.get_logger("turns")


def ending_of(
    work: asyncio.Task[None],
    switch: StopSwitch,
    *,
    after_content: bool,
    speech_settled: bool,
    paused: bool = False,
    work_done: Work = "answer",
) -> TurnEnding:
    """Return the ending for work that is done.

    Args:
        work: finished, failed or cancelled.
        switch: who stopped it, if anybody did.
        after_content: some of the answer had been said.
        speech_settled: readers know already how speech ends.
        paused: the client has to run a tool before the answer can go on.
        work_done: of which kind the work is.
    """
    error: BaseException | None
    if work.cancelled():
        error = switch.why or TurnInterrupted()
    elif (error := work.exception()) is not None and switch.why is not None:
        error = switch.why  # A closed connection makes some libraries complain; it was our wish.
    match error:
        case None:
            return TurnCompleted(speech_settled=speech_settled, paused=paused)
        case Cancelled():
            return TurnCancelled(speech_settled=speech_settled)
        case ParleyError():
            return TurnFailed(
                error.code,
                str(error),
                after_content=after_content,
                speech_settled=speech_settled,
                work=work_done,
                **_details(error),
            )
        case _:
            log.error("turn failed", exc_info=error)
            used_up = exhausted(error)
            return TurnFailed(
                (used_up or ParleyError).code,
                str(used_up or "Internal server error"),
                after_content=after_content,
                speech_settled=speech_settled,
                work=work_done,
            )


def state_of(ending: TurnEnding) -> AnswerState:
    """Return how the answer is marked in the history."""
    match ending:
        case TurnCompleted():
            return AnswerState.COMPLETED
        case TurnCancelled():
            return AnswerState.CANCELLED
        case TurnFailed(code=TurnInterrupted.code):
            return AnswerState.INTERRUPTED
        case TurnFailed():
            return AnswerState.FAILED


def _details(error: ParleyError) -> dict[str, Any]:
    match error:
        case ProviderOverloaded() | ProviderDown():
            return {"provider": error.provider, "retry_after_s": error.retry_after_s}
        case ProviderError():
            return {"provider": error.provider}
        case HearingFailed() if error.provider is not None:
            return {"provider": error.provider}
        case SpendingCapReached():
            return {"retry_after_s": error.retry_after_s}
        case InvalidRequest():
            return {"field": error.field}
        case NotConfigured():
            return {"field": error.key}
        case _:
            return {}

"""Errors as clients are told of them: answers over HTTP, frames on a socket."""

import math
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from domain.errors import FileRefused, InvalidRequest, NotAuthenticated, NotConfigured, ParleyError
from domain.media import VideoJob
from domain.media_errors import UnknownMediaModel
from domain.provider_errors import ProviderError
from domain.storage_errors import FilesUnavailable, StorageRefused, StorageUnavailable
from domain.turn.events import TurnCancelled, TurnFailed
from entrypoints.web.meanings import MEANINGS, UNEXPECTED, WAITS_S, Door, Meaning
from entrypoints.web.wire.envelopes import Detail, ErrorDetail, ErrorEnvelope

INTERNAL = "Internal server error"
SAY_IT_ALL = (NotConfigured, StorageUnavailable, StorageRefused, FilesUnavailable)
"""What is missing they say, and what is away or full a line of the storage's own; where in our code
it was noticed tells nobody anything."""


class TurnDidNotAnswer(Exception):
    """The turn ended without an answer to give."""

    def __init__(self, ending: TurnFailed | TurnCancelled) -> None:
        super().__init__(type(ending).__name__)
        self.ending = ending


class JobDidNotSucceed(Exception):
    """A job that somebody waited for has ended without a result."""

    def __init__(self, job: VideoJob) -> None:
        super().__init__(job.state)
        self.job = job


class Problem(Struct, frozen=True):
    """An answer that says what went wrong."""

    status: int
    body: ErrorEnvelope
    headers: Mapping[str, str] = {}


def stage_of(code: str, after_content: bool) -> str:  # noqa: FBT001 - a frame's two facts
    """Return the contract's stage of an error, given whether some of the answer was sent."""
    meaning = MEANINGS.get(code, UNEXPECTED)
    return (meaning.late_stage if after_content else None) or meaning.stage


def told(error: ParleyError) -> dict[str, Any]:
    """Return the frame that tells of an error of ours, before anything was answered."""
    body: dict[str, Any] = {
        "type": "error",
        "content": str(error),
        "stage": stage_of(error.code, after_content=False),
        "code": error.code,
    }
    wait_s = getattr(error, "retry_after_s", None) or WAITS_S.get(error.code)
    return body if wait_s is None else body | {"retry_after": wait_s}


def problem(error: ParleyError, door: Door = "history") -> Problem:
    """Return the answer for an error of ours."""
    text = INTERNAL if error.code == ParleyError.code else str(error)
    provider = error.provider if isinstance(error, ProviderError) else None
    wait_s: float | None = getattr(error, "retry_after_s", None)
    return _problem(error.code, text, door, _data(error), wait_s, provider)


def problem_of_turn(ending: TurnFailed | TurnCancelled, door: Door = "history") -> Problem:
    """Return the answer for a turn that ended without one."""
    if isinstance(ending, TurnCancelled):
        return _problem("cancelled", "Request cancelled", door, None)
    data = None
    if ending.field is not None:
        data = {"key" if ending.code == NotConfigured.code else "field": ending.field}
    return _problem(ending.code, ending.message, door, data, ending.retry_after_s, ending.provider)


def problem_of_job(job: VideoJob, door: Door = "history") -> Problem:
    """Return the answer for a job that ended without a result."""
    text = job.error or "The video could not be made"
    return _problem(job.error_code or ParleyError.code, text, door, None, None, job.provider)


def unexpected(request_id: str | None, door: Door = "history") -> Problem:
    """Return the answer for anything nobody foresaw; its id finds the trace in the log."""
    data = {"error_id": request_id} if request_id else None
    return _problem(ParleyError.code, INTERNAL, door, data)


def refused(
    status: int,
    message: str,
    detail: Detail,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """Return the answer for a request that did not get as far as a use case."""
    return Problem(
        status, ErrorEnvelope(code=status, message=message, data=data, detail=detail), headers or {}
    )


def _data(error: ParleyError) -> dict[str, Any] | None:
    match error:
        case NotAuthenticated(code=NotAuthenticated.code):
            return {"reason": error.reason}
        case FileRefused() if error.extension is not None:
            return {"extension": error.extension}
        case UnknownMediaModel():
            return {"key": error.key}
        case InvalidRequest() if error.field is not None:
            return {"field": error.field}
        case NotConfigured():
            return {"key": error.key}
        case _:
            return None


def _problem(
    code: str,
    message: str,
    door: Door,
    data: Mapping[str, Any] | None,
    wait_s: float | None = None,
    provider: str | None = None,
) -> Problem:
    meaning = MEANINGS.get(code, UNEXPECTED)
    status = _status(meaning, door)
    context = {**(data or {}), **({"provider": provider} if provider else {})}
    detail = _detail(meaning, message, door, context)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        # Whole seconds, rounded up: coming back early only earns another refusal.
        wait_s = WAITS_S.get(code, 1) if wait_s is None else wait_s
        headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    body = ErrorEnvelope(code=status, message=message, data=data, detail=detail)
    return Problem(status, body, headers)


def _status(meaning: Meaning, door: Door) -> int:
    if door == "history":
        return meaning.status
    own = meaning.media_status if door == "media" else None
    return own or meaning.chat_status or meaning.status


def _detail(
    meaning: Meaning, message: str, door: Door, context: Mapping[str, Any]
) -> Detail | UnsetType:
    if door == "batch":
        return message
    if meaning.status in (401, 403, 501) or meaning is UNEXPECTED:
        # Tests and clients of the contract read plain text here.
        return message if door != "history" or meaning.status == 403 else UNSET
    return ErrorDetail(meaning.word, message, context) if door != "history" else UNSET

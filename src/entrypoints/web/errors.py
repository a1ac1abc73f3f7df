"""What each error is to a client: HTTP status and socket stage, in one table."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from domain.errors import (
    FileRefused,
    InvalidRequest,
    NotAuthenticated,
    NotConfigured,
    ParleyError,
)
from domain.media import VideoJob
from domain.media_errors import UnknownMediaModel
from domain.provider_errors import ProviderError
from domain.turn.events import TurnCancelled, TurnFailed
from entrypoints.web.wire.envelopes import Detail, ErrorDetail, ErrorEnvelope

Door = Literal["history", "chat", "media", "batch"]
"""Whose error bodies an endpoint speaks: envelope A, the chat endpoints' `detail`, the same with
the statuses of the endpoints that draw and film, or chat's statuses with a `detail` in words."""

INTERNAL = "Internal server error"


class Meaning(Struct, frozen=True):
    """What one error code is to a client."""

    status: int
    word: str
    """The contract's word for it in the `detail` of the chat endpoints."""
    stage: str
    """The contract's stage on the socket …"""
    late_stage: str | None = None
    """… and once some of the answer has been sent, where that differs."""
    chat_status: int | None = None
    """The status at the chat endpoints, where that differs …"""
    media_status: int | None = None
    """… and where pictures and clips are made."""


def _invalid(status: int = 422, chat_status: int | None = 400) -> Meaning:
    return Meaning(status, "validation_error", "validation", chat_status=chat_status)


def _provider(status: int = 502) -> Meaning:
    return Meaning(status, "provider_error", "provider", "text")


def _turn(status: int, stage: str = "internal", late: str | None = "text") -> Meaning:
    return Meaning(status, "service_error", stage, late)


_UNEXPECTED = Meaning(500, "internal_error", "internal")

MEANINGS: Mapping[str, Meaning] = {
    "internal": _UNEXPECTED,
    "invalid_request": _invalid(),
    "unknown_model": _invalid(),
    "unknown_media_model": Meaning(422, "configuration_error", "validation", chat_status=400),
    "model_cannot": _invalid(),
    "operation_unsupported": _invalid(501, 501),
    "feature_unavailable": _invalid(),
    "question_differs": _invalid(409, 409),
    "too_many_turns": _invalid(429, 429),
    "too_many_jobs": _invalid(429, 429),
    "too_many_batch_requests": _invalid(429, 429),
    "too_many_attempts": _invalid(429, 429),
    "spending_cap": _invalid(429, 429),
    "archive_refused": _invalid(),
    "archive_too_large": _invalid(413, 413),
    "archive_changed": _invalid(409, 409),
    "import_running": _invalid(429, 429),
    "file_refused": _invalid(400),
    "file_too_large": _invalid(413, 413),
    "access_denied": _invalid(403, 403),
    "not_authenticated": Meaning(401, "authentication_error", "validation"),
    "bad_credentials": Meaning(401, "authentication_error", "validation"),
    "not_found": _invalid(404, 404),
    "already_exists": _invalid(409, 409),
    "not_configured": Meaning(500, "configuration_error", "provider", media_status=502),
    "provider_error": _provider(),
    "provider_unauthorized": _provider(),
    "provider_rejected": _provider(),
    "context_too_long": _provider(),
    "content_refused": _provider(),
    "model_not_offered": _provider(),
    "provider_overloaded": _provider(429),
    "provider_unavailable": _provider(),
    "provider_down": _provider(503),
    "provider_unreachable": _provider(),
    "provider_timeout": _provider(),
    "provider_connect_timeout": _provider(),
    "provider_first_token_timeout": _provider(),
    "provider_stalled": _provider(),
    "provider_broke_off": _provider(),
    "provider_garbled": _provider(),
    "empty_answer": _provider(),
    "work_failed": _provider(),
    "result_lost": _provider(),
    "job_error": Meaning(502, "service_error", "internal"),
    "job_timeout": Meaning(502, "provider_error", "provider"),
    "job_interrupted": Meaning(502, "service_error", "internal"),
    "job_cancelled": Meaning(409, "service_error", "internal"),
    "tool_server_error": _provider(),
    "tool_server_unreachable": _provider(),
    "tool_server_unauthorized": _provider(),
    "tool_server_timeout": _provider(),
    "tool_server_gone": _provider(),
    "tool_server_garbled": _provider(),
    "tool_server_flooded": _provider(),
    "tool_server_down": _provider(503),
    "remote_tool_failed": _provider(),
    "storage_error": Meaning(500, "service_error", "database"),
    "storage_unavailable": Meaning(503, "service_error", "database"),
    "files_unavailable": Meaning(502, "service_error", "internal"),
    "storage_outcome_unknown": Meaning(500, "service_error", "database"),
    "hearing_failed": Meaning(502, "provider_error", "stt"),
    "hearing_refused": Meaning(502, "provider_error", "connection"),
    "hearing_broke": Meaning(502, "provider_error", "transcription"),
    "nothing_heard": Meaning(422, "validation_error", "transcription", chat_status=400),
    "no_sound": Meaning(422, "validation_error", "audio_collection", chat_status=400),
    "recording_too_long": _invalid(),
    "voiced_no_message": Meaning(422, "validation_error", "database"),
    "turn_error": _turn(500),
    "timeout": _turn(504),
    "interrupted": _turn(503),
    "deleted": _turn(410, "validation", None),
    "turn_too_long": _turn(502),
    "no_buffer": _turn(410, "validation", None),
    "shutting_down": Meaning(503, "service_error", "internal"),
    "cancelled": _turn(409, late=None),
}
"""By `ParleyError.code`, which events carry too; what is not here is unexpected."""

_WAITS_S: Mapping[str, float] = {
    "too_many_turns": 1,
    "import_running": 5,
    "storage_unavailable": 1,
    "shutting_down": 5,
    "provider_overloaded": 5,
}
"""`Retry-After` where the error itself does not say how long to wait."""


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
    meaning = MEANINGS.get(code, _UNEXPECTED)
    return (meaning.late_stage if after_content else None) or meaning.stage


def told(error: ParleyError) -> dict[str, Any]:
    """Return the frame that tells of an error of ours, before anything was answered."""
    body: dict[str, Any] = {
        "type": "error",
        "content": str(error),
        "stage": stage_of(error.code, after_content=False),
        "code": error.code,
    }
    wait_s = getattr(error, "retry_after_s", None) or _WAITS_S.get(error.code)
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
    meaning = MEANINGS.get(code, _UNEXPECTED)
    status = _status(meaning, door)
    context = {**(data or {}), **({"provider": provider} if provider else {})}
    detail = _detail(meaning, message, door, context)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        # Whole seconds, rounded up: coming back early only earns another refusal.
        wait_s = _WAITS_S.get(code, 1) if wait_s is None else wait_s
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
    if meaning.status in (401, 403, 501) or meaning is _UNEXPECTED:
        # Tests and clients of the contract read plain text here.
        return message if door != "history" or meaning.status == 403 else UNSET
    return ErrorDetail(meaning.word, message, context) if door != "history" else UNSET

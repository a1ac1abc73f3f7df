"""What each error is to a client: HTTP status and socket stage, in one table."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Door = Literal["history", "chat", "media", "batch"]
"""Whose error bodies an endpoint speaks: envelope A, the chat endpoints' `detail`, the same with
the statuses of the endpoints that draw and film, or chat's statuses with a `detail` in words."""


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


UNEXPECTED = Meaning(500, "internal_error", "internal")

MEANINGS: Mapping[str, Meaning] = {
    "internal": UNEXPECTED,
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
    "provider_unpaid": _provider(),
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
    "storage_refused": Meaning(503, "service_error", "database"),
    "files_unavailable": Meaning(502, "service_error", "internal"),
    "storage_outcome_unknown": Meaning(500, "service_error", "database"),
    "hearing_failed": Meaning(502, "provider_error", "stt"),
    "hearing_refused": Meaning(502, "provider_error", "connection"),
    "hearing_broke": Meaning(502, "provider_error", "transcription"),
    "nothing_heard": Meaning(422, "validation_error", "transcription", chat_status=400),
    "no_sound": Meaning(422, "validation_error", "audio_collection", chat_status=400),
    "recording_too_long": _invalid(),
    "voiced_no_message": Meaning(422, "validation_error", "database"),
    "server_exhausted": Meaning(503, "service_error", "internal"),
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

WAITS_S: Mapping[str, float] = {
    "too_many_turns": 1,
    "import_running": 5,
    "storage_unavailable": 1,
    "storage_refused": 30,
    "shutting_down": 5,
    "server_exhausted": 5,
    "provider_overloaded": 5,
}
"""`Retry-After` where the error itself does not say how long to wait."""

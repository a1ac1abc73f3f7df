"""Recordings, written down."""

from typing import Any

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from application.speech.transcribe_recording import TranscribeRecording
from domain.errors import FileRefused, FileTooLarge, InvalidRequest, NotConfigured, ParleyError
from domain.provider_errors import ProviderError
from domain.speech.orders import Recording
from entrypoints.web.documented import BEARER_OR_URL, errors
from entrypoints.web.errors import problem
from entrypoints.web.identity import SignedIn, check_customer, signed_in_by_url
from entrypoints.web.wire.envelopes import ErrorEnvelope
from entrypoints.web.wire.transcriptions import (
    InvalidPayload,
    TranscriptionEnvelope,
    TranscriptionForm,
    envelope,
    invalid,
    made_up,
    read_form,
)
from entrypoints.wiring.settings import Settings

log = structlog.get_logger("speech")

_PLAIN_REFUSALS = (401, 403, 409, 413, 429)
"""Statuses that any endpoint gives, whatever this one says of its own errors."""


def _makes_no_sense(_: Request[Any, Any, Any], error: InvalidPayload) -> Response[ErrorEnvelope]:
    return Response(invalid(error), status_code=400)


def _failed(request: Request[Any, Any, Any], error: ParleyError) -> Response[ErrorEnvelope]:
    found = problem(error)
    if found.status in _PLAIN_REFUSALS and not isinstance(error, ProviderError):
        return Response(found.body, status_code=found.status, headers=dict(found.headers))
    if isinstance(error, InvalidRequest):
        place = ("file",) if isinstance(error, FileRefused) else ("user_settings", "speech")
        field = (error.field,) if error.field else ()
        return _makes_no_sense(request, InvalidPayload((*place, *field), str(error)))
    if isinstance(error, ProviderError | NotConfigured):
        log.warning("transcription failed", code=error.code, error=str(error))
        body = ErrorEnvelope(code=502, message=str(error))
        return Response(body, status_code=502)
    log.warning("request failed", code=error.code, exc_info=error)
    return Response(found.body, status_code=found.status, headers=dict(found.headers))


FAILURES: dict[int | type[Exception], Any] = {
    InvalidPayload: _makes_no_sense,
    ParleyError: _failed,
}


@post(
    "/api/v1/audio/transcribe",
    status_code=200,
    guards=[signed_in_by_url],
    exception_handlers=FAILURES,
    tags=["Speech"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 422, 429, 502),
    summary="Write down a recording",
)
@inject
async def transcribe(
    request: SignedIn,
    data: MultipartBody[TranscriptionForm],
    use_case: FromDishka[TranscribeRecording],
    settings: FromDishka[Settings],
) -> TranscriptionEnvelope:
    """Write down what a recording says, or translate it."""
    try:
        check_customer(data.customer_id, request.user)
        wanted = read_form(data)
        content = await uploaded(data.file, settings.recording_bytes)
        if wanted.is_test:
            return made_up(wanted, request.user)
        recording = Recording(content, data.file.content_type, wanted.label)
        return envelope(wanted, await use_case(request.user, recording, wanted.wish))
    finally:
        await data.file.close()


async def uploaded(file: UploadFile, most_bytes: int) -> bytes:
    """Return what was uploaded.

    Raises:
        FileTooLarge: it is more than this server takes.
        FileRefused: there is nothing in it.
    """
    content = await file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise FileTooLarge(most_bytes)
    if not content:
        raise FileRefused("The recording is empty", "file")
    return content

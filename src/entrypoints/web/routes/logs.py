"""Logs that clients have written of themselves."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from msgspec import Struct

from application.files.upload_log import UploadLog
from entrypoints.web.documented import BEARER, errors, file_field, takes_form
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.uploads import receive_log
from entrypoints.web.wire.envelopes import Envelope


class StoredLog(Struct, frozen=True):
    """Under which name the log is kept, and its size in bytes."""

    filename: str
    size: int


@post(
    "/api/v1/admin/logs/upload",
    status_code=200,
    guards=[signed_in],
    request_max_body_size=None,  # The form counts for itself, as it comes.
    operation_class=takes_form(("file",), {"file": file_field()}),
    tags=["Files"],
    security=BEARER,
    responses=errors(401, 403, 404, 409, 422, 502),
    summary="Upload a log",
)
@inject
async def upload_log(request: SignedIn, use_case: FromDishka[UploadLog]) -> Envelope[StoredLog]:
    """Keep a client's log with its user's files, in the folder `logs`."""
    found = await receive_log(request, use_case)
    name = found.key.rpartition("/")[2]
    return Envelope(message="Log uploaded successfully", data=StoredLog(name, found.size_bytes))

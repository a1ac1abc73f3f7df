"""Uploading files, opening them by their links, listing and deleting them."""

from typing import Annotated, Any

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, Response, delete, get, head, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import PathParameter, QueryParameter

from application.files.links import FileLinks
from application.files.own_files import DeleteFile, ListFiles, ShowFile
from application.files.upload_file import UploadFile
from application.ports.files import PAGE, Files
from domain.errors import FileNotFound, InvalidRequest
from domain.files.keys import owner_of, read_key
from domain.files.kinds import UPLOADS, extension_of
from domain.ids import FileKey
from entrypoints.web.documented import (
    BEARER,
    BEARER_OR_URL,
    errors,
    file_field,
    takes_form,
    text_field,
)
from entrypoints.web.errors import refused
from entrypoints.web.file_reply import (
    SAFE_HEADERS,
    FileReply,
    Unsatisfiable,
    headers_of,
    part_of,
    unchanged,
)
from entrypoints.web.identity import SignedIn, signed_in, signed_in_by_url
from entrypoints.web.uploads import receive
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.files import (
    FileList,
    FileObject,
    UploadEnvelope,
    UploadMeta,
    file_list,
    file_object,
    uploaded,
)

_MOST_LISTED = 1000

AnyRequest = Request[Any, Any, Any]
KeyPath = Annotated[str, PathParameter(description="The file's key; it begins with its owner.")]
After = Annotated[str, QueryParameter(description="The `next` of the page before.")]
Limit = Annotated[int, QueryParameter(ge=1, le=_MOST_LISTED)]
Expires = Annotated[int, QueryParameter(description="As it stands in the link.")]
Signature = Annotated[str, QueryParameter(description="As it stands in the link.")]


_Form = takes_form(
    ("file", "category", "action", "customer_id"),
    {
        "file": file_field(f"Named with one of: {', '.join(sorted(UPLOADS))}."),
        "category": text_field("Echoed in `meta`."),
        "action": text_field("Echoed in `meta`."),
        "customer_id": Schema(
            type=OpenAPIType.INTEGER, description="Must be the customer of the token."
        ),
        "user_input": text_field("JSON; `force_filename` is the whole name."),
        "user_settings": text_field("JSON; unused."),
        "asset_input": text_field("JSON; unused."),
    },
)


@post(
    "/api/v1/storage/upload",
    status_code=200,
    guards=[signed_in_by_url],
    request_max_body_size=None,  # The form counts for itself, as it comes.
    operation_class=_Form,
    tags=["Files"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 404, 409, 422, 502),
    summary="Upload a file",
)
@inject
async def upload_file(
    request: SignedIn, use_case: FromDishka[UploadFile], links: FromDishka[FileLinks]
) -> UploadEnvelope:
    """Store the file of a form; the answer's `url` opens it for some hours."""
    found = await receive(request, use_case, ("category", "action", "customer_id"))
    return UploadEnvelope(
        message="File uploaded successfully",
        data=uploaded(found.file, links),
        meta=UploadMeta(
            category=found.said["category"],
            action=found.said["action"],
            extension=extension_of(found.file.key),
            content_type=found.file.mime_type,
        ),
    )


@get(
    "/files/{key:path}",
    tags=["Files"],
    security=[],
    responses=errors(404, 416, 422, 502)
    | {
        200: ResponseSpec(
            data_container=bytes,
            generate_examples=False,
            description="The content. `Range` is answered with 206, what the client has with 304.",
            media_type="application/octet-stream",  # pyright: ignore[reportArgumentType] - any text works
        )
    },
    summary="Open a file by its link",
)
@inject
async def open_file(
    request: AnyRequest,
    key: KeyPath,
    expires: Expires,
    signature: Signature,
    files: FromDishka[Files],
    links: FromDishka[FileLinks],
) -> Response[Any]:
    """Send the file that a link names, to whoever has the link, until the link ends."""
    opened, left = links.opened(key.removeprefix("/"), expires, signature)
    found = await files.about(owner_of(opened), opened)
    if unchanged(found, request.headers):
        return Response(None, status_code=304, headers=headers_of(found, left))
    direct = await files.direct_link(found, left)
    if direct is not None:
        away = {**SAFE_HEADERS, "Location": direct, "Cache-Control": "private, no-store"}
        return Response(b"", status_code=307, headers=away, media_type=found.mime_type)
    try:
        part = part_of(found, request.headers)
    except Unsatisfiable:
        why = "The file has no such bytes"
        place = {"Content-Range": f"bytes */{found.size_bytes}"}
        return Response(refused(416, why, why).body, status_code=416, headers=place)
    return FileReply(files, found, part, left)


@head("/files/{key:path}", include_in_schema=False)
@inject
async def describe_file(
    key: KeyPath,
    expires: Expires,
    signature: Signature,
    files: FromDishka[Files],
    links: FromDishka[FileLinks],
) -> Response[None]:
    """Say of a file what opening it would say."""
    opened, left = links.opened(key.removeprefix("/"), expires, signature)
    return FileReply(files, await files.about(owner_of(opened), opened), None, left)


@get(
    "/api/v1/files",
    guards=[signed_in],
    tags=["Files"],
    security=BEARER,
    responses=errors(401, 403, 422, 502),
    summary="List the files",
)
@inject
async def list_files(
    request: SignedIn,
    use_case: FromDishka[ListFiles],
    links: FromDishka[FileLinks],
    after: After = "",
    limit: Limit = PAGE,
) -> Envelope[FileList]:
    """Return the caller's files with fresh links, oldest days first."""
    begin = read_key(after)
    if after and begin is None:
        raise InvalidRequest("after must be the `next` of another page", "after")
    page = await use_case(request.user, begin, limit)
    return Envelope(message="Files retrieved successfully", data=file_list(page, links))


@get(
    "/api/v1/files/{key:path}",
    guards=[signed_in],
    tags=["Files"],
    security=BEARER,
    responses=errors(401, 403, 404, 422, 502),
    summary="Show a file",
)
@inject
async def show_file(
    request: SignedIn, key: KeyPath, use_case: FromDishka[ShowFile], links: FromDishka[FileLinks]
) -> Envelope[FileObject]:
    """Return what is known of one of the caller's files, with a fresh link."""
    found = await use_case(request.user, _key(key))
    return Envelope(message="File retrieved successfully", data=file_object(found, links))


@delete(
    "/api/v1/files/{key:path}",
    status_code=200,
    guards=[signed_in],
    tags=["Files"],
    security=BEARER,
    responses=errors(401, 403, 404, 422, 502),
    summary="Delete a file",
)
@inject
async def delete_file(
    request: SignedIn, key: KeyPath, use_case: FromDishka[DeleteFile]
) -> Envelope[None]:
    """Remove one of the caller's files for good; every link to it ends with it."""
    await use_case(request.user, _key(key))
    return Envelope(message="File deleted", data=None)


def _key(path: str) -> FileKey:
    key = read_key(path.removeprefix("/"))
    if key is None:
        raise FileNotFound(FileKey(path))
    return key

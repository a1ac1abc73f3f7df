"""A whole account as one file, and one file as part of an account."""

import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType, json

from application.ports.clock import Clock
from application.transfer.export_account import ExportAccount, Mark
from application.transfer.receive_archive import ReceiveArchive
from domain.errors import ParleyError
from domain.transfer.errors import ArchiveRefused
from domain.transfer.progress import Progress
from domain.transfer.tally import Tally
from entrypoints.web.documented import BEARER, answers_also, errors, line_stream
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.live import Live, Write
from entrypoints.web.presence import body_of

log = structlog.get_logger("transfer")

LINES = "application/x-ndjson"
_GZIP = "application/gzip"
_PACKER = 31
"""zlib's word for gzip with the largest window."""

After = Annotated[
    int,
    QueryParameter(
        ge=0, le=10**15, description="How many whole lines of an earlier try are kept; 0: none."
    ),
]
KeptDigest = Annotated[
    str | None,
    QueryParameter(
        required=False,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of those lines without the first; a part that is out of date is then"
        " told at once (409), and not at the import.",
    ),
]
Packed = Annotated[bool, QueryParameter(description="Pack the archive by gzip.")]


class ArchiveLine(Struct, frozen=True):
    """One line; `docs/archive.md` has the fields of each type."""

    type: str


class ImportStep(Struct, frozen=True, omit_defaults=True):
    """How far an import has come. The last line is `stored` or `failed`."""

    type: str
    """`checked` (the archive is good; nothing is stored yet), `storing`, `stored`, `failed`."""
    done: int
    """Records that are stored or were there already."""
    total: int
    added: Tally | UnsetType = UNSET
    """What was not there before."""
    code: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    """Of a failure: why it stopped. The same archive once more goes on from there."""


@dataclass
class _FileBody(Operation):
    """An operation whose body is a file of any size, which is not read into memory."""

    def __post_init__(self) -> None:
        schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        content = {"application/octet-stream": OpenAPIMediaType(schema=schema)}
        self.request_body = RequestBody(content=content, required=True)


@get(
    "/api/v1/account/export",
    operation_class=answers_also(_GZIP),
    guards=[signed_in],
    tags=["Accounts"],
    security=BEARER,
    responses=errors(401, 403, 404, 409, 422)
    | line_stream(ArchiveLine, LINES, "The archive; one that broke off lacks its `end` line."),
    summary="Export the account",
)
@inject
async def export_account(
    request: SignedIn,
    use_case: FromDishka[ExportAccount],
    clock: FromDishka[Clock],
    after: After = 0,
    sha256: KeptDigest = None,
    gzip: Packed = False,  # noqa: FBT002 - a query parameter
) -> Live:
    """Send everything that is stored of the caller, as lines of JSON.

    `X-Parley-Records` says how many records there are, about: the account may change meanwhile.
    """
    user = request.user
    total = (await use_case.tally(user)).records
    pages = use_case(user, Mark(after, sha256))
    # What is refused must be refused before the answer begins.
    nothing: Sequence[bytes] = ()
    first = await anext(pages, nothing)

    async def source(write: Write) -> None:
        packer = zlib.compressobj(wbits=_PACKER) if gzip else None
        async with aclosing(_pieces(first, pages)) as pieces:
            async for piece in pieces:
                if packed := packer.compress(piece) if packer else piece:
                    await write(packed)
        if packer:
            await write(packer.flush())

    name = f"parley-{clock.now():%Y-%m-%d}.jsonl{'.gz' if gzip else ''}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Parley-Records": str(total),
    }
    return Live(source, clock, media_type=_GZIP if gzip else LINES, headers=headers)


@post(
    "/api/v1/account/import",
    status_code=200,
    guards=[signed_in],
    tags=["Accounts"],
    security=BEARER,
    request_max_body_size=None,
    operation_class=_FileBody,
    responses=errors(401, 403, 404, 413, 422, 429)
    | line_stream(ImportStep, LINES, "How far it has come, a line now and then."),
    summary="Import an archive",
)
@inject
async def import_account(
    request: SignedIn, use_case: FromDishka[ReceiveArchive], clock: FromDishka[Clock]
) -> Live:
    """Take over what is in the body: an archive of Parley, or an export of ChatGPT or Claude.

    The answer begins when the whole archive was found good; one that is refused leaves the account
    as it was. Leaving stops it; the same archive once more completes it, and doubles nothing.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise ArchiveRefused("send the file itself as the body, not within a form")
    steps = use_case(request.user, body_of(request))
    async for step in steps:
        if step.stage == "checked":
            break
    else:
        raise AssertionError("an import tells when it has checked the archive")

    async def source(write: Write) -> None:
        async with aclosing(steps):
            await write(_line(step))
            last = step
            try:
                async for last in steps:
                    await write(_line(last))
            except ParleyError as error:
                log.warning("import stopped", code=error.code, exc_info=error)
                await write(_line(last, error))

    return Live(source, clock, media_type=LINES)


async def _pieces(
    first: Sequence[bytes], pages: AsyncGenerator[Sequence[bytes], None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(pages):
        yield b"".join(first)
        async for page in pages:
            yield b"".join(page)


def _line(step: Progress, error: ParleyError | None = None) -> bytes:
    told = ImportStep(
        type="failed" if error else step.stage,
        done=step.done,
        total=step.total or 0,
        added=step.added,
        code=error.code if error else UNSET,
        message=str(error) if error else UNSET,
    )
    return json.encode(told) + b"\n"

"""What the user has attached, and what was too long to be told at once."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from msgspec import Meta, Struct

from application.agent.tool import Attachment, Tool, ToolContext
from application.files.sources import AttachmentSources
from application.ports.downloads import Downloaded
from application.ports.page_text import PageReader
from application.ports.pdf_text import PdfText
from domain.errors import InvalidRequest
from domain.files.keys import key_in, name_of
from domain.tools import ToolSpec, parameters_of
from domain.turn.prompt import AudioPart, FilePart, ImagePart

_MOST_CHARS = 15_000
_PDF = "application/pdf"


class ReadFileArguments(Struct, frozen=True):
    """Which file, and which part of it."""

    file: (
        Annotated[
            str,
            Meta(
                max_length=500,
                description="Number or name from the list, or the `rest` of a result. Without it"
                " the files are listed.",
            ),
        ]
        | None
    ) = None
    offset: Annotated[int, Meta(ge=0, description="Character to begin with.")] = 0
    limit: Annotated[int, Meta(ge=1, le=_MOST_CHARS, description="Characters.")] = _MOST_CHARS


class ReadFile(Tool):
    """Attachments of this conversation's messages, and files of the user's own."""

    spec = ToolSpec(
        "read_file",
        "List the files that the user has attached, or read one as text, part by part.",
        parameters_of(ReadFileArguments),
        outside=True,
        limit_s=60,
    )
    takes = ReadFileArguments

    def __init__(self, sources: AttachmentSources, pdf: PdfText, pages: PageReader) -> None:
        self._sources = sources
        self._pdf = pdf
        self._pages = pages

    async def __call__(
        self, arguments: ReadFileArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the list, or a part of a file.

        Raises:
            InvalidRequest: there is no such file among the attachments, or it is no text.
            FileNotFound: the user has no such file.
        """
        if arguments.file is None:
            return {"files": [_about(at, one) for at, one in enumerate(context.files, 1)]}
        url = _address(arguments.file.strip(), context)
        text = await self._text(await self._sources.fetch(context.user, url))
        end = arguments.offset + arguments.limit
        return {
            "file": arguments.file,
            "text": text[arguments.offset : end],
            "characters": len(text),
            "next_offset": end if end < len(text) else None,
        }

    async def _text(self, found: Downloaded) -> str:
        if found.mime_type == _PDF:
            read = await self._pdf.read(found.content)
            return "\n\n".join(f"[page {at}]\n{page}" for at, page in enumerate(read.pages, 1))
        if found.is_html:
            return (await self._pages.read(found.content)).text
        if found.is_text:
            return found.content.decode(errors="replace")
        raise InvalidRequest(f"It is {found.mime_type} and cannot be read as text", "file")


def _address(named: str, context: ToolContext) -> str:
    if key_in(named) is not None:
        return named  # Its owner is in the key, and only its owner finds it.
    for at, one in enumerate(context.files, 1):
        if named in (str(at), _name(one)):
            return one.url
    raise InvalidRequest(f"There is no file {named[:80]!r}; call without a file for the list")


def _about(number: int, attachment: Attachment) -> dict[str, Any]:
    kinds = {ImagePart: "image", FilePart: "file", AudioPart: "audio"}
    return {"number": number, "name": _name(attachment), "kind": kinds[type(attachment)]}


def _name(attachment: Attachment) -> str:
    if isinstance(attachment, FilePart) and attachment.name:
        return attachment.name
    if attachment.url.startswith("data:"):
        return attachment.url[5:].partition(";")[0]
    key = key_in(attachment.url)
    if key is not None:
        return name_of(key)
    return PurePosixPath(unquote(urlsplit(attachment.url).path)).name or attachment.url[:80]

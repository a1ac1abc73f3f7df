"""What was loaded → the part in which a model can take it."""

import asyncio
import base64
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from application.files.pictures import check_picture
from application.ports.downloads import Downloaded
from application.ports.pdf_text import PdfPages, PdfText
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import DownloadFailed, ModelCannot
from domain.files.keys import key_in, name_of
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Part, TextPart

MOST_CHARACTERS = 200_000
"""Of one document read as text; more of it is cut off, and that is said."""
_LONGEST_NAME = 80
_AT_A_GLANCE = 256 * 1024
"""Bytes that are encoded on the spot; more of them would hold up everybody's tokens."""

_PDF = "application/pdf"
_OFFICE = (
    "application/msword",
    "application/rtf",
    "application/vnd.ms-",
    "application/vnd.openxml",
)


class FitContent:
    """Hands content over as it is where the card allows it, else in words, else not at all."""

    def __init__(self, pdf: PdfText, catalog: Catalog) -> None:
        """Take what reads PDFs for models that cannot, and whom to recommend instead."""
        self._pdf = pdf
        self._catalog = catalog

    async def __call__(self, card: ModelCard, part: Part, found: Downloaded) -> Part:
        """Return the part with the content in it, by what the content is.

        Raises:
            ModelCannot: no form of it is for this model.
            DocumentUnreadable: it is a PDF out of which no text can be taken.
            FileRefused: it is a picture of more pixels than anybody should open.
            DownloadFailed: a picture or a recording was meant, and it is something else.
        """
        match part:
            case TextPart():
                return part
            case ImagePart(_, detail):
                if found.is_text or not found.mime_type.startswith("image/"):
                    raise DownloadFailed("The picture", f"it is {found.mime_type}")
                self._see(card, found)
                return ImagePart(await _inline(part.url, found), detail)
            case AudioPart():
                # What a browser records as sound alone is often labelled as video.
                if not found.mime_type.startswith(("audio/", "video/")):
                    raise DownloadFailed("The recording", f"it is {found.mime_type}")
                self._need(card, Capability.AUDIO_IN, "listen to recordings")
                kind = found.mime_type.replace("video/", "audio/")
                return AudioPart(await _inline(part.url, found, kind), kind)
            case FilePart():
                return await self._file(card, part, found)

    async def _file(self, card: ModelCard, part: FilePart, found: Downloaded) -> Part:
        kind, name = found.mime_type, part.name or _name_in(part.url)
        if found.is_text:
            return _as_text(name, _decoded(found.content))
        if kind == _PDF and not card.able_to(Capability.FILES_IN):
            return self._pages(card, name, await self._pdf.read(found.content))
        if kind.startswith("image/"):
            self._see(card, found)
            return ImagePart(await _inline(part.url, found))
        if kind.startswith("audio/"):
            self._need(card, Capability.AUDIO_IN, "listen to recordings")
            return AudioPart(await _inline(part.url, found), kind)
        if kind.startswith("video/"):
            self._need(card, Capability.VIDEO_IN, "watch videos")
        elif kind.startswith(_OFFICE):
            self._need(card, Capability.OFFICE_IN, f"read {kind} files")
        elif kind != _PDF:
            raise ModelCannot(card.id, f"read {kind} files; send text, a PDF or a picture", ())
        return FilePart(await _inline(part.url, found), name, kind)

    def _pages(self, card: ModelCard, name: str | None, read: PdfPages) -> TextPart:
        if not any(read.pages):
            able = self._catalog.able(Capability.FILES_IN)
            raise ModelCannot(card.id, "read a PDF whose pages are pictures", able)
        text = "\n\n".join(f"[page {number}]\n{page}" for number, page in enumerate(read.pages, 1))
        if len(read.pages) < read.total:
            text += f"\n\n[only the first {len(read.pages)} of {read.total} pages]"
        return _as_text(name, text)

    def _see(self, card: ModelCard, found: Downloaded) -> None:
        kind = found.mime_type
        self._need(card, Capability.IMAGES_IN, "see images")
        check_picture(found.content, whole=False)
        if kind not in card.pictures:
            able = [each.id for each in self._catalog if each.sees(kind)]
            raise ModelCannot(card.id, f"see {kind} pictures", able)

    def _need(self, card: ModelCard, capability: Capability, what: str) -> None:
        if not card.able_to(capability):
            raise ModelCannot(card.id, what, self._catalog.able(capability))


def names_pdf(part: FilePart) -> bool:
    """Return whether a file that nobody has looked into is a PDF by its type or name."""
    if part.mime_type is not None:
        return part.mime_type.lower() == _PDF
    return (part.name or _name_in(part.url) or "").lower().endswith(".pdf")


async def _inline(url: str, found: Downloaded, kind: str | None = None) -> str:
    """Return the content as a data URL; the one it came in, where that tells the truth."""
    head = f"data:{kind or found.mime_type};base64,"
    if url.startswith(head):
        return url
    if len(found.content) <= _AT_A_GLANCE:
        return _encoded(head, found.content)
    return await asyncio.to_thread(_encoded, head, found.content)


def _encoded(head: str, content: bytes) -> str:
    return head + base64.b64encode(content).decode()


def _as_text(name: str | None, text: str) -> TextPart:
    title = f"file {name}" if name else "file"
    if len(text) > MOST_CHARACTERS:
        more = len(text) - MOST_CHARACTERS
        text = f"{text[:MOST_CHARACTERS]}\n\n[cut here: {more} more characters]"
    return TextPart(f"[{title}]\n{text}\n[end of {title}]")


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _name_in(url: str) -> str | None:
    """Return the last word of the path, which is how files are named where nobody named them."""
    if url[:5].lower() == "data:":
        return None
    if (key := key_in(url)) is not None:
        return name_of(key)
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return "".join(filter(str.isprintable, name))[:_LONGEST_NAME] or None

"""Pictures and documents as Anthropic's own content blocks."""

from typing import Any

from adapters.transport.attachments import is_inline
from adapters.transport.data_urls import Inline, read_data_url
from domain.errors import InvalidRequest, ModelCannot
from domain.turn.prompt import FilePart, ImagePart

_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_PDF = "application/pdf"
_WORDS = ("application/json", "application/xml", "application/yaml", "application/x-yaml")

Block = dict[str, Any]


def image_block(model: str, part: ImagePart) -> Block:
    """Return the picture, by its address where it has one: Anthropic fetches it itself.

    Raises:
        ModelCannot: it is of a kind that the model cannot see.
        InvalidRequest: its data URL holds no picture.
    """
    if not is_inline(part.url):
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    return _picture(model, _read(part.url))


def document_block(model: str, part: FilePart) -> Block:
    """Return the file as a document, or as the picture that it is.

    Raises:
        ModelCannot: it is of a kind that the model cannot read.
        InvalidRequest: its data URL holds no file.
    """
    title = {"title": part.name} if part.name else {}
    if not is_inline(part.url):
        return {"type": "document", "source": _address(model, part)} | title
    content = _read(part.url)
    if content.mime_type.startswith("image/"):
        return _picture(model, content)
    if content.mime_type == _PDF:
        return {"type": "document", "source": _bytes_of(content)} | title
    if _is_words(content.mime_type) or _is_words(part.mime_type or ""):
        source = {"type": "text", "media_type": "text/plain", "data": content.text()}
        return {"type": "document", "source": source} | title
    raise ModelCannot(model, f"read {content.mime_type} files; send a PDF, text or a picture", ())


def _address(model: str, part: FilePart) -> dict[str, str]:
    # By address Anthropic takes nothing but PDFs (its "PDF support" page, seen 2026-11).
    if (part.mime_type or _PDF) != _PDF:
        raise ModelCannot(model, f"read {part.mime_type} by its address; send the file itself", ())
    return {"type": "url", "url": part.url}


def _picture(model: str, content: Inline) -> Block:
    if content.mime_type not in _PICTURES:
        raise ModelCannot(model, f"see {content.mime_type}; send JPEG, PNG, GIF or WebP", ())
    return {"type": "image", "source": _bytes_of(content)}


def _bytes_of(content: Inline) -> dict[str, str]:
    return {"type": "base64", "media_type": content.mime_type, "data": content.base64}


def _is_words(mime_type: str) -> bool:
    return (
        mime_type.startswith("text/")
        or mime_type.endswith(("+json", "+xml"))
        or (mime_type in _WORDS)
    )


def _read(url: str) -> Inline:
    try:
        return read_data_url(url)
    except ValueError as error:
        raise InvalidRequest(f"An attachment's data URL is {error}", "prompt") from error

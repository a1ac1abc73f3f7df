"""Pictures, documents and recordings as parts of a question."""

import mimetypes
from urllib.parse import urlsplit

from adapters.google.wire import Part
from adapters.transport.attachments import is_inline
from adapters.transport.data_urls import Inline, read_data_url
from domain.errors import InvalidRequest, ModelCannot
from domain.turn.prompt import AudioPart, FilePart, ImagePart

_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
_PDF = "application/pdf"
_WORDS = ("application/json", "application/xml", "application/yaml", "application/x-yaml")
_TEXT = "text/plain"
_UNTOLD = "application/octet-stream"


def media_part(model: str, part: ImagePart | FilePart | AudioPart) -> Part:
    """Return the attachment: its content, or its address.

    By address Google takes its own files, videos of its own and, since 2026-01, what anybody may
    fetch (its "File input methods" page).

    Raises:
        ModelCannot: it is of a kind that Gemini cannot take in.
        InvalidRequest: its data URL holds nothing.
    """
    told = None if isinstance(part, ImagePart) else part.mime_type
    if not is_inline(part.url):
        kind = told or mimetypes.guess_type(urlsplit(part.url).path)[0]
        return {"fileData": {"fileUri": part.url} | ({"mimeType": kind} if kind else {})}
    content = _read(part.url)
    kind = content.mime_type
    if told and kind in (_UNTOLD, _TEXT):
        kind = told  # What a data URL without a type says of itself.
    kind = _accepted(model, kind, part)
    return {"inlineData": {"mimeType": kind, "data": content.base64}}


def _accepted(model: str, kind: str, part: ImagePart | FilePart | AudioPart) -> str:
    """Return the kind under which Google takes it."""
    if kind.startswith("image/") or isinstance(part, ImagePart):
        if kind not in _PICTURES:
            raise ModelCannot(model, f"see {kind}; send JPEG, PNG, WebP or HEIC", ())
        return kind
    if kind.startswith(("audio/", "video/")):
        return kind
    if isinstance(part, AudioPart):
        raise ModelCannot(model, f"listen to {kind}; send WAV, MP3, AAC, OGG or FLAC", ())
    if kind.startswith("text/") or kind.endswith(("+json", "+xml")) or kind in _WORDS:
        return _TEXT
    if kind != _PDF:
        raise ModelCannot(
            model, f"read {kind} files; send a PDF, text, a picture, a recording or a video", ()
        )
    return kind


def _read(url: str) -> Inline:
    try:
        return read_data_url(url)
    except ValueError as error:
        raise InvalidRequest(f"An attachment's data URL is {error}", "prompt") from error

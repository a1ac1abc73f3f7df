"""Attachments that carry their content in their own URL (RFC 2397)."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from domain.files.content_types import shown_type

_ENOUGH = 64
"""Characters of base64 that hold the beginning by which a kind of file is known."""


class Inline(Struct, frozen=True):
    """The content of a data URL."""

    mime_type: str
    """What the content shows itself to be, else what the URL says; lower case."""
    base64: str

    def text(self) -> str:
        """Return the content as text; bytes that are no UTF-8 become replacement characters."""
        return base64.b64decode(self.base64).decode("utf-8-sig", "replace")


def read_data_url(url: str) -> Inline:
    """Return what the URL holds.

    What the content says of itself counts for more than the URL's word for it: providers refuse
    a picture under the wrong name.

    Raises:
        ValueError: it is no data URL, or holds something that is not base64.
    """
    head, comma, data = url.partition(",")
    scheme, _, kind = head.partition(":")
    if scheme.lower() != "data" or not comma:
        raise ValueError("not a data URL")
    mime_type, *parameters = (part.strip().lower() for part in kind.split(";"))
    if "base64" in parameters:
        content = _plain_base64(data)
    else:
        content = base64.b64encode(unquote_to_bytes(data)).decode()
    shown = shown_type(base64.b64decode(content[:_ENOUGH]), mime_type)
    return Inline(shown or mime_type or "text/plain", content)


def _plain_base64(data: str) -> str:
    if "%" in data:
        data = unquote_to_bytes(data).decode("ascii", "replace")
    data = "".join(data.split()).replace("-", "+").replace("_", "/")
    data += "=" * (-len(data) % 4)
    try:
        binascii.a2b_base64(data, strict_mode=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    return data

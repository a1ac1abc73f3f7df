"""Media that come inside an answer."""

import binascii
from base64 import b64decode

from domain.files.content_types import shown_type
from domain.turn.events import MediaGiven


def given(text: str, said: str) -> MediaGiven | None:
    """Return what base64 text holds, or None where it holds nothing.

    Args:
        text: the content.
        said: what the provider says that it is, for content that does not show it.
    """
    try:
        content = b64decode(text, validate=True)
    except binascii.Error:
        return None
    return MediaGiven(content, shown_type(content) or said) if content else None

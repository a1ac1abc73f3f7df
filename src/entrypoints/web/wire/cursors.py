"""Places in a listing, as clients carry them: opaque, and worth nothing to anybody else.

A cursor holds no right: whatever it says, the owner is part of every query.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from domain.conversation.conversation import ListPlace
from domain.errors import InvalidRequest
from domain.fulltext.found import SearchPlace

CURSOR_CHARS = 400
Cursor = Annotated[str, Meta(max_length=CURSOR_CHARS)]
P = TypeVar("P", ListPlace, SearchPlace)


def cursor_at(place: ListPlace | SearchPlace | None) -> str | None:
    """Return the text that leads back to a place."""
    if place is None:
        return None
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(text: str | None, kind: type[P]) -> P | None:
    """Return the place; there is none in a blank text.

    Raises:
        InvalidRequest: no server of ours wrote this.
    """
    text = (text or "").strip()
    if not text:
        return None
    try:
        place = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
        if isinstance(place, ListPlace) and not _in_utc(place):
            raise ValueError  # noqa: TRY301 - one way out for whatever is wrong with it
    except ValueError:
        raise InvalidRequest(
            "cursor must be the next_cursor of an earlier answer", "cursor"
        ) from None
    return place


def _in_utc(place: ListPlace) -> bool:
    return place.last_update.tzinfo == place.created_at.tzinfo == UTC

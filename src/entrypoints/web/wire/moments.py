"""Moments as clients write them."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from domain.errors import InvalidRequest

Moment = Annotated[str, Meta(description="ISO date or datetime; UTC unless it says otherwise.")]

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def read_moment(text: str | None, field: str) -> datetime | None:
    """Return the moment; a date is its first instant, and what has no offset is UTC.

    What UTC's calendar does not have is its first or last moment.

    Raises:
        InvalidRequest: it is neither.
    """
    if text is None or not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidRequest(f"{field} must be an ISO date or datetime", field) from None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        # Written near one end of the calendar, for "at any time", and beyond it in UTC.
        return _LAST if found.year > 1 else _FIRST

"""Moments as clients write them."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from domain.errors import InvalidRequest

Moment = Annotated[str, Meta(description="ISO date or datetime; UTC unless it says otherwise.")]


def read_moment(text: str | None, field: str) -> datetime | None:
    """Return the moment; a date is its first instant, and what has no offset is UTC.

    Raises:
        InvalidRequest: it is neither.
    """
    if text is None or not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{field} must be an ISO date or datetime", field) from None

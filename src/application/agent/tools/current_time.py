"""What day it is, and how many days there are between two."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from application.ports.clock import Clock
from domain.errors import InvalidRequest
from domain.tools import ToolSpec, parameters_of

_MOST_DAYS = 3_000_000


class CurrentTimeArguments(Struct, frozen=True):
    """Where, and which other day matters."""

    timezone: Annotated[str, Meta(max_length=64, description="IANA name, like Europe/Lisbon.")] = (
        "UTC"
    )
    shift_days: (
        Annotated[
            int,
            Meta(ge=-_MOST_DAYS, le=_MOST_DAYS, description="Also tell the day so many days away."),
        ]
        | None
    ) = None
    day: (
        Annotated[date, Meta(description="Also tell how many days this day (ISO) is away.")] | None
    ) = None


class CurrentTime(Tool):
    """By the server's clock."""

    spec = ToolSpec(
        "current_time",
        "Tell the current date, time and weekday, and reckon with days.",
        parameters_of(CurrentTimeArguments),
        limit_s=10,
    )
    takes = CurrentTimeArguments

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(
        self, arguments: CurrentTimeArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the moment in the time zone.

        Raises:
            InvalidRequest: there is no such time zone, or no such day.
        """
        try:
            now = self._clock.now().astimezone(ZoneInfo(arguments.timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidRequest(
                f"Unknown time zone {arguments.timezone!r}; name one like Europe/Lisbon", "timezone"
            ) from error
        found: dict[str, Any] = {
            "now": now.isoformat(timespec="seconds"),
            "weekday": f"{now:%A}",
            "timezone": arguments.timezone,
        }
        if arguments.shift_days is not None:
            found["shifted"] = _told(_shifted(now.date(), arguments.shift_days))
        if arguments.day is not None:
            away = (arguments.day - now.date()).days
            found["day"] = {**_told(arguments.day), "days_away": away}
        return found


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise InvalidRequest("No calendar goes that far", "shift_days") from error


def _told(day: date) -> dict[str, Any]:
    return {"date": day.isoformat(), "weekday": f"{day:%A}"}

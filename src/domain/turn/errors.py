"""What can go wrong with a turn itself, whoever answers.

    TurnError
    ├── TurnTimedOut
    ├── TurnInterrupted
    ├── TurnDeleted
    ├── TurnTooLong
    ├── EventsForgotten
    └── ShuttingDown

Each but the last two is an ending.
"""

from datetime import datetime

from domain.errors import ParleyError


class TurnError(ParleyError):
    """The turn itself went wrong, whoever answered."""

    code = "turn_error"


class TurnTimedOut(TurnError):
    """The turn ran for longer than any turn may."""

    code = "timeout"

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"The answer took longer than {limit_s:g} seconds and was stopped")
        self.limit_s = limit_s


class TurnInterrupted(TurnError):
    """The server stopped while the turn ran; what had been said is kept."""

    code = "interrupted"

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__("The answer was interrupted by a server restart; its text so far is kept")
        self.at = at


class TurnTooLong(TurnError):
    """The turn made more events than a turn may keep."""

    code = "turn_too_long"

    def __init__(self) -> None:
        super().__init__("The answer grew beyond what one turn may hold and was stopped")


class EventsForgotten(TurnError):
    """The reader asked for events that are no longer kept: read the conversation instead."""

    code = "no_buffer"

    def __init__(self) -> None:
        super().__init__("no_buffer: these events are no longer kept; read the conversation")


class ShuttingDown(TurnError):
    """The server is going down and takes no new work."""

    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("The server is restarting; send the same request again in a moment")


class TurnDeleted(TurnError):
    """The conversation, the question or the answer was deleted while the turn ran."""

    code = "deleted"

    def __init__(self) -> None:
        super().__init__("What this answers was deleted meanwhile, so the answer was stopped")

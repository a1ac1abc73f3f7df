"""How much turns may take, and how often it is looked after them."""

from msgspec import Struct


class TurnLimits(Struct, frozen=True):
    """How much of everything a turn and a user may have."""

    per_user: int = 8
    """Running turns of one user."""
    detached_s: float = 900
    """How long a turn goes on without any reader."""
    research_s: float = 3600
    """The same for research: whoever asks for it comes back later."""
    drain_s: float = 10
    """How long running turns may go on once the process is told to stop."""
    remembered_s: float = 24 * 3600
    """How long asking again under the same key finds the earlier turn."""
    sweep_s: float = 60
    watch_s: float = 1
    accounts_s: float = 3
    """How often it is looked whether the users of running turns are there still."""
    save_late_s: float = 5

"""Attachments as they went to a model, so that those of the history are not fetched every turn."""

from collections import OrderedDict
from datetime import datetime, timedelta

from msgspec import Struct

from application.ports.clock import Clock
from application.ports.personal_data import PersonalData
from domain.account import Account
from domain.ids import UserId
from domain.turn.prompt import Part

MOST_BYTES = 32 * 1024 * 1024
"""Of all that is remembered; what was not needed for longest goes first."""
LIFETIME = timedelta(hours=1)
"""What is behind an address may change."""


class What(Struct, frozen=True):
    """An attachment of a user, for a model."""

    user: UserId
    card: str
    part: Part
    version: str


class Prepared(Struct, frozen=True):
    """The part that a model gets, and the bytes of content that went into it."""

    part: Part
    content_bytes: int


class PreparedAttachments(PersonalData):
    """Remembers, in this process, for a while, and nobody else's for anybody."""

    def __init__(self, clock: Clock, most_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._bytes = 0
        self._found: OrderedDict[What, tuple[Prepared, datetime]] = OrderedDict()

    def get(self, what: What) -> Prepared | None:
        """Return what was prepared before, if it still counts."""
        prepared, until = self._found.get(what, (None, None))
        if prepared is None or until is None:
            return None
        if self._clock.now() >= until:
            self._drop(what)
            return None
        self._found.move_to_end(what)
        return prepared

    def put(self, what: What, prepared: Prepared) -> None:
        """Remember it; what is larger than all the room there is, is not."""
        self._drop(what)
        self._bytes += _size(prepared)
        self._found[what] = (prepared, self._clock.now() + LIFETIME)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._found)))

    async def forget(self, account: Account) -> None:
        """Drop what is remembered of the user."""
        for what in [what for what in self._found if what.user == account.id]:
            self._drop(what)

    def _drop(self, what: What) -> None:
        prepared, _ = self._found.pop(what, (None, None))
        if prepared is not None:
            self._bytes -= _size(prepared)


def _size(prepared: Prepared) -> int:
    # Text may take several bytes a character; data URLs take a third more than their content.
    return 2 * prepared.content_bytes + 1024

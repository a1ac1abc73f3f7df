"""What each socket has been told, for clients that cannot say themselves."""

from collections import OrderedDict
from typing import TypeVar

from domain.ids import TurnId, UserId

K = TypeVar("K")
V = TypeVar("V")

REMEMBERED = 50_000
"""Connections and turns; the oldest are dropped first, long after their turns have expired."""


class Deliveries:
    """Which turn a connection showed last, and how far any connection was into a turn."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._shown: OrderedDict[str, tuple[UserId, TurnId]] = OrderedDict()
        self._written: OrderedDict[TurnId, int] = OrderedDict()

    def shows(self, connection: str, user: UserId, turn: TurnId) -> None:
        """Note that the connection now shows this turn, instead of any before."""
        _put(self._shown, connection, (user, turn), self._remembered)

    def shown_on(self, connection: str, user: UserId) -> TurnId | None:
        """Return the turn that the user's connection showed last."""
        owner, turn = self._shown.get(connection, (None, None))
        return turn if owner == user else None

    def begins(self, turn: TurnId) -> None:
        """Note that the turn is new; an earlier one may have had its id, and has been forgotten."""
        self._written.pop(turn, None)

    def wrote(self, turn: TurnId, seq: int) -> None:
        """Note that every frame up to this number was written to some socket."""
        before = self._written.get(turn)
        if before is None:
            _put(self._written, turn, seq, self._remembered)
        elif seq > before:
            self._written[turn] = seq  # In its place: every token comes by here.

    def written(self, turn: TurnId) -> int:
        """Return the highest number written to any socket; 0 when there was none."""
        return self._written.get(turn, 0)


def _put(held: OrderedDict[K, V], key: K, value: V, at_most: int) -> None:
    held[key] = value
    held.move_to_end(key)
    if len(held) > at_most:
        held.popitem(last=False)

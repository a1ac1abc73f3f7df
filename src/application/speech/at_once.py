"""How much of a user's is heard and spoken at once, beside turns, which have their own limit."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from domain.errors import TooManyTurns
from domain.ids import UserId


class AtOnce:
    """Counts what goes on in this process; recordings, texts and sockets together."""

    def __init__(self, per_user: int) -> None:
        self._per_user = per_user
        self._going_on: Counter[UserId] = Counter()

    def begin(self, user: UserId) -> None:
        """Count one more; whoever began it must `end` it.

        Raises:
            TooManyTurns: there are as many as one user may have.
        """
        if self._going_on[user] >= self._per_user:
            raise TooManyTurns(self._per_user)
        self._going_on[user] += 1

    def end(self, user: UserId) -> None:
        """Count one less."""
        self._going_on[user] -= 1
        if not self._going_on[user]:
            del self._going_on[user]

    @contextmanager
    def one(self, user: UserId) -> Generator[None, None, None]:
        """Count one more for as long as the block lasts.

        Raises:
            TooManyTurns: as `begin`.
        """
        self.begin(user)
        try:
            yield
        finally:
            self.end(user)

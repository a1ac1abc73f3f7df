"""Which tokens still count."""

from collections.abc import Collection
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.tokens import Bearer
from application.ports.unit_of_work import UnitOfWork
from domain.ids import UserId

KNOWN_FOR = timedelta(seconds=2)
"""For so long a token that another process has revoked may go on to count."""
_KNOWN = 10_000


class TokenVersions:
    """The versions of accounts, read from the database and known for two seconds.

    Without the memory every request of a busy client would begin with a read of its own.
    """

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self._known: dict[UserId, tuple[int | None, datetime]] = {}

    async def current(self, bearer: Bearer) -> bool:
        """Return whether the account exists and its tokens are of this version.

        Raises:
            StorageError: nobody can say; a token that nobody vouches for must not count.
        """
        now = self._clock.now()
        version, until = self._known.get(bearer.user, (None, now))
        if until <= now:
            found = await self._work.run(lambda db: db.accounts.token_versions((bearer.user,)))
            version = found.get(bearer.user)
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[bearer.user] = (version, now + KNOWN_FOR)
        return version == bearer.version

    async def outdated(self, bearers: Collection[Bearer]) -> set[Bearer]:
        """Return those that do not count any more; the database is asked once for all.

        Raises:
            StorageError: nobody can say.
        """
        users = {bearer.user for bearer in bearers}
        found = await self._work.run(lambda db: db.accounts.token_versions(users))
        return {bearer for bearer in bearers if found.get(bearer.user) != bearer.version}

    def forget(self, user: UserId) -> None:
        """Ask the database next time: the version has changed."""
        self._known.pop(user, None)

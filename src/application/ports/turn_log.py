"""The events of running and lately ended turns, for any number of readers."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from domain.ids import TurnId, UserId
from domain.turn.ask import TurnHeader
from domain.turn.entries import Entry


class TurnReader(Protocol):
    """Somebody who is handed a turn's entries while they are made."""

    def take(self, entries: Sequence[Entry]) -> bool:
        """Take the next entries, at once; return whether more may follow as they come.

        After a no, `room` is awaited before the next call, or before delivery ends.
        """
        ...

    async def room(self) -> None:
        """Wait until more may be taken."""
        ...


class TurnLog(Protocol):
    """Numbered, replayable events of each turn.

    One writer a turn, any number of readers at any pace. Entries are kept until some minutes
    after the ending; how many is bounded.
    """

    async def begin(self, header: TurnHeader) -> TurnHeader | None:
        """Open a log for the turn; of equal turns that begin at once exactly one succeeds.

        Returns:
            None when the log is new, else the header of the turn that is already there.
        """
        ...

    async def append(self, turn: TurnId, entries: Sequence[Entry]) -> None:
        """Add entries, whose numbers go on from the last one, and wake the readers.

        Entries that are there already (same numbers) are passed over. After a `TurnEnding`
        nothing can be added. Where the log is full, its oldest sound goes first.

        Raises:
            TurnTooLong: the log holds as much as a turn may; room for an ending is always left.
            TurnNotFound: no such log.
        """
        ...

    def follow(self, turn: TurnId, after: int = 0) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield all entries numbered above `after`, once, in order, until the ending.

        In place of sound that was dropped to keep the log bounded stands `SoundDropped`.
        Each batch holds everything that is waiting, at least one entry. Cancelling or closing
        the generator loses nothing: follow again after the last number seen.

        Raises:
            TurnNotFound: no such log (never begun, or forgotten).
        """
        ...

    async def deliver(self, turn: TurnId, reader: TurnReader, after: int = 0) -> None:
        """Hand the reader what `follow` would yield, and return after the ending.

        A reader that keeps up is handed entries by whoever appends them, in the same breath: the
        shortest way there is. One that has no room is waited for by nobody but this call, and gets
        what it missed in batches. What a reader raises ends its own delivery only, and is raised
        here. Cancelling loses nothing.

        Raises:
            TurnNotFound: as `follow`.
        """
        ...

    async def read(self, turn: TurnId, after: int = 0) -> Sequence[Entry]:
        """Return the entries numbered above `after` that are there now, without waiting.

        Sound that was dropped to keep the log bounded is left out.

        Raises:
            TurnNotFound: no such log.
        """
        ...

    async def find(self, turn: TurnId) -> TurnHeader | None:
        """Return the turn's header, or None when there is no log of it."""
        ...

    async def ended(self, turn: TurnId) -> bool:
        """Return whether the log holds the turn's ending."""
        ...

    async def running(self, user: UserId) -> list[TurnHeader]:
        """Return the user's turns that have no ending yet, oldest first."""
        ...

    async def forget(self, turn: TurnId) -> None:
        """Drop the log of a turn; its readers get `TurnNotFound`. Unknown turns are no error."""
        ...

    async def forget_all(self, user: UserId) -> None:
        """Drop the logs of all turns of the user, running ones too."""
        ...

    async def expire(self) -> int:
        """Drop the logs of turns that ended long enough ago; return how many."""
        ...

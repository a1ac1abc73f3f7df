"""What the history of one user should be, in plain lists and dictionaries."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

TICK = 1
"""A microsecond: between messages of the same moment."""


@dataclass
class Message:
    """A row: what is shown, an earlier version of it, or a message of another branch."""

    id: int
    sender: str
    text: str
    at: int
    follows: int | None
    version_of: int | None = None
    shown: bool = True
    favourite: bool = False

    @property
    def place(self) -> int:
        """The message that this is, or once was, a version of."""
        return self.version_of or self.id


@dataclass
class Talk:
    """A conversation."""

    id: str
    name: str
    made: int
    updated: int
    tags: list[str] = field(default_factory=list[str])
    rows: dict[int, Message] = field(default_factory=dict[int, Message])

    def in_order(self) -> list[Message]:
        return sorted(self.rows.values(), key=lambda row: (row.at, row.id))

    def shown(self) -> list[Message]:
        return [row for row in self.in_order() if row.shown]

    def parents(self) -> dict[int, int | None]:
        """Return what each message follows; where that is gone, it is the last one shown before."""
        found: dict[int, int | None] = {}
        last = None
        for row in self.in_order():
            gone = row.follows not in self.rows
            found[row.id] = found.get(row.place, last) if gone else row.follows
            last = row.id if row.shown else last
        return found

    def siblings(self, row: Message) -> list[int]:
        """Return all versions of a message, itself included; none where it is the only one."""
        parents = self.parents()
        same = [
            other.id
            for other in self.rows.values()
            if parents[other.id] == parents[row.id] and other.sender == row.sender
        ]
        return sorted(same) if len(same) > 1 else []

    def next_moment(self, now: int) -> int:
        return max([now, *(row.at + TICK for row in self.rows.values())])

    def say(self, key: int, sender: str, text: str, now: int) -> None:
        """Add a message at the end."""
        before = self.shown()
        follows = before[-1].id if before else None
        self.rows[key] = Message(key, sender, text, self.next_moment(now), follows)

    def answer_late(self, key: int, question: Message, text: str) -> None:
        """Add the first answer of a question that others may have followed."""
        self.rows[key] = Message(key, "AI", text, question.at + TICK, question.id)

    def keep(self, key: int, row: Message, follows: int | None = None) -> None:
        """Keep what a message says now as an earlier version beside it."""
        kept = replace(row, id=key, version_of=row.place, shown=False)
        self.rows[key] = replace(kept, follows=follows or row.follows)

    def remove(self, keys: Iterable[int]) -> None:
        places = {self.rows[key].place for key in keys}
        self.rows = {key: row for key, row in self.rows.items() if row.place not in places}

    def show(self, key: int) -> None:
        """Show the branch through a message, and below it the newest versions."""
        parents = self.parents()
        for row in self.rows.values():
            row.follows = parents[row.id]
        was_hidden = not self.rows[key].shown
        path = [key]
        while (above := parents[path[-1]]) is not None:
            path.append(above)
        for one in path:
            for other in self.siblings(self.rows[one]):
                if other != one:
                    for below in [other, *self._below(other)]:
                        self.rows[below].shown = False
        for one in path:
            self.rows[one].shown = True
        if was_hidden:
            self._show_newest_below(key)

    def _children(self, key: int) -> list[Message]:
        return [row for row in self.rows.values() if row.follows == key]

    def _below(self, key: int) -> list[int]:
        found: list[int] = []
        for child in self._children(key):
            found += [child.id, *self._below(child.id)]
        return found

    def _show_newest_below(self, key: int) -> None:
        newest: dict[str, Message] = {}
        for child in sorted(
            self._children(key), key=lambda row: (row.place, row.version_of is None, row.id)
        ):
            newest[child.sender] = child
        for child in newest.values():
            child.shown = True
            self._show_newest_below(child.id)


class History:
    """All conversations of one user."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}

    def open(self, key: str, name: str, now: int) -> Talk:
        self.talks[key] = Talk(key, name, now, now)
        return self.talks[key]

    def listed(self) -> list[Talk]:
        """Return those with messages, newest first."""
        seen = [talk for talk in self.talks.values() if talk.shown()]
        return sorted(seen, key=lambda talk: (talk.updated, talk.made), reverse=True)

    def with_text(self, text: str) -> set[str]:
        return {
            talk.id
            for talk in self.listed()
            if text in talk.name or any(text in row.text for row in talk.shown())
        }

    def favourites(self) -> set[int]:
        rows = (row for talk in self.talks.values() for row in talk.shown())
        return {row.id for row in rows if row.favourite}

"""A conversation as a tree: every version of a message is a branch, and one branch is shown.

The rows say what each of them follows. Rows older than that column, and rows whose predecessor was
deleted, follow whatever is shown before them.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from domain.conversation.conversation import Sender, StoredMessage
from domain.ids import MessageId

_Fork = tuple[MessageId | None, Sender]
"""Messages of one sender that follow the same message are versions of one another."""


class Turnout(Struct, frozen=True):
    """What changes when another branch is shown."""

    shown: frozenset[MessageId]
    hidden: frozenset[MessageId]


def placed(rows: Sequence[StoredMessage]) -> list[StoredMessage]:
    """Return the rows of one conversation, in order of writing, with their place in the tree."""
    parents = _parents(rows)
    versions: dict[_Fork, list[StoredMessage]] = {}
    for row in rows:
        versions.setdefault((parents[row.message_id], row.sender), []).append(row)
    found: list[StoredMessage] = []
    for row in rows:
        parent = parents[row.message_id]
        same = versions[parent, row.sender]
        siblings = tuple(one.message_id for one in sorted(same, key=_age)) if same[1:] else ()
        known = parent == row.parent_id and not siblings
        found.append(row if known else structs.replace(row, parent_id=parent, siblings=siblings))
    return found


def branch(rows: Sequence[StoredMessage]) -> list[StoredMessage]:
    """Return the branch that is shown, each message with its place in the tree."""
    return [row for row in placed(rows) if not row.replaced]


def turnout(rows: Sequence[StoredMessage], chosen: MessageId) -> Turnout:
    """Return what to show and to hide so that the branch through a message is the one shown.

    Below a version that was not shown, the newest versions are.

    Args:
        rows: every row of the conversation, as `placed` returns them.
        chosen: the id of one of them.
    """
    by_id = {row.message_id: row for row in rows}
    following: dict[MessageId | None, list[StoredMessage]] = {}
    for row in rows:
        following.setdefault(row.parent_id, []).append(row)
    path = list(_upwards(by_id, chosen))
    hidden: set[MessageId] = set()
    for row in path:
        others = (by_id[one] for one in row.siblings if one != row.message_id)
        for other in others:
            hidden |= _below(following, other)
    shown = {row.message_id for row in path}
    if by_id[chosen].replaced:
        shown |= _newest_below(following, by_id[chosen])
    return Turnout(
        frozenset(one for one in shown if by_id[one].replaced),
        frozenset(one for one in hidden if not by_id[one].replaced),
    )


def _parents(rows: Sequence[StoredMessage]) -> dict[MessageId, MessageId | None]:
    known = {row.message_id for row in rows}
    parents: dict[MessageId, MessageId | None] = {}
    last: MessageId | None = None
    for row in rows:
        parent = row.parent_id
        if parent is None or parent not in known:
            # A version follows what the message at its place follows; that one comes first, since
            # a version is a copy. More may stand in between: rows of the same second.
            parent = parents.get(row.place, last)
        parents[row.message_id] = parent
        if not row.replaced:
            last = row.message_id
    return parents


def _age(row: StoredMessage) -> tuple[MessageId, bool, MessageId]:
    """Sort versions by age: the row that was edited holds the newest text."""
    return row.place, row.version_of is None, row.message_id


def _upwards(by_id: dict[MessageId, StoredMessage], start: MessageId) -> Iterable[StoredMessage]:
    seen: set[MessageId] = set()
    at: MessageId | None = start
    while at is not None and at not in seen:
        seen.add(at)
        yield by_id[at]
        at = by_id[at].parent_id


def _below(
    following: dict[MessageId | None, list[StoredMessage]], top: StoredMessage
) -> set[MessageId]:
    found = {top.message_id}
    left = [top.message_id]
    while left:
        fresh = [row.message_id for row in following.get(left.pop(), ())]
        left += [one for one in fresh if one not in found]
        found.update(fresh)
    return found


def _newest_below(
    following: dict[MessageId | None, list[StoredMessage]], top: StoredMessage
) -> set[MessageId]:
    found: set[MessageId] = set()
    left = [top]
    while left:
        newest: dict[Sender, StoredMessage] = {}
        for row in sorted(following.get(left.pop().message_id, ()), key=_age):
            newest[row.sender] = row
        left += [row for row in newest.values() if row.message_id not in found]
        found.update(row.message_id for row in newest.values())
    return found

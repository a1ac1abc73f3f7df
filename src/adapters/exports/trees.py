"""Messages that name what they follow → messages of an archive, with branches as versions.

What is not shown to a reader (system prompts, tools at work) is passed over, and what follows it
follows what came before it. The branch that was open last is shown. Of the others, each first
message is a version of the one that is shown in its place.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from domain.transfer.errors import ArchiveRefused
from domain.transfer.fit import EARLIEST
from domain.transfer.records import ArchivedMessage

_TICK = timedelta(microseconds=1)


class Node(Struct, frozen=True, kw_only=True):
    """One message of another service."""

    parent: str | None
    said: ArchivedMessage | None = None
    """What it makes; its number, parent and moment are found out here. None: it is passed over."""
    thoughts: str | None = None
    """Of a message that is passed over: what the next answer below it thought first."""
    at: datetime | None = None


class _Kept(Struct):
    """A message on its way into the order of reading."""

    key: str
    after: "_Kept | None"
    shown: bool
    said: ArchivedMessage
    at: datetime | None
    moment: datetime = EARLIEST
    version_of: "_Kept | None" = None
    number: int = 0


def messages(nodes: Mapping[str, Node], current: str | None) -> list[ArchivedMessage]:
    """Return the messages in order of writing.

    Args:
        nodes: every message, under the id by which others name it; older ones first.
        current: the end of the branch that is shown; the last message where that is not known.

    Raises:
        ArchiveRefused: messages follow one another in a circle.
    """
    order = _downwards(nodes)
    if current not in nodes:
        current = deque(nodes, maxlen=1).pop() if nodes else None
    shown = _upwards(nodes, current)
    kept = _kept(nodes, order, shown)
    _date(kept)
    ordered = sorted(kept, key=lambda one: one.moment)
    for number, one in enumerate(ordered, 1):
        one.number = number
    return [
        structs.replace(
            one.said,
            number=one.number,
            parent=one.after and one.after.number,
            version_of=one.version_of and one.version_of.number,
            replaced=not one.shown,
            created_at=one.moment,
        )
        for one in ordered
    ]


def _downwards(nodes: Mapping[str, Node]) -> list[str]:
    """Return all ids, each after that of its parent."""
    following: dict[str | None, list[str]] = {}
    for key, node in nodes.items():
        parent = node.parent if node.parent in nodes else None
        following.setdefault(parent, []).append(key)
    order = list(following.get(None, ()))
    for key in order:  # It grows while it is read.
        order += following.get(key, ())
    if len(order) < len(nodes):
        raise ArchiveRefused("its messages follow one another in a circle")
    return order


def _upwards(nodes: Mapping[str, Node], end: str | None) -> set[str]:
    path: set[str] = set()
    while end is not None and end in nodes:
        path.add(end)
        end = nodes[end].parent
    return path


def _kept(nodes: Mapping[str, Node], order: Iterable[str], shown: set[str]) -> list[_Kept]:
    """Return what is not passed over, each after what it follows and what it is a version of."""
    last: dict[str | None, tuple[_Kept | None, str]] = {}
    found: list[_Kept] = []
    for key in order:
        node = nodes[key]
        after, thoughts = last.get(node.parent, (None, ""))
        if node.said is None:
            last[key] = after, "\n\n".join(filter(None, (thoughts, node.thoughts)))
            continue
        said = node.said
        if thoughts and said.sender == "AI":
            thought = "\n\n".join(filter(None, (thoughts, said.ai_reasoning)))
            said = structs.replace(said, ai_reasoning=thought)
        one = _Kept(key=key, after=after, shown=key in shown, said=said, at=node.at)
        found.append(one)
        last[key] = one, ""
    return _with_versions(found)


def _with_versions(kept: Iterable[_Kept]) -> list[_Kept]:
    places: dict[tuple[int, str], list[_Kept]] = {}
    for one in kept:
        places.setdefault((id(one.after), one.said.sender), []).append(one)
    found: list[_Kept] = []
    for same in places.values():
        first = next((one for one in same if one.shown), same[-1])
        found.append(first)
        for one in same:
            if one is not first:
                one.version_of = first
                found.append(one)
    return found


def _date(kept: Iterable[_Kept]) -> None:
    """Give each its moment: its own, unless that is before what it follows or is a version of."""
    for one in kept:
        earliest = EARLIEST if one.after is None else one.after.moment + _TICK
        if one.version_of is not None:
            earliest = max(earliest, one.version_of.moment)
        one.moment = earliest if one.at is None else max(earliest, one.at)

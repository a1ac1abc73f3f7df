"""The newest messages, looked at one after another: for words that are common.

A word that is in every tenth message is found soon by reading the messages themselves, newest
first, however many there are. An index has to go through all that it knows of such a word.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from adapters.sql.dialect import listed
from adapters.sql.matching import holding, holding_part
from adapters.sql.tables.chat import messages, words
from adapters.sql.words import FOUND
from domain.fulltext.frequent import RECENT

_DENSE = 2
"""Where others have written as much in between, their messages are passed over as quickly."""

_OWN = (
    messages.c.customer_id == bindparam("owner"),
    messages.c.message_id <= bindparam("up_to"),
)
_NEWEST_FIRST = messages.c.message_id.desc()
OWNED = messages.c.customer_id + 0 == bindparam("owner")
"""For messages that are found already: SQLite would rather read all that an owner has."""
OLDEST_READ = (
    select(messages.c.message_id)
    .where(*_OWN)
    .order_by(_NEWEST_FIRST)
    .limit(1)
    .offset(bindparam("within"))
)


class Recent:
    """What the newest messages of a user hold."""

    def __init__(self, rows: Sequence[RowMapping]) -> None:
        """Take the rows of `counted`."""
        self._held = [(int(row["held"]), int(row["messages"])) for row in rows]
        self.number = sum(count for _, count in self._held)
        """How many there are."""
        self.span = range(
            min((row["first"] for row in rows), default=0),
            max((row["last"] for row in rows), default=0) + 1,
        )
        """Their ids, those of other users in between included."""

    @property
    def all(self) -> int:
        """How many hold all terms."""
        return sum(count for bits, count in self._held if bits & 1)

    def together(self, places: Sequence[int]) -> int:
        """Return how many hold all of some parts."""
        wanted = sum(2 << place for place in places)
        return sum(count for bits, count in self._held if bits & wanted == wanted)

    @property
    def alone(self) -> bool:
        """Whether hardly anybody else has written meanwhile."""
        return len(self.span) <= _DENSE * self.number


@lru_cache
def counted(terms: int, said: int, pairs: int) -> Select[*tuple[Any, ...]]:
    """Return the query that counts the newest messages by what they hold.

    It takes `term0` and so on, which make the first bit of what is held together, and `part0` and
    so on, the words that are said and then their pairs, each of which makes another one.
    """
    key = messages.c.message_id
    recent = select(key).where(*_OWN).order_by(_NEWEST_FIRST).limit(RECENT).subquery("recent")
    held = [and_(*holding(terms)), *holding_part(said, pairs)]
    bits = [case((each, 1 << place), else_=0) for place, each in enumerate(held)]
    return (
        select(
            sum(bits[1:], start=bits[0]).label("held"),
            func.count().label("messages"),
            func.min(recent.c.message_id).label("first"),
            func.max(recent.c.message_id).label("last"),
        )
        .select_from(recent.outerjoin(words, words.c.message_id == recent.c.message_id))
        .group_by(literal_column("held"))
    )


@lru_cache
def read_through(terms: int, *, alone: bool) -> Select[*tuple[Any, ...]]:
    """Return the query for the newest messages that hold all terms, `most` of those `after` one.

    Args:
        terms: how many.
        alone: read the words in the order of their messages, whoever wrote them; the owner is in
            every word. Else they are looked up for each of the owner's messages.
    """
    key = words.c.message_id if alone else messages.c.message_id
    query = select(key.label("message_id")).where(key > bindparam("after"), *holding(terms))
    if alone:
        query = query.where(key <= bindparam("up_to"))
    else:
        both = messages.join(words, words.c.message_id == key)
        query = query.select_from(both).where(*_OWN)
    return described(query.order_by(key.desc()).limit(bindparam("most")), terms)


def described(found: Select[*tuple[Any, ...]], terms: int) -> Select[*tuple[Any, ...]]:
    """Return the query for one list of `Occurrences`, of those found that are shown."""
    ids = found.subquery("found")
    key = messages.c.message_id
    return (
        select(
            listed(key, messages.c.session_id, _length(), func.json_array(*_counts(terms))).label(
                "listed"
            )
        )
        .select_from(
            ids.join(messages, key == ids.c.message_id).join(words, words.c.message_id == key)
        )
        .where(OWNED, *FOUND)
    )


def _length() -> ColumnElement[int]:
    """Return how many tokens there are."""
    spaces = func.length(words.c.words) - func.length(func.replace(words.c.words, " ", ""))
    return spaces + 1


def _counts(terms: int) -> list[ColumnElement[int]]:
    """Return how often each of `told0` and so on occurs: terms without the space before them.

    Those that follow one another would share it, and be counted as one.
    """
    said = words.c.words + literal_column("' '", String)
    return [
        (func.length(said) - func.length(func.replace(said, told, ""))) // func.length(told)
        for number in range(terms)
        for told in [bindparam(f"told{number}", type_=String)]
    ]

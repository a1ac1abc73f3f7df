"""Full text, as SQLite (FTS5) and MySQL or MariaDB (FULLTEXT) have it.

Both index the same folded tokens, so that both find the same messages. Each token begins with its
owner's number: what others have written is never read, nor does it count for what is rare, and
no token is too short for MySQL or on its list of words to leave out.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    bindparam,
    column,
    literal_column,
    select,
    table,
    text,
    type_coerce,
)
from sqlalchemy.dialects import mysql

from adapters.sql.dialect import MYSQL, place_in
from adapters.sql.tables.chat import words
from adapters.sql.tokens import owned, paired
from domain.fulltext.frequent import COMMON
from domain.fulltext.query import Term
from domain.ids import UserId

WORDS_INDEX = "ft_ChatMessageWords"
"""The index itself: on SQLite a virtual table, which has triggers that keep it in step."""

CREATE_IN_SQLITE = (
    # The tokens are made of letters, digits and underscores; everything beyond ASCII is a letter
    # to this tokenizer.
    "CREATE VIRTUAL TABLE ft_ChatMessageWords USING fts5(words, content='ChatMessageWords',"
    " content_rowid='message_id', tokenize=\"ascii tokenchars '_'\")",
    "CREATE TRIGGER ft_ChatMessageWords_added AFTER INSERT ON ChatMessageWords BEGIN"
    " INSERT INTO ft_ChatMessageWords (rowid, words) VALUES (new.message_id, new.words); END",
    "CREATE TRIGGER ft_ChatMessageWords_removed AFTER DELETE ON ChatMessageWords BEGIN"
    " INSERT INTO ft_ChatMessageWords (ft_ChatMessageWords, rowid, words)"
    " VALUES ('delete', old.message_id, old.words); END",
    "CREATE TRIGGER ft_ChatMessageWords_changed AFTER UPDATE ON ChatMessageWords BEGIN"
    " INSERT INTO ft_ChatMessageWords (ft_ChatMessageWords, rowid, words)"
    " VALUES ('delete', old.message_id, old.words);"
    " INSERT INTO ft_ChatMessageWords (rowid, words) VALUES (new.message_id, new.words); END",
    # What is in the table before the index is.
    "INSERT INTO ft_ChatMessageWords (ft_ChatMessageWords) VALUES ('rebuild')",
)
DROP_IN_SQLITE = "DROP TABLE IF EXISTS ft_ChatMessageWords"
CREATE_IN_MYSQL = "CREATE FULLTEXT INDEX ft_ChatMessageWords ON ChatMessageWords (words, pairs)"

PURGE_IN_SQLITE = text(
    "INSERT INTO ft_ChatMessageWords (ft_ChatMessageWords, rank) VALUES ('merge', -4000)"
)
"""Writes the index anew without what was deleted: FTS5 only marks it as deleted.

Some 16 MiB at the most, which are the words of 100,000 messages: a longer index goes on with the
next purge. FTS5's own `secure-delete` is younger than the SQLite of many a system, and makes files
that those cannot read.
"""
PURGE_ALL_IN_SQLITE = text(
    "INSERT INTO ft_ChatMessageWords (ft_ChatMessageWords) VALUES ('optimize')"
)
PATIENCE_IN_MYSQL = text("SET SESSION lock_wait_timeout = 5")
"""Seconds to wait for those who use the table; who comes later waits behind."""
PURGE_ALL_IN_MYSQL = text("OPTIMIZE TABLE ChatMessageWords")
ROWS_IN_MYSQL = text(
    "SELECT table_rows FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = 'ChatMessageWords'"
)
"""About how many."""

_SQLITE = table(WORDS_INDEX, column("rowid", Integer), column("rank", Float))
_MATCHES_IN_SQLITE = text(f"{WORDS_INDEX} MATCH :wanted")
_MATCHES_IN_MYSQL = mysql.match(
    words.c.words, words.c.pairs, against=bindparam("wanted")
).in_boolean_mode()
_ROW = 6
"""InnoDB reads a matching row in as much time as it passes over so many entries of its index."""
_RARE = 3
"""What is in no more of the newest messages that are weighed is always asked for."""
_MOST_WEIGHED = 8
"""Words and pairs; each is looked for in every one of the newest messages."""
_MOST_PAIRS = 4
"""Of those weighed; where there are more, the rest of it leaves room for words."""
_MOST_JOINED = 3
"""Those that are not rare; more of them leave hardly fewer rows to read."""


def ranked(engine: str, spelled_out: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids and scores of messages that match, best and newest first.

    It takes `wanted`, an expression, the newest message that counts (`up_to`), and the `most`;
    `term0` and so on must be held letter by letter, as many as are spelled out.
    """
    if engine in MYSQL:
        key, score = words.c.message_id, type_coerce(_MATCHES_IN_MYSQL, Float).label("score")
        query = select(key, score).where(_MATCHES_IN_MYSQL, *holding(spelled_out))
        order = score.desc()
    else:
        key, rank = _SQLITE.c.rowid, _SQLITE.c.rank
        query = select(key.label("message_id"), (-rank).label("score")).where(_MATCHES_IN_SQLITE)
        order = rank
    query = query.where(key <= bindparam("up_to"))
    return query.order_by(order, key.desc()).limit(bindparam("most"))


def newest(engine: str, spelled_out: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the ids of the newest messages that match, with the same parameters."""
    if engine in MYSQL:
        key = words.c.message_id
        query = select(key).where(_MATCHES_IN_MYSQL, *holding(spelled_out))
    else:
        key = _SQLITE.c.rowid
        query = select(key.label("message_id")).where(_MATCHES_IN_SQLITE)
    query = query.where(key <= bindparam("up_to"))
    return query.order_by(key.desc()).limit(bindparam("most"))


def holding(terms: int) -> list[ColumnElement[bool]]:
    """Return the conditions that words hold `term0` and so on, each as `spelled` has it."""
    return [_held(f"term{number}", words.c.words) for number in range(terms)]


def holding_part(said: int, pairs: int) -> list[ColumnElement[bool]]:
    """Return the conditions that `part0` and so on are held: words first, then pairs."""
    columns = [words.c.words] * said + [words.c.pairs] * pairs
    return [_held(f"part{number}", column) for number, column in enumerate(columns)]


def _held(name: str, within: Column[str]) -> ColumnElement[bool]:
    return place_in(bindparam(name), _SPACE + within + _SPACE) > 0


_SPACE = literal_column("' '", String)


def spelled(user: UserId, term: Term) -> str:
    """Return a term as it stands in the words of a message, with the spaces around it."""
    said = owned(user, term.tokens)
    return f" {said}" if term.beginning else f" {said} "


class Parts(Struct, frozen=True):
    """What the index can be asked for, weighed before it is."""

    words: tuple[Term, ...] = ()
    pairs: tuple[Term, ...] = ()
    """Of the neighbours in phrases."""

    @property
    def all(self) -> tuple[Term, ...]:
        """The words, then the pairs."""
        return self.words + self.pairs


def parts(engine: str, terms: Sequence[Term]) -> Parts:
    """Return some of the words and pairs: long words are rare as a rule, and so is any pair."""
    if engine not in MYSQL or (len(terms) == 1 and not terms[0].tokens[1:]):
        return Parts()
    pairs = dict.fromkeys(pair for term in terms for pair in paired(term.tokens))
    some = tuple(Term((pair,)) for pair in pairs)[:_MOST_PAIRS]
    longest = sorted(_words(terms), key=lambda part: -len(part.tokens[0]))
    return Parts(tuple(longest[: _MOST_WEIGHED - len(some)]), some)


def _words(terms: Sequence[Term]) -> list[Term]:
    said = (
        part
        for term in terms
        for part in ([Term((token,)) for token in term.tokens] if term.tokens[1:] else [term])
    )
    return [*dict.fromkeys(said)]


def divided(
    terms: Sequence[Term], weighed: Parts, together: Callable[[Sequence[int]], int]
) -> tuple[Sequence[Term], Sequence[Term]]:
    """Return what to ask the index for, and what to look for in the words of what it finds.

    InnoDB reads all that its index has of each word, and then every row that has all of them. So
    it is asked for words and pairs that are worth it, and the rows are looked at for the others;
    for a phrase always, which InnoDB would look for itself at several times the price.

    Args:
        terms: what must be there.
        weighed: the `parts` of it.
        together: tells how many of the newest messages hold all of some parts, by their places.
    """
    alone = [together([place]) for place in range(len(weighed.all))]
    if weighed.pairs or len(_words(terms)) > len(weighed.words) or max(alone) >= COMMON:
        asked = [weighed.all[place] for place in _worth_it(alone, together)]
        return asked, [term for term in terms if term not in asked]
    return terms, ()


def _worth_it(alone: Sequence[int], together: Callable[[Sequence[int]], int]) -> list[int]:
    def cost(asked: Sequence[int]) -> int:
        return _ROW * together(asked) + sum(alone[place] for place in asked)

    by_rarity = sorted(range(len(alone)), key=lambda place: alone[place])
    asked = [place for place in by_rarity if alone[place] <= _RARE] or by_rarity[:1]
    for _ in range(_MOST_JOINED):
        others = [[*asked, place] for place in by_rarity if place not in asked]
        least = min(others, key=cost, default=asked)
        if cost(least) >= cost(asked):
            break
        asked = least
    return asked


def expression(engine: str, user: UserId, terms: Sequence[Term]) -> str:
    """Return the terms in the engine's language; tokens hold nothing that it could mistake."""
    spell = _in_mysql if engine in MYSQL else _in_sqlite
    return spell([(owned(user, term.tokens), term.beginning) for term in terms])


def _in_sqlite(terms: Iterable[tuple[str, bool]]) -> str:
    return " AND ".join(f'"{tokens}"{" *" if beginning else ""}' for tokens, beginning in terms)


def _in_mysql(terms: Iterable[tuple[str, bool]]) -> str:
    return " ".join(f"+{tokens}*" if beginning else f'+"{tokens}"' for tokens, beginning in terms)

"""Full text, as SQLite (FTS5) and MySQL or MariaDB (FULLTEXT) have it.

Both index the same folded tokens, so that both find the same messages. Each token begins with its
owner's number: what others have written is never read, nor does it count for what is rare, and
no token is too short for MySQL or on its list of words to leave out.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Float, Integer, TextClause, text

from adapters.sql.dialect import MYSQL
from domain.fulltext.query import Term
from domain.fulltext.words import indexed
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
CREATE_IN_MYSQL = "CREATE FULLTEXT INDEX ft_ChatMessageWords ON ChatMessageWords (words)"

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

_FOUND_IN_SQLITE = text(
    "SELECT rowid AS message_id, -rank AS score FROM ft_ChatMessageWords"
    " WHERE ft_ChatMessageWords MATCH :wanted AND rowid <= :up_to"
    " ORDER BY rank, rowid DESC LIMIT :most"
)
_FOUND_IN_MYSQL = text(
    "SELECT message_id, MATCH (words) AGAINST (:wanted IN BOOLEAN MODE) AS score"
    " FROM ChatMessageWords"
    " WHERE MATCH (words) AGAINST (:wanted IN BOOLEAN MODE) AND message_id <= :up_to"
    " ORDER BY score DESC, message_id DESC LIMIT :most"
)


def found(engine: str) -> TextClause:
    """Return the query for the ids and scores of messages that match, best and newest first.

    It takes `wanted`, an expression, the newest message that counts (`up_to`), and the `most`.
    """
    return _FOUND_IN_MYSQL if engine in MYSQL else _FOUND_IN_SQLITE


FOUND_COLUMNS = {"message_id": Integer, "score": Float}


def expression(engine: str, user: UserId, terms: Sequence[Term]) -> str:
    """Return the terms in the engine's language; tokens hold nothing that it could mistake."""
    spell = _in_mysql if engine in MYSQL else _in_sqlite
    return spell([(_owned(user, term.tokens), term.beginning) for term in terms])


def words_of(user: UserId, said: str | None) -> str:
    """Return what is indexed of a message; the empty text when nothing is."""
    return _owned(user, indexed(said))


def _owned(user: UserId, tokens: Iterable[str]) -> str:
    return " ".join(f"u{user}_{token}" for token in tokens)


def _in_sqlite(terms: Iterable[tuple[str, bool]]) -> str:
    return " AND ".join(f'"{tokens}"{" *" if beginning else ""}' for tokens, beginning in terms)


def _in_mysql(terms: Iterable[tuple[str, bool]]) -> str:
    return " ".join(f"+{tokens}*" if beginning else f'+"{tokens}"' for tokens, beginning in terms)

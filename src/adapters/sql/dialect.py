"""All that differs between SQLite and MySQL or MariaDB: column types and refusals.

Full text differs most, and has a file of its own: `matching.py`.
SQLAlchemy calls MariaDB by either name, depending on how the URL begins.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Integer, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

MYSQL = ("mysql", "mariadb")

_DUPLICATE = 1062
_NO_PARENT = 1452
_CONFLICTS = frozenset({1205, 1213, 1467})
"""A lock waited for in vain, a deadlock, and either of them over a table's next number: MariaDB
locks that while rows are copied, and says no more than that the number could not be had."""
_LOST = frozenset({1053, 1927, 2006, 2013, 2014, 2055})
"""Every way to lose a connection: shut down, killed, cut."""
_AWAY = frozenset({1040, 1203, 2002, 2003})
"""Too many connections, and nobody there."""
_NO_ROOM = "its disk is full; make room on it"
_NO_CHANGES = "it is read-only; let it be written to"
_NO_RIGHTS = "its user lacks a right; GRANT ALL PRIVILEGES on the database to it"
_ADDRESS: Mapping[object, str] = {
    1049: "the server has no such database; make it with CREATE DATABASE … CHARACTER SET utf8mb4",
    **dict.fromkeys((1045, 1698), "the server does not take this user and password"),
    1044: _NO_RIGHTS,
}
"""Found out when a connection is made."""
_BLOCKS: Mapping[object, str] = {
    **dict.fromkeys((3, 1021, 1026, 1114), _NO_ROOM),
    **dict.fromkeys((1290, 1792, 1836), _NO_CHANGES),
    **dict.fromkeys((1142, 1143, 1227, 1370), _NO_RIGHTS),
    "SQLITE_FULL": _NO_ROOM,
    "SQLITE_READONLY": _NO_CHANGES,
    "SQLITE_IOERR": "its disk fails or is read-only; look into the system's log",
    "SQLITE_NOTADB": "the file is no SQLite database; name another one, or move it away",
    "SQLITE_CORRUPT": "the file is damaged; put a copy of it in its place",
}
"""Found out any time. SQLite's longer names say which operation it was."""
_SQLITE_NAME = re.compile(r"SQLITE_[A-Z]+")


class Moment(TypeDecorator[datetime]):
    """Aware UTC in Python; a naive UTC DATETIME, to the microsecond, in the database."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return DATETIME(6) on MySQL, whose plain DATETIME drops the fraction."""
        kind = mysql.DATETIME(fsp=6) if dialect.name in MYSQL else DateTime()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Take the zone away: neither engine stores one."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


def key(length: int) -> TypeEngine[str]:
    """Return the type of an identifier, which compares byte by byte on both engines."""
    exact = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return String(length).with_variant(exact, *MYSQL)


def login_name(length: int) -> TypeEngine[str]:
    """Return the type of a name whose case does not count.

    MySQL's default collations fold every letter, SQLite's NOCASE those of ASCII.
    """
    return String(length).with_variant(String(length, collation="NOCASE"), "sqlite")


def long_text() -> TypeEngine[str]:
    """Return the type of a text that may pass 64 KiB, where MySQL's TEXT ends."""
    return Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL)


def search_words() -> TypeEngine[str]:
    """Return the type of a text that is folded already: letters compare as they are."""
    exact = mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin")
    return Text().with_variant(exact, *MYSQL)


class exact(FunctionElement[str]):  # noqa: N801 - reads as a function in queries
    """A value that equals a column only letter by letter: case, accents and blanks count."""

    inherit_cache = True


@compiles(exact)
def _as_it_is(element: exact, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(exact, *MYSQL)
def _as_bytes(element: exact, compiler: SQLCompiler, **options: Any) -> str:
    # No collation that both servers have tells "a" from "a ".
    return f"CAST({compiler.process(element.clauses, **options)} AS BINARY)"


class in_small_letters(FunctionElement[str]):  # noqa: N801 - reads as a function in queries
    """A text as `small_letters` has it, as far as the engine knows the small ones of its letters.

    Whatever collation a column has: compared with one another are texts made in the same way.
    """

    type = Text()
    inherit_cache = True


@compiles(in_small_letters)
def _small(element: in_small_letters, compiler: SQLCompiler, **options: Any) -> str:
    return f"small_letters({compiler.process(element.clauses, **options)})"


@compiles(in_small_letters, *MYSQL)
def _lower(element: in_small_letters, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"replace(lower(convert({text} using utf8mb4)), '\u03c2', '\u03c3')"


class list_length(FunctionElement[int]):  # noqa: N801 - reads as a function in queries
    """How many items a JSON list has; null where there is none."""

    type = Integer()
    inherit_cache = True


@compiles(list_length)
def _json_array_length(element: list_length, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_length({compiler.process(element.clauses, **options)})"


@compiles(list_length, *MYSQL)
def _json_length(element: list_length, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_length({compiler.process(element.clauses, **options)})"


class place_in(FunctionElement[int]):  # noqa: N801 - reads as a function in queries
    """Where a text begins in another, byte by byte; 0 where it does not occur."""

    type = Integer()
    inherit_cache = True


@compiles(place_in)
def _instr(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    what, within = (compiler.process(each, **options) for each in element.clauses)
    return f"instr({within}, {what})"


@compiles(place_in, *MYSQL)
def _locate(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    what, within = (compiler.process(each, **options) for each in element.clauses)
    return f"locate({what}, cast({within} as binary))"


class listed(FunctionElement[str]):  # noqa: N801 - reads as a function in queries
    """All rows as one JSON list of lists, in no order; null or an empty list where none is.

    Reading a thousand rows takes the MySQL driver longer than the server takes to find them.
    """

    type = Text()
    inherit_cache = True


@compiles(listed)
def _json_group_array(element: listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(listed, *MYSQL)
def _json_arrayagg(element: listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_arrayagg(json_array({compiler.process(element.clauses, **options)}))"


def is_duplicate(error: DBAPIError) -> bool:
    """Return whether the statement broke a primary key or a unique index."""
    name = _sqlite_name(error)
    if name is not None:
        return name in {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}
    return _mysql_code(error) == _DUPLICATE


def is_orphan(error: DBAPIError) -> bool:
    """Return whether the statement named a row of another table that does not exist."""
    name = _sqlite_name(error)
    if name is not None:
        return name == "SQLITE_CONSTRAINT_FOREIGNKEY"
    return _mysql_code(error) == _NO_PARENT


def is_passing(error: DBAPIError) -> bool:
    """Return whether the database is away: the same work may succeed later."""
    name = _sqlite_name(error)
    if name is not None:
        return name == "SQLITE_CANTOPEN"
    return _mysql_code(error) in _AWAY


def is_conflict(error: DBAPIError) -> bool:
    """Return whether the statement stood in the way of another transaction."""
    name = _sqlite_name(error)
    if name is not None:
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return _mysql_code(error) in _CONFLICTS


def is_lost(error: DBAPIError) -> bool:
    """Return whether the connection broke, and with it an open transaction."""
    return error.connection_invalidated or _mysql_code(error) in _LOST


def what_blocks(error: BaseException | None) -> str | None:
    """Return what keeps the database from being used, or written to, until somebody mends it.

    None where it is something else.
    """
    return _BLOCKS.get(_number_or_name(error))


def why_refused(error: BaseException | None) -> str | None:
    """Return what is wrong with the address, or the database, where waiting does not help.

    None where it may.
    """
    return what_blocks(error) or _ADDRESS.get(_number_or_name(error))


def _number_or_name(error: BaseException | None) -> object:
    if not isinstance(error, DBAPIError):
        return None
    if (name := _sqlite_name(error)) is None:
        return _mysql_code(error)
    short = _SQLITE_NAME.match(name)
    return short[0] if short else name


def _sqlite_name(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlite_errorname", None)


def _mysql_code(error: DBAPIError) -> object:
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments else None

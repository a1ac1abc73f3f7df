"""What the history costs with 100,000 messages of one customer, on each engine that answers.

The use cases are called in this process: what is measured is the server's own time without HTTP.
"""

import asyncio
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct
from sqlalchemy import insert, text

from adapters.sql import migrations
from adapters.sql.engine import Database, open_database
from adapters.sql.matching import PURGE_ALL_IN_SQLITE
from adapters.sql.rows import message_row
from adapters.sql.tables.chat import messages, sessions, words
from adapters.sql.tokens import row_of
from adapters.sql.unit_of_work import SqlUnitOfWork
from adapters.sql.words import SqlWords
from adapters.system.clock import SystemClock
from application.chat.ledger import Ledger
from application.history.list_conversations import ListConversations
from application.history.search_messages import SearchMessages
from application.history.show_conversation import ShowConversation
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    ConversationFilter,
    ListPlace,
)
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.ask import Ask, Record
from domain.turn.events import TextDelta
from domain.turn.prompt import TextPart
from domain.turn.transcript import Transcript

MESSAGES = 100_000
CONVERSATIONS = 10_000
SEARCH_MS = 50.0
LIST_MS = 10.0
TURN_MS = 5.0
TIMES = 15
"""Each figure is the median of as many."""
TURNS = 200
READS = 400
READERS = 8
CHUNK = 1000

_VOCABULARY = 30_000
_LENGTHS = (8, 15, 30, 60, 120)
"""Words of a message; the mean is 47, some 300 letters."""
_QUERIES = {
    "a rare word": "w2710",
    "a word in 0.6 % of the messages": "w3e8",
    "a word in 5 %": "w64",
    "a word in 23 %": "wa",
    "the commonest word, in 38 %": "w0",
    "two words": "w64 w3e8",
    "a phrase": '"w64 w1"',
    "a beginning of 16 words": "w3e*",
    "a pair of Chinese letters": "東京",
}
_MYSQL_SIZE = text(
    "SELECT SUM(data_length + index_length) FROM information_schema.tables"
    " WHERE table_schema = DATABASE()"
)


class Line(Struct, frozen=True):
    """One measure on every engine that answered; `most` is what was promised on some of them."""

    what: str
    figures: tuple[float, ...]
    most: float | None = None
    on: int = 2
    """On how many of the engines it was promised: SQLite comes first."""
    least: tuple[float, ...] = ()
    """The shortest time, which says more than the median where the machine is busy."""

    @property
    def met(self) -> bool | None:
        """Whether the promise was kept; None where nothing was promised."""
        return None if self.most is None else max(self.figures[: self.on]) <= self.most


def measure() -> tuple[list[str], list[Line]]:
    """Return the engines and what was measured on them."""
    return uvloop.run(_measure())


def table(engines: Sequence[str], lines: Sequence[Line]) -> str:
    """Return the table as Markdown."""
    rows = [
        f"| | {' | '.join(engines)} | target | |",
        f"|---|{'---:|' * len(engines)}---|---|",
    ]
    for line in lines:
        target = "" if line.most is None else f"<= {line.most:g}"
        verdict = {None: "", True: "ok", False: "missed"}[line.met]
        told = [f"{figure:,.1f}" for figure in line.figures]
        if line.least:
            told = [f"{each} ({least:,.1f})" for each, least in zip(told, line.least, strict=True)]
        figures = " | ".join(told)
        rows.append(f"| {line.what} | {figures} | {target} | {verdict} |")
    return "\n".join(rows)


async def _measure() -> tuple[list[str], list[Line]]:
    measured: dict[str, list[Line]] = {}
    async with _sqlite() as database:
        measured["SQLite"] = await _lines(database)
    async with _mysql() as database:
        if database is not None:
            measured["MySQL or MariaDB"] = await _lines(database)
    together = [
        Line(
            each[0].what,
            tuple(line.figures[0] for line in each),
            each[0].most,
            each[0].on,
            tuple(line.least[0] for line in each if line.least),
        )
        for each in zip(*measured.values(), strict=True)
    ]
    return list(measured), together


@asynccontextmanager
async def _sqlite() -> AsyncGenerator[Database, None]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'main.db'}"
        await migrations.upgrade("main", url)
        database = open_database(url)
        yield database
        await database.close()


@asynccontextmanager
async def _mysql() -> AsyncGenerator[Database | None, None]:
    server = os.environ.get("TEST_MYSQL_URL", "mysql+aiomysql://root@127.0.0.1:3306").rstrip("/")
    try:
        about = open_database(f"{server}/mysql")
        name = f"parley_bench_{os.getpid()}"
        async with about.engine.begin() as connection:
            await connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    except Exception as error:  # noqa: BLE001 - whatever it is, no server of ours is there
        print(f"no MySQL: {type(error).__name__}")
        yield None
        return
    url = f"{server}/{name}"
    try:
        await migrations.upgrade("main", url)
        database = open_database(url)
        yield database
        await database.close()
    finally:
        async with about.engine.begin() as connection:
            await connection.execute(text(f"DROP DATABASE {name}"))
        await about.close()


async def _lines(database: Database) -> list[Line]:
    work, clock = SqlUnitOfWork(database, SystemClock()), SystemClock()
    async with work() as db:
        user = (await db.accounts.add("bench", "hash", None)).id
    lines = await _filled(database, user)
    search, listing, show = SearchMessages(work), ListConversations(work), ShowConversation(work)
    for name, query in _QUERIES.items():
        took = await _times(lambda query=query: search(user, query, 20))
        lines.append(_timed(f"search, first page: {name}, ms", took, SEARCH_MS))
    first = await listing(user, ConversationFilter(limit=50))
    deep = _place(user, CONVERSATIONS // 2)
    for name, wanted in {
        "list 50 sessions of 10,000": ConversationFilter(limit=50),
        "the same from the middle, by offset": ConversationFilter(limit=50, offset=5000),
        "the same from the middle, by cursor": ConversationFilter(limit=50, after=deep),
    }.items():
        took = await _times(lambda wanted=wanted: listing(user, wanted))
        lines.append(_timed(f"{name}, ms", took, LIST_MS if "offset" not in name else None, on=1))
    ids = [shown.conversation.id for shown in first.page]
    lines += await _turns(Ledger(work, clock), user, ids)
    lines.append(Line("conversations read per second, 8 readers", (await _reads(show, user, ids),)))
    return lines


async def _filled(database: Database, user: UserId) -> list[Line]:
    """Write the history; return what the index takes of it."""
    await _insert(database, sessions, [_session(user, each) for each in range(CONVERSATIONS)])
    said = list(_texts())
    rows = [_message(user, number, each) for number, each in enumerate(said)]
    started = time.perf_counter()
    await _insert(database, messages, rows)
    plain_s = time.perf_counter() - started
    plain = await _size(database)
    started = time.perf_counter()
    engine = database.engine.dialect.name
    found = [row_of(engine, user, MessageId(at), each) for at, each in enumerate(said, 1)]
    folded_s = time.perf_counter() - started
    await _insert(database, words, found)
    indexed_s = time.perf_counter() - started
    if database.turnstile is not None:
        async with database.engine.begin() as connection:
            await connection.execute(PURGE_ALL_IN_SQLITE)
    size = await _size(database)
    return [
        Line("100,000 messages and their sessions, MiB", (plain,)),
        Line("their words and the index, MiB", (size - plain,)),
        Line("a message written in bulk, µs", (plain_s * 1e6 / MESSAGES,)),
        Line("its words folded and indexed, µs", (indexed_s * 1e6 / MESSAGES,)),
        Line("of which folded, µs", (folded_s * 1e6 / MESSAGES,)),
    ]


async def _insert(database: Database, into: Any, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        async with database.engine.begin() as connection:
            await connection.execute(insert(into), rows[start : start + CHUNK])


async def _size(database: Database) -> float:
    """Return MiB; MySQL does not tell how large a FULLTEXT index is, only its tables' own."""
    async with database.engine.connect() as connection:
        if database.turnstile is None:
            await connection.execute(text("ANALYZE TABLE ChatMessagesNG, ChatMessageWords"))
            return float(await connection.scalar(_MYSQL_SIZE) or 0) / 2**20
        pages = await connection.scalar(text("PRAGMA page_count"))
        free = await connection.scalar(text("PRAGMA freelist_count"))
        size = await connection.scalar(text("PRAGMA page_size"))
        return float((pages - free) * size) / 2**20


async def _turns(ledger: Ledger, user: UserId, ids: Sequence[ConversationId]) -> list[Line]:
    """Store questions and answers as a turn does, with the index and without it, in turns."""
    took: dict[bool, list[float]] = {True: [], False: []}
    answers = list(itertools.islice(_texts(), TURNS * 2))
    for number, answer in enumerate(answers):
        indexed = number % 2 == 0
        said = Transcript()
        said.add([TextDelta(answer)])
        record = Record(conversation=ConversationDraft(id=ids[number % len(ids)]))
        ask = Ask(user=user, question=(TextPart(answer[:100]),), record=record)
        started = time.perf_counter()
        with _index(on=indexed):
            kept = await ledger.question(TurnId(f"bench-{number}"), ask, record)
            await ledger.answer(kept, said, None, AnswerState.COMPLETED)
        took[indexed].append((time.perf_counter() - started) * 1000)
    return [
        _timed("storing a turn, ms", took[True], TURN_MS, on=1),
        _timed("the same without an index, ms", took[False]),
    ]


@contextmanager
def _index(*, on: bool) -> Generator[None, None, None]:
    async def nothing(*_: object) -> None:
        pass

    add, put = SqlWords.add, SqlWords.put
    if not on:
        SqlWords.add = SqlWords.put = nothing  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        SqlWords.add, SqlWords.put = add, put


async def _reads(show: ShowConversation, user: UserId, ids: Sequence[ConversationId]) -> float:
    async def read(these: Sequence[ConversationId]) -> None:
        for conversation in these:
            await show(user, conversation)

    wanted = list(itertools.islice(itertools.cycle(ids), READS))
    started = time.perf_counter()
    async with asyncio.TaskGroup() as readers:
        for number in range(READERS):
            readers.create_task(read(wanted[number::READERS]))
    return READS / (time.perf_counter() - started)


async def _times(work: Callable[[], Awaitable[object]]) -> list[float]:
    await work()
    took: list[float] = []
    for _ in range(TIMES):
        started = time.perf_counter()
        await work()
        took.append((time.perf_counter() - started) * 1000)
    return took


def _timed(what: str, took: Sequence[float], most: float | None = None, on: int = 2) -> Line:
    return Line(what, (statistics.median(took),), most, on, (min(took),))


def _texts() -> Generator[str, None, None]:
    """Yield messages of words as frequent as those of a language, the same in every run."""
    chance = random.Random(1)
    vocabulary = [f"w{number:x}" for number in range(_VOCABULARY)]
    weights = list(itertools.accumulate(1 / (number + 10) for number in range(_VOCABULARY)))
    for number in range(MESSAGES):
        length = chance.choice(_LENGTHS)
        said = " ".join(chance.choices(vocabulary, cum_weights=weights, k=length))
        yield f"{said} 明日の東京都の天気" if number % 100 == 0 else said


def _moment(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)


def _id(user: UserId, number: int) -> ConversationId:
    return ConversationId(f"{user:08x}-0000-4000-8000-{number:012x}")


def _place(user: UserId, number: int) -> ListPlace:
    return ListPlace(_moment(number), _moment(number), _id(user, number))


def _session(user: UserId, number: int) -> dict[str, Any]:
    return {
        "session_id": _id(user, number),
        "customer_id": user,
        "session_name": f"Session {number}",
        "ai_character_name": "assistant",
        "auto_trigger_tts": False,
        "created_at": _moment(number),
        "last_update": _moment(number),
    }


def _message(user: UserId, number: int, said: str) -> dict[str, Any]:
    return message_row({"message": said}) | {
        "message_id": number + 1,
        "session_id": _id(user, number * CONVERSATIONS // MESSAGES),
        "customer_id": user,
        "sender": "User" if number % 2 == 0 else "AI",
        "created_at": _moment(number),
    }

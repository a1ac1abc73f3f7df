"""The number of statements of a request does not grow with what is stored."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from adapters.memory.clock import ManualClock
from adapters.sql import migrations
from adapters.sql.engine import Database, open_database
from adapters.sql.prepared import Outcome
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from tests.api.history_calls import CHAT, MESSAGES, SESSIONS
from tests.api.offline_app import Outside, Parley

FEW, MANY = 2, 25


class Counter:
    """Counts what reaches the driver, by SQLAlchemy or beside it."""

    def __init__(self, database: Database) -> None:
        self.statements = 0
        self._driver = database.driver
        database.driver = self._run
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1

    async def _run(self, connection: Any, statements: Any, *, commit: bool) -> Outcome:
        self.statements += len(statements)
        return await self._driver(connection, statements, commit=commit)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "main.db"
    asyncio.run(migrations.upgrade("main", f"sqlite+aiosqlite:///{path}"))
    return path


@asynccontextmanager
async def on_sqlite(empty: Path, folder: Path) -> AsyncGenerator[tuple[Parley, Counter], None]:
    shutil.copy(empty, folder / "main.db")
    database = open_database(f"sqlite+aiosqlite:///{folder / 'main.db'}")
    outside = Outside(ManualClock())
    outside.work = SqlUnitOfWork(database, outside.clock)  # type: ignore[assignment]
    parley = Parley(folder, outside)
    try:
        async with parley.running():
            yield parley, Counter(database)
    finally:
        await database.close()


async def fill(parley: Parley, rows: int) -> tuple[str, list[int]]:
    """Store as many conversations, prompts, and messages and versions in one of them."""
    user = parley.anna.id
    files = ("https://x/a.pdf",)
    async with parley.work() as db:
        for number in range(rows):
            await db.prompts.add(user, f"title {number}", "text")
            talk = await db.conversations.open(user, ConversationDraft(character=f"c{number}"))
            for sender in (Sender.USER, Sender.AI):
                draft = MessageDraft(message="an owl", favorite=True, file_locations=files)
                await db.conversations.add_message(user, talk.id, sender, draft)
        talk = await db.conversations.open(user, ConversationDraft(name="long"))
        keys = [
            await db.conversations.add_message(
                user, talk.id, Sender.USER, MessageDraft(message=f"owl {number}")
            )
            for number in range(rows)
        ]
        await db.conversations.keep_version(user, talk.id, keys[0])
    return talk.id, list(keys)


async def counts(parley: Parley, counter: Counter, rows: int) -> dict[str, int]:
    """Return how many statements each request takes."""
    talk, keys = await fill(parley, rows)
    found: dict[str, int] = {}
    async with parley.client() as client:
        client.headers.update(parley.headers)

        async def ask(name: str, method: str, path: str, **body: Any) -> Any:
            before = counter.statements
            answer = await send(client, method, path, {"customer_id": 1, **body})
            assert answer.status_code == 200, f"{name}: {answer.text}"
            found[name] = counter.statements - before
            return answer.json()

        every = {"limit": 0, "include_messages": True}
        await ask("warm", "POST", f"{SESSIONS}/list")
        await ask("list", "POST", f"{SESSIONS}/list", **every)
        await ask("tagged", "POST", f"{SESSIONS}/list", tags=["a"])
        shown = await ask(
            "detail", "POST", f"{SESSIONS}/detail", session_id=talk, include_versions=True
        )
        hidden = next(one for one in shown["data"]["messages"] if not one["active"])
        await ask("substring", "POST", f"{SESSIONS}/search", search_text="owl", limit=100)
        searched = await ask("words", "GET", f"{CHAT}/search", q="owl", limit=100)
        assert searched["data"]["count"] == rows + 1
        await ask("favourites", "GET", f"{CHAT}/maintenance/favorites")
        await ask("files", "POST", f"{CHAT}/maintenance/files", limit=0)
        await ask("prompts", "GET", f"{CHAT}/prompts")
        await ask("agents", "GET", "/api/v1/agents/status")
        await ask("rename", "PATCH", SESSIONS, session_id=talk, session_name="n")
        message = {"message": "an owl"}
        pair = {"session_id": talk, "user_message": message, "ai_response": message}
        await ask("store", "POST", MESSAGES, **pair, include_messages=True)
        edited = {"session_id": talk, "user_message": {**message, "message_id": keys[-1]}}
        await ask("edit", "PATCH", MESSAGES, **edited)
        await ask("change", "PUT", MESSAGES, message_id=keys[-1], patch={"favorite": True})
        this = {"session_id": talk, "message_id": hidden["message_id"]}
        await ask("another branch", "POST", f"{MESSAGES}/show", **this)
        await ask("remove messages", "DELETE", MESSAGES, session_id=talk, message_ids=keys[:-1])
        await ask("remove session", "DELETE", SESSIONS, session_id=talk)
        await ask("old client", "POST", "/api/db", action="db_all_sessions_for_user", userInput={})
    return found


async def send(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]
) -> httpx.Response:
    if method == "GET":
        return await client.get(path, params=body)
    return await client.request(method, path, json=body)


async def test_many_rows_take_as_many_statements_as_few(
    empty: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found: list[dict[str, int]] = []
    for rows in (FEW, MANY):
        async with on_sqlite(empty, tmp_path_factory.mktemp("rows")) as (parley, counter):
            found.append(await counts(parley, counter, rows))
    few, many = found
    assert many == few
    assert max(many.values()) <= 20

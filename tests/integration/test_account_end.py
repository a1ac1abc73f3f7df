"""What is left of an account that was deleted: nothing, in no table and in no file."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from application.accounts.add_user import AddUser
from application.accounts.log_out_everywhere import LogOutEverywhere
from application.ports.tokens import Tokens
from application.ports.turn_log import TurnLog
from domain.ids import UserId
from entrypoints.wiring.settings import Settings
from tests.integration.chat_client import ask, chat
from tests.integration.live_server import ThreadServer, parley_here
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import Gate, spoiled

pytestmark = pytest.mark.integration
MODEL = "gpt-4o-mini"
MARK, OTHER = "marigold", "nettle"
INDEX = {"ft_ChatMessageWords", "ft_ChatMessageWords_data"}
TABLES = {
    "Users",
    "ChatSessionsNG",
    "ChatMessagesNG",
    "ChatMessageWords",
    "Prompts",
    *INDEX,
    "batch_jobs",
}
"""Where a client's words are; what is counted of turns holds none."""
PASSWORD = "correct horse battery staple"
# Long enough for pages of their own, and written again and again while it grows.
LONG = [f"{MARK} {number} " * 20 for number in range(120)]


async def token_of(server: ThreadServer, name: str) -> tuple[UserId, str]:
    async def add() -> tuple[UserId, str]:
        account = await (await server.container.get(AddUser))(f"{name}@example.org", PASSWORD)
        return account.id, (await server.container.get(Tokens)).issue(account)

    return await asyncio.wrap_future(server.run(add()))


async def converse(
    server: ThreadServer, simulator: OpenAISimulator, user: UserId, token: str, mark: str
) -> None:
    """Leave a mark wherever a client can."""
    headers = {"Authorization": f"Bearer {token}"}
    async with chat(server.address, token) as client:
        for pieces in (LONG if mark == MARK else [mark], [mark]):
            simulator.script(chat_stream(pieces))
            asked = f"What of the {mark}?"
            await client.send(ask(asked, local_id=f"{mark}-{len(pieces)}", model=MODEL))
            await client.turn()
    async with httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers) as http:
        prompt = {"customer_id": user, "title": mark, "prompt": f"Tell me of the {mark}"}
        kept = await http.post("/api/v1/chat/prompts", json=prompt)
        task = {"customer_id": user, "ai_character_name": "ann", "task_description": mark}
        made = await http.post("/api/v1/chat/sessions/create-task", json=task)
        asked = [{"custom_id": mark, "prompt": f"What of the {mark}?"}]
        sent = {"model": "demo", "description": mark, "requests": asked}
        batch = await http.post("/api/v1/batch", json=sent)
        assert batch.status_code == 202, batch.text
        form = {"category": "a", "action": "b", "customer_id": str(user)}
        words = {"file": (f"{mark}.txt", f"All about the {mark}".encode())}
        sent = await http.post("/api/v1/storage/upload", data=form, files=words)
        assert sent.status_code == 200, sent.text
    assert (kept.status_code, made.status_code) == (200, 200), kept.text + made.text


def tables_with(file: Path, mark: str) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return [
            table
            for (table,) in named
            if mark in str(connection.execute(f'SELECT * FROM "{table}"').fetchall())
        ]
    finally:
        connection.close()


def files_with(folder: Path, mark: str) -> list[str]:
    found = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in found if mark.encode() in file.read_bytes()]


async def test_no_table_and_no_file_keeps_a_mark_of_a_deleted_account(
    server: ThreadServer, settings: Settings, simulator: OpenAISimulator
) -> None:
    user, token = await token_of(server, MARK)
    other, others = await token_of(server, OTHER)
    await converse(server, simulator, user, token, MARK)
    await converse(server, simulator, other, others, OTHER)
    folder = settings.data_dir / "claude_code" / str(user)
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text(MARK)
    gate = Gate()
    simulator.script(spoiled(chat_stream([MARK, MARK]), 2, gate))
    async with chat(server.address, token) as client:
        await client.send(ask(f"One more {MARK}?", model=MODEL))
        await client.until("text_chunk")
        assert set(tables_with(settings.data_dir / "main.db", MARK)) == TABLES
        assert sum(MARK in name for name in files_with(settings.data_dir / "files", MARK)) == 1
        async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
            gone = await http.request(
                "DELETE",
                "/api/v1/account",
                json={"password": PASSWORD},
                headers={"Authorization": f"Bearer {token}"},
            )
        assert gone.status_code == 200, gone.text
        assert await client.closed() == 4401
    assert tables_with(settings.data_dir / "main.db", MARK) == []
    assert files_with(settings.data_dir, MARK) == []
    assert not folder.exists()
    assert not any(MARK in file.name for file in settings.data_dir.rglob("*"))
    assert len(files_with(settings.data_dir / "files", OTHER)) == 2
    log = await server.container.get(TurnLog)
    assert await log.running(user) == []
    assert set(tables_with(settings.data_dir / "main.db", OTHER)) == TABLES


async def test_open_sockets_are_closed_when_their_tokens_are_revoked(
    server: ThreadServer, anna: str, boris: str
) -> None:
    async def revoke() -> None:
        await (await server.container.get(LogOutEverywhere))(UserId(1))

    async with chat(server.address, anna) as mine, chat(server.address, boris) as theirs:
        for client in (mine, theirs):
            await client.send({"type": "ping"})
            await client.until("pong")
        await asyncio.wrap_future(server.run(revoke()))
        assert await mine.closed() == 4401
        await theirs.nothing_more()
    async with chat(server.address, anna) as again:
        assert await again.closed() == 4401


def test_the_commands_revoke_and_delete(tmp_path: Path) -> None:
    environ = {"PARLEY_DATA_DIR": str(tmp_path), "PARLEY_LOG_LEVEL": "error"}
    parley_here("migrate", "upgrade", environ=environ)
    for name in ("ann", "bob"):
        parley_here("user", "add", f"{name}@example.org", "-p", "a good one", environ=environ)
    told = parley_here("user", "revoke", "ann", environ=environ)
    assert (told.returncode, told.stdout) == (0, "tokens revoked\n")
    unsure = parley_here("user", "delete", "ann@example.org", environ=environ)
    assert unsure.returncode == 1
    gone = parley_here("user", "delete", "ann@example.org", "--yes", environ=environ)
    assert gone.stdout.endswith("customer 1: deleted\n"), gone.stderr
    assert parley_here("user", "list", environ=environ).stdout == "2\tbob\tbob@example.org\n"
    for command in ("revoke", "delete"):
        more = ("--yes",) if command == "delete" else ()
        nobody = parley_here("user", command, "ann", *more, environ=environ)
        assert (nobody.returncode, nobody.stderr.count("\n")) == (1, 1)
    assert files_with(tmp_path, "ann@example.org") == []

"""The server as a process: started by its command, killed at any moment, told to stop."""

import asyncio
import json
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.integration.chat_client import Frame, ask, chat, kinds, text
from tests.integration.live_server import ProcessServer, parley, parley_here
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import Gate, Hang, Reply, spoiled

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a data directory and a token, made by commands before the first start."""
    folder = tmp_path_factory.mktemp("prepared")
    environ = {"PARLEY_DATA_DIR": str(folder)}
    assert parley_here("migrate", "upgrade", environ=environ).returncode == 0
    added = parley_here(
        "user", "add", "ann@example.org", "--password", "a good one", environ=environ
    )
    assert added.returncode == 0, added.stderr
    return folder, parley_here("token", "ann@example.org", environ=environ).stdout.strip()


@pytest.fixture
def environ(
    tmp_path: Path, simulator: OpenAISimulator, prepared: tuple[Path, str]
) -> dict[str, str]:
    shutil.copytree(prepared[0], tmp_path / "data")
    return {
        "PARLEY_DATA_DIR": str(tmp_path / "data"),
        "LOCAL_BASE_URL": simulator.base_url,
        "PARLEY_DRAIN_S": "5",
    }


@pytest.fixture
def token(prepared: tuple[Path, str]) -> str:
    return prepared[1]


def in_database(environ: dict[str, str], query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(Path(environ["PARLEY_DATA_DIR"]) / "main.db")) as db:
        return db.execute(query).fetchall()


async def test_a_fresh_machine_gets_a_login_once(tmp_path: Path) -> None:
    environ = {"PARLEY_DATA_DIR": str(tmp_path / "fresh")}
    with ProcessServer(environ) as first:
        shown = "".join(first.output)
        words = shown.split()
        password, token = words[words.index("password") + 1], words[words.index("token") + 1]
        async with chat(first.address, token) as client:
            await client.send(ask("hello"))
            assert "demonstration" in text(await client.turn())
        async with httpx.AsyncClient(base_url=f"http://{first.address}") as http:
            login = {"username": "admin", "password": password}
            answer = await http.post("/api/v1/chat/auth/login", json=login)
        assert answer.json()["data"]["customer_id"] == 1
        assert first.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert (tmp_path / "fresh" / "auth_secret").stat().st_mode & 0o777 == 0o600
    with ProcessServer(environ) as second:
        assert "password" not in "".join(second.output)
        async with chat(second.address, token) as client:
            await client.send(ask("still me?"))
            assert "demonstration" in text(await client.turn())


@pytest.mark.parametrize("moment", ["question stored", "text streamed", "checkpoint written"])
async def test_a_killed_server_keeps_what_was_said(
    environ: dict[str, str], token: str, simulator: OpenAISimulator, moment: str
) -> None:
    steps = 0 if moment == "question stored" else 3
    simulator.script(spoiled(chat_stream("one two three"), steps, Hang()))
    request = ask("count", model="local/m")
    with ProcessServer(environ) as first:
        async with chat(first.address, token) as client:
            await client.send(request)
            frames = [await client.until("working")]
            while steps and text(frames) != "one two":
                frames.append(await client.next())
            while moment == "checkpoint written" and not in_database(
                environ, "SELECT 1 FROM ChatMessagesNG WHERE sender = 'AI'"
            ):
                await client.nothing_more()
            first.stop(signal.SIGKILL)
    assert in_database(environ, "SELECT message FROM ChatMessagesNG WHERE sender = 'User'") == [
        ("count",)
    ]
    turn = frames[0]["turn_id"]
    with ProcessServer(environ) as second:
        answer = in_database(
            environ, "SELECT message, state FROM ChatMessagesNG WHERE sender = 'AI'"
        )
        expected = [("one two", "interrupted")] if moment == "checkpoint written" else []
        assert answer == expected
        async with chat(second.address, token) as client:
            for message in ({"type": "follow", "turn_id": turn, "after": 0}, request):
                await client.send(message)
                told = await client.turn()
                assert told[0]["code"] == "interrupted"
                assert {frame["turn_id"] for frame in told} == {turn}
                assert kinds(told) == ["error", "text_completed", "tts_not_requested"]
        assert len(simulator.requests) <= 1, "asked once, whatever happened"


async def test_a_killed_server_answers_for_finished_turns(
    environ: dict[str, str], token: str
) -> None:
    request = ask("hello")
    with ProcessServer(environ) as first:
        async with chat(first.address, token) as client:
            await client.send(request)
            frames = await client.turn()
        first.stop(signal.SIGKILL)
    with ProcessServer(environ) as second:
        async with chat(second.address, token) as client:
            await client.send(request)
            again = await client.turn()
            await client.send({"type": "follow", "turn_id": frames[0]["turn_id"], "after": 3})
            followed = await client.turn()
    assert [f["type"] for f in again] == ["text_completed", "tts_not_requested"]
    assert followed[0]["code"] == "no_buffer"
    assert in_database(environ, "SELECT count(*) FROM ChatMessagesNG") == [(2,)]


async def test_sigterm_lets_a_turn_finish_before_whoever_watches(
    environ: dict[str, str], token: str, simulator: OpenAISimulator
) -> None:
    gate = Gate()
    whole = chat_stream("one two three")
    simulator.script(Reply([*whole.steps[:3], gate, *whole.steps[3:]], headers=whole.headers))
    with ProcessServer(environ) as process:
        async with chat(process.address, token) as client, chat(process.address, token) as other:
            await client.send(ask("count", model="local/m"))
            await client.until("text_chunk")
            assert process.process is not None
            process.process.send_signal(signal.SIGTERM)
            await _refused_connections(process)
            await other.send(ask("me too?", model="local/m"))
            assert (await other.until("error"))["code"] == "shutting_down"
            simulator.open(gate)
            await client.turn()
            assert text(client.seen) == "one two three"
            assert await client.closed() == 1012
        assert process.process.wait(15) in (0, -signal.SIGTERM)
    assert in_database(
        environ, "SELECT message, state FROM ChatMessagesNG WHERE sender = 'AI'"
    ) == [("one two three", "completed")]


@pytest.mark.parametrize("second", [None, signal.SIGINT])
async def test_a_turn_that_takes_too_long_for_whoever_stops_the_server_ends_as_interrupted(
    environ: dict[str, str],
    token: str,
    simulator: OpenAISimulator,
    second: signal.Signals | None,
) -> None:
    simulator.script(spoiled(chat_stream("one two three"), 3, Hang()))
    drain_s = "0.2" if second is None else "60"
    with ProcessServer(environ | {"PARLEY_DRAIN_S": drain_s}) as process:
        async with chat(process.address, token) as client:
            await client.send(ask("count", model="local/m"))
            frames: list[Frame] = []
            while text(frames) != "one two":
                frames.append(await client.next())
            assert process.process is not None
            process.process.send_signal(signal.SIGTERM)
            if second is not None:
                await _refused_connections(process)
                process.process.send_signal(second)
            ending = await client.turn()
            assert "interrupted" in str(ending)
            assert await client.closed() == 1012
        assert process.process.wait(15) in (0, -signal.SIGTERM, -signal.SIGINT)
    assert "Traceback" not in "".join(process.output)
    assert in_database(
        environ, "SELECT message, state FROM ChatMessagesNG WHERE sender = 'AI'"
    ) == [("one two", "interrupted")]


async def _refused_connections(process: ProcessServer) -> None:
    """Return once the server takes no new connections: it has understood that it is to stop."""
    host, port = process.address.split(":")
    while True:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            await writer.wait_closed()
        except ConnectionError:  # Reset, where it stopped listening before it took this one.
            return


async def test_an_abandoned_turn_is_stopped_after_its_time(
    environ: dict[str, str], token: str, simulator: OpenAISimulator
) -> None:
    simulator.script(spoiled(chat_stream("one two three"), 3, Hang()))
    with ProcessServer(environ | {"PARLEY_DETACHED_TURN_TTL_S": "0.1"}) as process:
        async with chat(process.address, token) as client:
            await client.send(ask("count", model="local/m"))
            turn = (await client.until("text_chunk"))["turn_id"]
        await simulator.requests[0].client_left()
        async with chat(process.address, token) as client:
            await client.send({"type": "follow", "turn_id": turn, "after": 0})
            assert "cancelled" in kinds(await client.turn())


def test_a_wrong_variable_stops_the_start_with_one_line(environ: dict[str, str]) -> None:
    told = parley("serve", environ=environ | {"PARLEY_PORT": "many"})
    assert told.returncode == 1
    words = "Error: PARLEY_PORT must be a whole number, for example PARLEY_PORT=8000\n"
    assert told.stderr == words


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("MAIN_DB_URL", "postgres://x", ["MAIN_DB_URL", "mysql+aiomysql://"]),
        ("PARLEY_ENV", "staging", ["PARLEY_ENV", "development", "production"]),
        ("PARLEY_AUTH_SECRET", "short", ["PARLEY_AUTH_SECRET", "32 bytes"]),
    ],
)
def test_each_wrong_variable_is_told_in_one_line(
    environ: dict[str, str], variable: str, value: str, words: list[str]
) -> None:
    told = parley_here("serve", environ=environ | {variable: value})
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1, told.stderr
    assert all(word in told.stderr for word in words), told.stderr


def test_production_does_not_start_without_a_secret(environ: dict[str, str]) -> None:
    told = parley_here("serve", environ=environ | {"PARLEY_ENV": "production"})
    assert told.returncode == 1
    assert "PARLEY_AUTH_SECRET must be set in production" in told.stderr


def test_the_database_of_a_command_can_be_away(environ: dict[str, str]) -> None:
    away = {"MAIN_DB_URL": "mysql+aiomysql://nobody:secret@127.0.0.1:1/none", "PARLEY_PORT": "0"}
    told = parley("serve", environ=environ | away)
    assert told.returncode == 1
    assert "database is not available" in told.stderr
    assert "secret" not in json.dumps([told.stdout, told.stderr])

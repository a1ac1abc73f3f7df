"""A database of an earlier server, taken over by two commands and served."""

import re
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pymysql
import pytest
from click.testing import CliRunner
from msgspec import structs
from sqlalchemy import URL, make_url

from entrypoints.cli.main import main
from entrypoints.wiring.settings import Secret, Settings
from tests.contract.conftest import mysql_server, scratch_database
from tests.integration.chat_client import ask, chat, kinds, text
from tests.integration.conftest import SECRET
from tests.integration.live_server import ThreadServer

pytestmark = [pytest.mark.integration, pytest.mark.requires_mysql]

OLD = Path(__file__).with_name("old_database.sql")
TIDES = "11111111-1111-4111-8111-111111111111"
GROUP = "22222222-2222-4222-8222-222222222222"
BORIS = "44444444-4444-4444-8444-444444444444"
FOREVER = 4_000_000_000


def rows(address: URL, statement: str) -> tuple[tuple[Any, ...], ...]:
    connection = pymysql.connect(
        host=address.host or "127.0.0.1",
        port=address.port or 3306,
        user=address.username,
        password=address.password or "",
        database=address.database,
        autocommit=True,
        charset="utf8mb4",
    )
    with connection, connection.cursor() as cursor:
        for one in re.split(r";\n", statement):
            if one.strip():
                cursor.execute(one)
        return tuple(cursor.fetchall())


@pytest.fixture
def old_database() -> Generator[URL, None, None]:
    with mysql_server() as address, scratch_database(address) as url:
        found = make_url(url)
        rows(found, OLD.read_text("utf-8"))
        yield found


PROMPTS = """CREATE TABLE Prompts (prompt_id INT NOT NULL AUTO_INCREMENT, customer_id INT NOT NULL,
  title VARCHAR(100) NOT NULL, prompt TEXT NOT NULL, PRIMARY KEY (prompt_id))"""
ODD = """
SET SESSION sql_mode = '';
ALTER TABLE ChatSessionsNG MODIFY last_update DATETIME NULL;
ALTER TABLE ChatMessagesNG MODIFY created_at DATETIME NULL;
INSERT INTO ChatSessionsNG (session_id, customer_id, session_name, auto_trigger_tts, tags,
  created_at, last_update) VALUES
  ('odd', 12, 'Odd', 0, '"alone"', '0000-00-00 00:00:00', NULL);
INSERT INTO ChatMessagesNG (session_id, customer_id, sender, message, image_locations, chart_data,
  is_tts, is_gps_location_message, show_transcribe_button, favorite, test_mode, created_at) VALUES
  ('odd', 12, '', 'first', '"https://x/1.png"', '{"a": 1}', 0, 0, 0, 0, 0, NULL),
  ('odd', 12, 'User', 'second', '[null, "https://x/2.png"]', '[]', 0, 0, 0, 1, 0, '2020-00-10'),
  ('odd', 12, 'User', 'third', '{}', 'null', 0, 0, 0, 0, 0, '2020-01-10')
"""


@pytest.fixture
def odd_rows(old_database: URL) -> None:
    rows(old_database, ODD)


@pytest.fixture
def taken_over(old_database: URL, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Run the two commands of the README."""
    url = old_database.render_as_string(hide_password=False)
    monkeypatch.setenv("MAIN_DB_URL", url)
    monkeypatch.setenv("PARLEY_DATA_DIR", str(settings.data_dir))
    refused = CliRunner().invoke(main, ["migrate", "upgrade"])
    assert "parley migrate stamp" in refused.output
    for arguments in ("stamp", "upgrade", "check"):
        done = CliRunner().invoke(main, ["migrate", arguments])
        assert done.exit_code == 0, done.output
    return structs.replace(settings, main_db_url=Secret(url))


@pytest.fixture
def adopted(taken_over: Settings) -> Generator[ThreadServer, None, None]:
    with ThreadServer(taken_over) as running:
        yield running


@pytest.fixture
async def anna(adopted: ThreadServer) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Anna, with a token of the earlier server."""
    claims = {"id": 7, "email": "Anna@example.org", "exp": FOREVER}
    old_token = jwt.encode(claims, SECRET, algorithm="HS256")
    async with httpx.AsyncClient(
        base_url=f"http://{adopted.address}/api/v1/chat",
        headers={"Authorization": f"Bearer {old_token}"},
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("CONVERT TO CHARACTER SET latin1", "Prompts (latin1, InnoDB)"),
        ("CONVERT TO CHARACTER SET utf8mb3", "Prompts (utf8mb3, InnoDB)"),
        ("ENGINE=MyISAM", "Prompts (utf8mb4, MyISAM)"),
    ],
)
def test_tables_that_cannot_hold_what_is_written_are_refused_with_the_way_out(
    old_database: URL, monkeypatch: pytest.MonkeyPatch, what: str, told: str
) -> None:
    monkeypatch.setenv("MAIN_DB_URL", old_database.render_as_string(hide_password=False))
    rows(old_database, f"DROP TABLE Prompts;\n{PROMPTS};\nALTER TABLE Prompts {what}")
    assert CliRunner().invoke(main, ["migrate", "stamp"]).exit_code == 0
    refused = CliRunner().invoke(main, ["migrate", "upgrade"])
    assert refused.exit_code == 1
    assert told in refused.output
    orders = re.findall(r"(?:SET|ALTER) [^;]*;", refused.output)
    rows(old_database, "\n".join(orders))
    assert CliRunner().invoke(main, ["migrate", "upgrade"]).exit_code == 0


async def call(client: httpx.AsyncClient, method: str, path: str, **body: Any) -> Any:
    answer = await client.request(method, path, json={"customer_id": 7, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_it_is_served_as_if_it_had_always_been_ours(
    adopted: ThreadServer, old_database: URL, anna: httpx.AsyncClient
) -> None:
    # Her password works under either name, and is hashed anew on the way.
    for name in ("anna", "ANNA@example.org"):
        found = await call(anna, "POST", "/auth/login", username=name, password="an old password")
        assert (found["customer_id"], found["email"]) == (7, "Anna@example.org")
    (password,) = rows(old_database, "SELECT password FROM Users WHERE customer_id = 7")[0]
    assert password.startswith("$argon2")
    token = found["token"]

    listed = (await call(anna, "POST", "/sessions/list"))["sessions"]
    assert [(one["session_name"], one["tags"]) for one in listed] == [
        ("Tides 🌊", ["work", "über", "🦉"]),
        ("New chat", []),
        ("A task", []),
    ]
    assert listed[0]["last_update"] == "2024-03-31T02:31:00+00:00"
    assert listed[1]["group_id"] == "f" * 32

    question, answer, thanks = (await call(anna, "POST", "/sessions/detail", session_id=TIDES))[
        "messages"
    ]
    assert [question["message_id"], answer["message_id"], thanks["message_id"]] == [101, 102, 103]
    assert answer["file_locations"] == ["https://files.example.org/a%20b.mp3"]
    assert answer["chart_data"] == [{"type": "line", "title": "📈"}]
    assert (answer["image_locations"], answer["claude_code_data"]) == ([], {})
    assert (thanks["image_locations"], thanks["ai_character_name"]) == ([], "")
    assert answer["created_at"] == question["created_at"] == "2024-03-31T02:30:00+00:00"

    matched = await call(anna, "POST", "/sessions/search", search_text="HIGH tide? 🌊 100%")
    assert [one["session_id"] for one in matched["sessions"]] == [TIDES]
    favourites = await anna.get("/maintenance/favorites", params={"customer_id": 7})
    assert [one["message_id"] for one in favourites.json()["data"]["messages"]] == [102]
    prompts = await anna.get("/prompts", params={"customer_id": 7})
    assert prompts.json()["data"]["prompts"][0]["prompt"] == "Say hello 👋"

    edited = await call(
        anna,
        "PATCH",
        "/messages",
        session_id=TIDES,
        user_message={"message_id": 101, "message": "When is low tide? 🏖"},
        ai_response={"message_id": 102, "message": "At six."},
    )
    shown = edited["session"]["messages"]
    assert [one["message"] for one in shown] == ["When is low tide? 🏖", "At six.", "Thanks"]
    assert shown[0]["sibling_ids"], "the earlier version is kept"
    await call(anna, "PUT", "/messages", message_id=103, patch={"favorite": True})
    changed = await call(anna, "PATCH", "/sessions", session_id=GROUP, session_name="Renamed")
    assert changed["session_name"] == "Renamed"

    async with chat(adopted.address, token) as client:
        await client.send(ask("And tomorrow?", session_id=TIDES))
        frames = await client.turn()
    assert "db_operation_executed" in kinds(frames)
    said = (await call(anna, "POST", "/sessions/detail", session_id=TIDES))["messages"]
    assert [one["message"] for one in said[3:]] == ["And tomorrow?", text(frames)]

    removed = await call(anna, "DELETE", "/messages", session_id=TIDES, message_ids=[101, 103])
    assert removed["removed_count"] == 2
    gone = await call(anna, "DELETE", "/sessions", session_id=GROUP)
    assert gone["message_ids"] == [104, 105]
    assert rows(old_database, "SELECT COUNT(*) FROM session_summaries") == ((0,),)

    foreign = await anna.post("/sessions/detail", json={"customer_id": 7, "session_id": BORIS})
    assert foreign.status_code == 404
    left = rows(old_database, "SELECT job_id, metadata FROM batch_jobs ORDER BY id")
    assert left == (("job-1", '{"description": "nightly"}'), ("job-2", None))


async def test_odd_rows_are_read_as_far_as_they_go(odd_rows: None, adopted: ThreadServer) -> None:
    token = jwt.encode({"id": 12, "exp": FOREVER}, SECRET, algorithm="HS256")
    async with httpx.AsyncClient(
        base_url=f"http://{adopted.address}/api/v1", headers={"Authorization": token}
    ) as carla:
        body = {"customer_id": 12, "session_id": "odd"}
        found = (await carla.post("/chat/sessions/detail", json=body)).json()["data"]
        assert (found["tags"], found["last_update"]) == (["alone"], "1970-01-01T00:00:00+00:00")
        said = found["messages"]
        assert [one["message"] for one in said] == ["first", "second", "third"]
        assert [one["sender"] for one in said] == ["System", "User", "User"]
        pictures = [one["image_locations"] for one in said]
        assert pictures == [["https://x/1.png"], ["https://x/2.png"], []]
        assert [one["chart_data"] for one in said] == [[{"a": 1}], [], None]
        exported = await carla.get("/account/export")
        assert b'"type":"end"' in exported.content

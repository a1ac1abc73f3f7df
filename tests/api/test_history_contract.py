"""Every row of the contract's table of the history API: bodies, messages, data and refusals."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.api.history_calls import CHAT, MESSAGES, SESSIONS
from tests.api.history_rows import talk
from tests.api.offline_app import Parley

SESSION = {
    *("session_id", "customer_id", "session_name", "ai_character_name", "ai_text_gen_model"),
    *("auto_trigger_tts", "claude_session_id", "tags", "created_at", "last_update", "group_id"),
    *("group_name", "task_status", "task_priority", "task_description"),
}
PROMPT = {"prompt_id", "customer_id", "title", "prompt"}
PAGE = {"sessions", "count"}
PROMPTS = f"{CHAT}/prompts"


class Row(Struct, frozen=True):
    """One endpoint."""

    method: str
    path: str
    body: Mapping[str, Any]
    message: str
    data: set[str]
    missing: str | None = None
    """What a foreign id is answered with."""


ROWS = (
    Row(
        "POST",
        MESSAGES,
        {"session_id": "SESSION", "user_message": {"message": "Hi", "unheard of": 1}},
        "Chat messages stored successfully",
        {"user_message_id", "session_id"},
        "Session not found",
    ),
    Row(
        "PATCH",
        MESSAGES,
        {"session_id": "SESSION", "user_message": {"message_id": "MESSAGE", "message": "Ho"}},
        "Chat messages updated successfully",
        {"user_message_id", "session_id", "session"},
    ),
    Row(
        "PUT",
        MESSAGES,
        {"message_id": "MESSAGE", "patch": {"message": "Ho", "unheard of": 1}},
        "Message updated successfully",
        {"message_id"},
        "Message not found",
    ),
    Row(
        "DELETE",
        MESSAGES,
        {"session_id": "SESSION", "message_ids": ["MESSAGE"]},
        "Messages removed successfully",
        {"removed_count", "message_ids"},
        "Session not found",
    ),
    Row(
        "POST",
        f"{SESSIONS}/list",
        {},
        "Sessions retrieved successfully",
        PAGE | {"next_cursor"},
    ),
    Row(
        "POST",
        f"{SESSIONS}/detail",
        {"session_id": "SESSION"},
        "Session retrieved successfully",
        SESSION | {"messages"},
        "Session not found",
    ),
    Row("POST", f"{SESSIONS}/search", {}, "Sessions matched successfully", PAGE),
    Row(
        "PATCH",
        SESSIONS,
        {"session_id": "SESSION"},
        "Session updated successfully",
        SESSION,
        "Session not found",
    ),
    Row(
        "DELETE",
        SESSIONS,
        {"session_id": "SESSION"},
        "Session removed successfully",
        {"removed_count", "message_ids", "session_id"},
        "Session not found",
    ),
    Row(
        "POST",
        f"{SESSIONS}/create-task",
        {"ai_character_name": "sherlock", "task_description": "Find it"},
        "Task created successfully",
        SESSION,
    ),
    Row(
        "POST",
        PROMPTS,
        {"title": "t", "prompt": "p"},
        "Prompt created successfully",
        PROMPT,
    ),
    Row(
        "PUT",
        PROMPTS,
        {"prompt_id": "PROMPT"},
        "Prompt updated successfully",
        PROMPT,
        "Prompt not found",
    ),
    Row(
        "DELETE",
        PROMPTS,
        {"prompt_id": "PROMPT"},
        "Prompt removed successfully",
        {"removed_count", "prompt_id"},
        "Prompt not found",
    ),
    Row(
        "POST",
        f"{CHAT}/maintenance/files",
        {},
        "Messages with files retrieved successfully",
        {"messages"},
    ),
)
READS = (
    (f"{PROMPTS}", "Prompts retrieved successfully"),
    (f"{CHAT}/maintenance/favorites", "Favorites retrieved successfully"),
)
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")


async def filled(parley: Parley, row: Row, *, of_boris: bool = False) -> dict[str, Any]:
    """Return the row's body with ids of things that exist."""
    owner = parley.boris.id if of_boris else parley.anna.id
    found = await talk(parley, "Tides", "?", owner=owner)
    async with parley.work() as db:
        [message] = (await db.conversations.messages(owner, (found.id,)))[found.id]
        prompt = await db.prompts.add(owner, "t", "p")
    ids = {"SESSION": found.id, "MESSAGE": message.message_id, "PROMPT": prompt.id}

    def fill(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        return ids.get(value, value) if isinstance(value, str) else value

    return {"customer_id": 1, **fill(row.body)}


async def call(client: httpx.AsyncClient, row: Row, body: object) -> tuple[int, dict[str, Any]]:
    answer = await client.request(row.method, row.path, json=body)
    assert answer.headers["content-type"].startswith("application/json")
    found = answer.json()
    assert [*found][:5] == ["code", "success", "message", "data", "meta"]
    assert (found["code"], found["meta"]) == (answer.status_code, None)
    assert found["success"] is (answer.status_code < 400)
    return answer.status_code, found


@each_row
async def test_its_message_and_data(parley: Parley, anna: httpx.AsyncClient, row: Row) -> None:
    status, found = await call(anna, row, await filled(parley, row))
    assert (status, found["message"]) == (200, row.message), found
    assert set(found["data"]) == row.data


@each_row
async def test_what_it_refuses(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient, row: Row
) -> None:
    body = await filled(parley, row)
    status, found = await call(anna, row, body | {"unheard_of": 1})
    assert (status, found["data"]["errors"][0]["field"]) == (422, "unheard_of")
    assert found["detail"][0]["loc"] == ["body", "unheard_of"]
    for name, value in body.items():
        wrong = 1 if isinstance(value, dict) else {"another": "type"}
        assert (await call(anna, row, body | {name: wrong}))[0] == 422, name
    without = {key: value for key, value in body.items() if key != "customer_id"}
    assert (await call(anna, row, without))[0] == 422
    for customer in (0, -1, "x", None):
        assert (await call(anna, row, body | {"customer_id": customer}))[0] == 422
    status, found = await call(anna, row, body | {"customer_id": 2})
    assert (status, found["message"], found["data"]) == (
        403,
        "Access denied: customer ID mismatch",
        None,
    )
    assert found["detail"] == found["message"]
    status, found = await call(stranger, row, body)
    assert (status, found["data"]) == (401, {"reason": "token_missing"})


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.missing],
    ids=lambda row: f"{row.method} {row.path}",
)
async def test_what_is_somebody_elses_is_not_there(
    parley: Parley, anna: httpx.AsyncClient, row: Row
) -> None:
    """The same answer, word for word, as for what does not exist."""
    status, foreign = await call(anna, row, await filled(parley, row, of_boris=True))
    assert (status, foreign["message"], foreign["data"]) == (404, row.missing, None)
    nowhere = {"session_id": "nowhere", "message_id": 10**9, "prompt_id": 10**9}
    body = await filled(parley, row)
    _, unknown = await call(anna, row, body | {k: v for k, v in nowhere.items() if k in body})
    assert unknown == foreign


@pytest.mark.parametrize(("path", "message"), READS)
async def test_what_is_only_read(anna: httpx.AsyncClient, path: str, message: str) -> None:
    good = await anna.get(path, params={"customer_id": 1})
    assert (good.status_code, good.json()["message"]) == (200, message)
    for wrong, status in (({}, 422), ({"customer_id": "x"}, 403), ({"customer_id": 2}, 403)):
        answer = await anna.get(path, params=wrong)
        assert (answer.status_code, answer.json()["code"]) == (status, status)


async def test_a_patch_of_what_cannot_change_is_refused(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    row = ROWS[2]
    body = await filled(parley, row)
    for patch in ({}, {"message": None}, {"is_tts": True}, {"sender": "AI"}):
        status, found = await call(anna, row, body | {"patch": patch})
        assert (status, found["message"]) == (422, "No update fields provided")
        assert found["data"] == {"field": "patch"}

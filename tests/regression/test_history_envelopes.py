"""The rules of the history envelope that existing clients rely on."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.history_rows import talk
from tests.api.offline_app import PASSWORD, Parley

ENVELOPE = ["code", "success", "message", "data", "meta"]


@pytest.fixture
async def parley(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    async with Parley(tmp_path).running() as running:
        yield running


async def ask(parley: Parley, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    async with parley.client() as client:
        return await client.post(f"/api/v1/chat{path}", json=body, headers=headers)


async def test_a_list_has_sessions_and_their_count(parley: Parley) -> None:
    found = await talk(parley, "Tides", "?")
    answer = await ask(parley, "/sessions/list", {"customer_id": 1}, **parley.headers)
    data = answer.json()["data"]
    assert (data["sessions"][0]["session_id"], data["count"]) == (found.id, 1)


async def test_a_detail_is_the_session_itself(parley: Parley) -> None:
    found = await talk(parley, "Tides", "?")
    body = {"customer_id": 1, "session_id": found.id}
    data = (await ask(parley, "/sessions/detail", body, **parley.headers)).json()["data"]
    assert (data["session_id"], data["session_name"]) == (found.id, "Tides")


@pytest.mark.parametrize("with_token", [True, False])
async def test_a_login_works_with_or_without_a_token(parley: Parley, with_token: bool) -> None:
    headers = parley.headers if with_token else {}
    body = {"username": "anna", "password": PASSWORD, "customer_id": 1}
    data = (await ask(parley, "/auth/login", body, **headers)).json()["data"]
    assert (data["customer_id"], data["username"]) == (1, "anna")


async def test_all_five_keys_are_always_there(parley: Parley) -> None:
    await talk(parley, "Tides", "?")
    good = await ask(parley, "/sessions/list", {"customer_id": 1}, **parley.headers)
    missing = await ask(
        parley, "/sessions/detail", {"customer_id": 1, "session_id": "x"}, **parley.headers
    )
    for answer in (good, missing):
        body = answer.json()
        assert list(body) == ENVELOPE
        assert body["code"] == answer.status_code
        assert body["success"] is (answer.status_code < 400)
        assert body["meta"] is None


async def test_keys_are_in_snake_case(parley: Parley) -> None:
    await talk(parley, "Tides", "?", "!")
    body = {"customer_id": 1, "include_messages": True}
    answer = await ask(parley, "/sessions/list", body, **parley.headers)

    def keys(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [*value, *(key for item in value.values() for key in keys(item))]
        return [key for item in value for key in keys(item)] if isinstance(value, list) else []

    assert [key for key in keys(answer.json()) if key != key.lower()] == []


async def test_writing_and_removing_have_flat_data(parley: Parley) -> None:
    chat, both = "/api/v1/chat", {"customer_id": 1}
    async with parley.client() as client:
        client.headers.update(parley.headers)

        async def data(method: str, path: str, **body: Any) -> Any:
            answer = await client.request(method, chat + path, json=both | body)
            assert list(answer.json()) == ENVELOPE
            assert answer.json()["success"] is True
            return answer.json()["data"]

        none = await client.get(f"{chat}/maintenance/favorites?customer_id=1")
        assert (none.status_code, none.json()["data"]) == (200, {})
        said = {"message": "Hi", "file_locations": ["https://x/a.pdf"]}
        written = await data("POST", "/messages", user_message=said)
        key = written["user_message_id"]
        assert "messages" not in written
        assert (await data("PUT", "/messages", message_id=key))["message_id"] == key
        assert (await data("POST", "/maintenance/files"))["messages"][0]["message_id"] == key
        made = await data("POST", "/prompts", title="t", prompt="p")
        listed = await client.get(f"{chat}/prompts?customer_id=1")
        assert listed.json()["data"]["prompts"][0]["prompt_id"] == made["prompt_id"]
        body = {"session_id": written["session_id"], "message_ids": [key]}
        assert (await data("DELETE", "/messages", **body))["removed_count"] == 1

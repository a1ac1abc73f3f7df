"""Reading the history."""

from typing import Any

import httpx
import pytest

from tests.api.history_rows import talk
from tests.api.offline_app import Parley

LIST = "/api/v1/chat/sessions/list"
DETAIL = "/api/v1/chat/sessions/detail"
SESSION_KEYS = {
    "session_id",
    "customer_id",
    "session_name",
    "ai_character_name",
    "ai_text_gen_model",
    "auto_trigger_tts",
    "claude_session_id",
    "tags",
    "created_at",
    "last_update",
    "group_id",
    "group_name",
    "task_status",
    "task_priority",
    "task_description",
}
MESSAGE_KEYS = {
    "message_id",
    "session_id",
    "customer_id",
    "sender",
    "message",
    "ai_reasoning",
    "image_locations",
    "image_description",
    "file_locations",
    "chart_data",
    "ai_character_name",
    "is_tts",
    "api_text_gen_model_name",
    "api_text_gen_settings",
    "api_tts_gen_model_name",
    "api_image_gen_settings",
    "image_generation_request",
    "claude_code_data",
    "is_gps_location_message",
    "show_transcribe_button",
    "favorite",
    "test_mode",
    "created_at",
}
OUR_KEYS = {"state", "turn_id", "usage", "parent_id", "sibling_ids", "active"}


async def listed(client: httpx.AsyncClient, **wanted: object) -> list[dict[str, Any]]:
    answer = await client.post(LIST, json={"customer_id": 1, **wanted})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["count"] == len(data["sessions"])
    return data["sessions"]


async def test_sessions_have_every_key_and_an_offset_in_their_times(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    await talk(parley, "Tides", "?")
    (found,) = await listed(anna)
    assert set(found) == SESSION_KEYS
    assert found["created_at"].endswith("+00:00")
    assert found["group_name"] is None


async def test_messages_have_every_key(parley: Parley, anna: httpx.AsyncClient) -> None:
    await talk(parley, "Tides", "When?", "At noon.")
    (found,) = await listed(anna, include_messages=True)
    question, answer = found["messages"]
    assert set(question) == set(answer) == MESSAGE_KEYS | OUR_KEYS
    assert (question["sender"], answer["sender"]) == ("User", "AI")
    assert (question["image_locations"], question["api_text_gen_settings"]) == ([], {})
    assert (question["ai_character_name"], question["api_text_gen_model_name"]) == ("", "")
    assert question["chart_data"] is None
    assert answer["state"] == "completed"
    assert answer["usage"] is None


async def test_newest_first_in_pages(parley: Parley, anna: httpx.AsyncClient) -> None:
    for name in ("one", "two", "three"):
        await talk(parley, name, "?")
    assert [s["session_name"] for s in await listed(anna)] == ["three", "two", "one"]
    assert [s["session_name"] for s in await listed(anna, offset=1, limit=1)] == ["two"]
    assert len(await listed(anna, limit=0)) == 3


async def test_empty_conversations_are_hidden(parley: Parley, anna: httpx.AsyncClient) -> None:
    await talk(parley, "silence")
    assert await listed(anna) == []


async def test_filters(parley: Parley, anna: httpx.AsyncClient) -> None:
    await talk(parley, "plain", "?")
    await talk(parley, "tagged", "?", tags=("Sea",), character="captain")
    assert [s["session_name"] for s in await listed(anna, tags=["sea"])] == ["tagged"]
    named = await listed(anna, ai_character_name=" captain ")
    assert [s["session_name"] for s in named] == ["tagged"]
    assert await listed(anna, task_status="any") == []
    assert len(await listed(anna, task_status="none")) == 2


async def test_dates_start_inclusive_and_end_exclusive(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    await talk(parley, "Tides", "?")
    (found,) = await listed(anna)
    at = found["last_update"]
    naive = at.removesuffix("+00:00")
    assert len(await listed(anna, start_date=at)) == 1
    assert len(await listed(anna, start_date=naive)) == 1
    assert len(await listed(anna, end_date=at)) == 0
    assert len(await listed(anna, start_date="2026-01-01", end_date="2026-01-02")) == 1
    assert len(await listed(anna, start_date="2026-01-02")) == 0


async def test_dates_at_the_ends_of_the_calendar_are_dates_everywhere(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    await talk(parley, "Tides", "?")
    assert len(await listed(anna, end_date="9999-12-31T23:59:59-05:00")) == 1
    assert len(await listed(anna, start_date="9999-12-31T23:59:59-05:00")) == 0
    assert len(await listed(anna, start_date="0001-01-01T00:00:00+09:00")) == 1
    assert len(await listed(anna, end_date="0001-01-01T00:00:00+09:00")) == 0


async def test_a_session_is_shown_unwrapped(parley: Parley, anna: httpx.AsyncClient) -> None:
    found = await talk(parley, "Tides", "When?", "At noon.")
    body = {"customer_id": 1, "session_id": found.id}
    shown = (await anna.post(DETAIL, json=body)).json()
    bare = (await anna.post(DETAIL, json=body | {"include_messages": False})).json()
    assert shown["message"] == "Session retrieved successfully"
    assert shown["data"]["session_id"] == found.id
    assert [m["message"] for m in shown["data"]["messages"]] == ["When?", "At noon."]
    assert "messages" not in bare["data"]


async def test_a_long_name_of_a_character_is_found_as_it_is_kept(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    named = {"customer_id": 1, "ai_character_name": "c" * 60}
    first, again = [(await anna.post(DETAIL, json=named)).json()["data"] for _ in range(2)]
    assert again["session_id"] == first["session_id"]
    told = await talk(parley, "told", "?", character="d" * 60)
    assert [each["session_id"] for each in await listed(anna, ai_character_name="d" * 60)] == [
        told.id
    ]


async def test_a_character_has_a_newest_conversation_or_gets_one(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    await talk(parley, "old", "?", character="captain")
    newest = await talk(parley, "new", "?", character="captain")
    known = await anna.post(DETAIL, json={"customer_id": 1, "ai_character_name": "captain"})
    fresh = await anna.post(DETAIL, json={"customer_id": 1, "ai_character_name": "doctor"})
    assert known.json()["data"]["session_id"] == newest.id
    data = fresh.json()["data"]
    assert (data["session_name"], data["ai_character_name"]) == ("New chat", "doctor")
    assert data["messages"] == []


async def test_neither_name_is_422(anna: httpx.AsyncClient) -> None:
    answer = await anna.post(DETAIL, json={"customer_id": 1})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Either session_id or ai_character_name must be provided"
    assert answer.json()["data"] == {"field": "session_id"}


async def test_others_conversations_are_not_there(parley: Parley, anna: httpx.AsyncClient) -> None:
    theirs = await talk(parley, "Secret", "?", owner=parley.boris.id)
    for name in (theirs.id, "no such session"):
        answer = await anna.post(DETAIL, json={"customer_id": 1, "session_id": name})
        assert answer.status_code == 404
        assert answer.json()["message"] == "Session not found"
    assert await listed(anna) == []


@pytest.mark.parametrize("path", [LIST, DETAIL])
async def test_unknown_keys_and_foreign_customers_are_refused(
    anna: httpx.AsyncClient, path: str
) -> None:
    unknown = await anna.post(path, json={"customer_id": 1, "sessionId": "x"})
    foreign = await anna.post(path, json={"customer_id": 2})
    by_query = await anna.post(path + "?customer_id=2", json={"customer_id": 1})
    assert unknown.status_code == 422
    assert unknown.json()["detail"][0]["loc"] == ["body", "sessionId"]
    assert (foreign.status_code, by_query.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"start_date": "yesterday"}, "start_date"),
        ({"end_date": "9999-99-99"}, "end_date"),
        ({"task_status": "lost"}, "task_status"),
        ({"limit": -1}, "limit"),
        ({"offset": 2**40}, "offset"),
    ],
)
async def test_values_without_sense_are_422(
    anna: httpx.AsyncClient, wanted: dict[str, object], field: str
) -> None:
    answer = await anna.post(LIST, json={"customer_id": 1, **wanted})
    body = answer.json()
    assert answer.status_code == 422
    assert field in str(body["data"])
    assert "lost" not in answer.text


@pytest.mark.parametrize("path", [LIST, DETAIL])
async def test_a_database_that_is_away_is_503(
    parley: Parley, anna: httpx.AsyncClient, path: str
) -> None:
    parley.work.away = True
    answer = await anna.post(path, json={"customer_id": 1, "ai_character_name": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert set(answer.json()) == {"code", "success", "message", "data", "meta"}

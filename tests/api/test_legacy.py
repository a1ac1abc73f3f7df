"""The old mobile client: actions on the history, and uploads."""

from typing import Any

import httpx
import pytest

from tests.api.history_rows import talk
from tests.api.offline_app import Parley


async def act(client: httpx.AsyncClient, action: str, status: int = 200, **said: Any) -> Any:
    """Do an action and return its result."""
    body = {"action": action, "userInput": said, "userSettings": {}, "customerId": 1}
    answer = await client.post("/api/db", json=body)
    found = answer.json()
    assert answer.status_code == found["code"] == status, answer.text
    assert set(found) == {"success", "code", "message"}
    assert found["success"] is (status == 200)
    assert found["message"]["status"] == ("completed" if status == 200 else "fail")
    return found["message"]["result"]


async def test_a_pair_is_stored_and_shown_under_the_old_names(anna: httpx.AsyncClient) -> None:
    written = await act(
        anna,
        "db_new_message",
        userMessage={"message": "Hi", "fileNames": ["https://x/a.pdf"]},
        aiResponse={},
        newAiCharacterName="captain",
        aiTextGenModel="gpt-4o",
    )
    assert (written["user_message_id"], written["ai_message_id"]) == (1, 0)
    session = await act(anna, "db_get_user_session", sessionId=written["session_id"])
    assert (session["ai_character_name"], session["session_name"]) == ("captain", "New chat")
    (message,) = session["messages"]
    assert message["db_message_id"] == message["message_id"] == 1
    assert message["file_names"] == message["file_locations"] == ["https://x/a.pdf"]
    assert (message["timer_start"], message["timer_end"]) == (None, None)
    by_character = await act(anna, "db_get_user_session", aiCharacter="captain")
    assert by_character["session_id"] == written["session_id"]


async def test_lists_have_messages_and_searches_have_not(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    await talk(parley, "one", "tide", tags=("sea",))
    await talk(parley, "two", "?")
    listed = await act(anna, "db_all_sessions_for_user", limit=1)
    assert [(s["session_name"], len(s["messages"])) for s in listed] == [("two", 1)]
    tagged = await act(anna, "db_all_sessions_for_user", tags=["SEA"], startDate="2026-01-01")
    assert [s["session_name"] for s in tagged] == ["one"]
    (found,) = await act(anna, "db_search_messages", searchText="TIDE")
    assert found["session_name"] == "one"
    assert "messages" not in found


async def test_keys_may_be_in_snake_case(parley: Parley, anna: httpx.AsyncClient) -> None:
    await talk(parley, "one", "tide")
    body = {"action": "db_search_messages", "user_input": {"search_text": "tide"}}
    answer = await anna.post("/api/db", json=body)
    assert len(answer.json()["message"]["result"]) == 1


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("db_drop_tables", {}),
        ("db_get_user_session", {}),
        ("db_new_message", {}),
        ("db_new_message", {"userMessage": {"message": 5}}),
        ("db_search_messages", {"searchText": 5}),
        ("db_all_sessions_for_user", {"limit": -1}),
        ("db_all_sessions_for_user", {"tags": "sea"}),
    ],
)
async def test_what_makes_no_sense_is_400(
    anna: httpx.AsyncClient, action: str, said: dict[str, Any]
) -> None:
    await act(anna, action, 400, **said)


async def test_other_failures_keep_the_envelope(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    theirs = await talk(parley, "Secret", "?", owner=parley.boris.id)
    await act(anna, "db_get_user_session", 404, sessionId=theirs.id)
    await act(stranger, "db_search_messages", 401)
    by_url = await stranger.post(f"/api/db?token={parley.token}", json={})
    assert (by_url.status_code, by_url.json()["message"]["status"]) == (401, "fail")
    for content in (b"{", b"[]", b"\xff"):
        answer = await anna.post("/api/db", content=content)
        assert (answer.status_code, answer.json()["success"]) == (400, False)
    foreign = await anna.post("/api/db", json={"action": "db_search_messages", "customerId": 2})
    assert (foreign.status_code, foreign.json()["message"]["status"]) == (403, "fail")
    parley.work.away = True
    await act(anna, "db_search_messages", 503)


async def test_an_upload_is_stored_and_its_link_is_the_result(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    said = {"action": "s3_upload", "category": "provider.s3", "userInput": "{}"}
    answer = await anna.post("/api/aws", data=said, files={"file": ("A b.PDF", b"%PDF-1.7")})
    found = answer.json()
    assert (answer.status_code, found["code"], found["success"]) == (200, 200, True)
    assert found["message"]["status"] == "completed"
    assert "/files/1/assets/chat/1/" in found["message"]["result"]
    assert (await stranger.get(found["message"]["result"])).content == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("name", "content", "said", "status", "why"),
    [
        ("a.exe", b"x", {}, 400, "extension"),
        ("a.pdf", b"x", {}, 400, "content"),
        ("a.pdf", b"", {}, 400, "empty"),
        ("a.txt", b"x", {"userInput": "{"}, 400, "user_input"),
        ("a.txt", b"x", {"customerId": "2"}, 403, "customer"),
        ("a.txt", b"x" * 25 * 2**20 + b"x", {}, 413, "25 MiB"),
    ],
)
async def test_an_upload_that_is_not_taken_says_why(
    anna: httpx.AsyncClient, name: str, content: bytes, said: dict[str, str], status: int, why: str
) -> None:
    answer = await anna.post("/api/aws", data=said, files={"file": (name, content)})
    found = answer.json()
    assert (answer.status_code, found["code"], found["success"]) == (status, status, False)
    assert found["message"]["status"] == "fail"
    assert why in found["message"]["result"]
    assert (await anna.get("/api/v1/files")).json()["data"]["count"] == 0


async def test_an_upload_needs_a_file_and_a_token(
    anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for body in ({"data": {"action": "x"}}, {"files": {"action": (None, "x")}}):
        empty = await anna.post("/api/aws", **body)  # type: ignore[arg-type]
        assert (empty.status_code, empty.json()["message"]["status"]) == (400, "fail")
    nobody = await stranger.post("/api/aws", files={"file": ("a.pdf", b"x")})
    assert (nobody.status_code, nobody.json()["message"]["status"]) == (401, "fail")

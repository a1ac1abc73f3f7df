"""The old mobile client: actions on the history, and uploads that have nowhere to go."""

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


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("a.pdf", b"x", 503), ("A.PNG", b"x", 503), ("a.exe", b"x", 400), ("a.pdf", b"", 400)],
)
async def test_an_upload_is_checked_and_then_declined(
    anna: httpx.AsyncClient, name: str, content: bytes, status: int
) -> None:
    answer = await anna.post("/api/aws", data={"action": "x"}, files={"file": (name, content)})
    found = answer.json()
    assert (answer.status_code, found["code"], found["success"]) == (status, status, False)
    assert found["message"]["status"] == "fail"


async def test_an_upload_needs_a_file_and_a_token(
    anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    empty = await anna.post("/api/aws", data={"action": "x"})
    assert (empty.status_code, empty.json()["message"]["result"]) == (400, "file is missing")
    nobody = await stranger.post("/api/aws", files={"file": ("a.pdf", b"x")})
    assert (nobody.status_code, nobody.json()["message"]["status"]) == (401, "fail")

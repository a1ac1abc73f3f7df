"""The old mobile client: actions on the history, uploads, and speech."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.memory.speech import ScriptedSpeaker, ScriptedTranscriber, sound_of
from application.ports.speech import Allowance
from domain.provider_errors import ProviderRejected
from domain.speech.orders import Transcript
from tests.api.history_rows import talk
from tests.api.offline_app import Parley

SPOKEN = (Path(__file__).parents[1] / "fixtures" / "spoken.wav").read_bytes()


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
    assert by_url.headers["WWW-Authenticate"] == "Bearer"
    for content in (b"{", b"[]", b"\xff"):
        answer = await anna.post("/api/db", content=content)
        assert (answer.status_code, answer.json()["success"]) == (400, False)
    foreign = await anna.post("/api/db", json={"action": "db_search_messages", "customerId": 2})
    assert (foreign.status_code, foreign.json()["message"]["status"]) == (403, "fail")
    parley.work.away = True
    away = await anna.post("/api/db", json={"action": "db_search_messages"})
    assert (away.status_code, away.headers["Retry-After"]) == (503, "1")


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


async def send(client: httpx.AsyncClient, file: bytes = SPOKEN, **form: Any) -> httpx.Response:
    fields = {"userInput": "{}", "customerId": "1", "category": "speech", "action": "chat"} | form
    return await client.post("/chat_audio2text", data=fields, files={"file": ("a.wav", file)})


async def test_a_recording_is_written_down_for_whoever_it_is(parley: Parley) -> None:
    ears = ScriptedTranscriber(Transcript("Hi", "whisper-1"))
    parley.transcribers["openai"] = ears
    speech = msgspec.json.encode({"speech": {"model": "whisper-1", "optionalPrompt": "A list"}})
    async with parley.client() as boris:
        boris.headers.update(parley.boris_headers)
        answer = await send(boris, userSettings=speech.decode())
        tried = await send(boris, userSettings='{"general": {"returnTestData": true}}')
    expected = {"status": "completed", "result": "Hi"}
    assert answer.json() == {"success": True, "code": 200, "message": expected}
    assert ears.recordings[0][1].prompt == "A list"
    assert "customer 2" in tried.json()["message"]["result"]


async def test_a_recording_that_is_not_written_down_says_why(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    parley.transcribers["gemini"] = ScriptedTranscriber(ProviderRejected("gemini", "no"))
    empty = await anna.post("/chat_audio2text", data={"action": "chat"})
    for answer, status, why in (
        (await send(stranger), 401, "token"),
        (await send(anna, b""), 400, "empty"),
        (await send(anna, userInput="{"), 400, "user_input: Invalid JSON"),
        (await send(anna, category="music"), 400, "category"),
        (await send(anna), 502, "no"),
        (empty, 400, "recording"),
    ):
        found = answer.json()
        assert (answer.status_code, found["code"], found["success"]) == (status, status, False)
        assert (found["message"]["status"], why in found["message"]["result"]) == ("fail", True)


async def test_texts_are_spoken_as_pictures_are_drawn(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.speakers["openai"] = ScriptedSpeaker()
    parley.books["elevenlabs"] = ScriptedSpeaker(allowance=Allowance(12, 100))

    async def ask(action: str, **changes: Any) -> httpx.Response:
        said = {"category": "tts", "action": action, "userInput": {"text": "Hello"}}
        settings = {"tts": {"voice": "nova", "ttsAutoExecute": True}}
        return await anna.post("/generate", json=said | {"userSettings": settings} | changes)

    made = (await ask("tts_no_stream", customerId=1)).json()["message"]
    assert made["status"] == "completed"
    assert "_tts_audio.mp3" in made["result"]
    assert (await ask("tts_stream")).content == sound_of("Hello")
    used = await ask("billing", userSettings={"tts": {"voice": "alice"}})
    assert used.json()["message"]["result"]["character_count"] == 12
    for changes, status in (
        ({"customerId": 2}, 403),
        ({"userInput": {}}, 400),
        ({"userSettings": {"tts": {"speed": 0}}}, 400),
        ({"userSettings": {"tts": {"format": "midi"}}}, 400),
    ):
        answer = await ask("tts_stream", **changes)
        assert (answer.status_code, answer.json()["message"]["status"]) == (status, "fail")

"""Searching, changing and removing conversations; tasks, prompts, favourites, files, agents."""

from typing import Any

import httpx
import pytest

from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from tests.api.history_calls import CHAT, MESSAGES, SESSIONS, call, detail
from tests.api.history_rows import talk
from tests.api.offline_app import Parley
from tests.api.test_sessions import SESSION_KEYS

PROMPTS = f"{CHAT}/prompts"
FILES = f"{CHAT}/maintenance/files"
FAVOURITES = f"{CHAT}/maintenance/favorites"


async def names(client: httpx.AsyncClient, path: str, **wanted: Any) -> list[str]:
    data = (await call(client, "POST", path, **wanted))["data"]
    assert data["count"] == len(data["sessions"])
    return [session["session_name"] for session in data["sessions"]]


class TestSearch:
    async def test_a_text_in_any_place(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        await talk(parley, "one", "the 100% TIDE")
        await talk(parley, "Tidal", "?", character="captain")
        await talk(parley, "theirs", "tide", owner=parley.boris.id)
        search = f"{SESSIONS}/search"
        assert await names(anna, search, search_text="tid") == ["Tidal", "one"]
        assert await names(anna, search, search_text=" 0% t ") == ["one"]
        assert await names(anna, search, search_text="1_0") == []
        assert await names(anna, search, search_text="CAPTAIN") == ["Tidal"]
        assert await names(anna, search) == ["Tidal", "one"]
        assert await names(anna, search, search_text="  ", limit=1) == ["Tidal"]

    async def test_results_have_no_messages(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        await talk(parley, "one", "tide")
        found = await call(anna, "POST", f"{SESSIONS}/search", search_text="tide")
        assert found["message"] == "Sessions matched successfully"
        assert set(found["data"]["sessions"][0]) == SESSION_KEYS
        await call(anna, "POST", f"{SESSIONS}/search", 422, limit=0)
        await call(anna, "POST", f"{SESSIONS}/search", 422, offset=1)


class TestChangingSessions:
    async def test_what_is_stated_changes_and_the_place_may_stay(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        found = await talk(parley, "Tides", "?", tags=("sea",))
        await parley.clock.advance(60)
        changed = await call(
            anna,
            "PATCH",
            SESSIONS,
            session_id=found.id,
            session_name="n" * 300,
            task_status="waiting",
            update_last_mod_time=False,
        )
        assert changed["message"] == "Session updated successfully"
        session = changed["data"]
        assert set(session) == SESSION_KEYS
        assert (session["session_name"], session["tags"]) == ("n" * 100, ["sea"])
        assert session["task_status"] == "waiting"
        assert session["last_update"] == found.last_update.isoformat()
        moved = await call(anna, "PATCH", SESSIONS, session_id=found.id, tags=[])
        assert moved["data"]["tags"] == []
        assert moved["data"]["last_update"] == parley.clock.now().isoformat()

    async def test_it_may_be_put_at_a_moment(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        found = await talk(parley, "Tides", "?")
        body = {"session_id": found.id, "last_update_override": "2020-02-03T04:05:06"}
        changed = await call(anna, "PATCH", SESSIONS, **body)
        assert changed["data"]["last_update"] == "2020-02-03T04:05:06+00:00"
        changed = await call(anna, "PATCH", SESSIONS, **body, update_last_mod_time=False)
        assert changed["data"]["last_update"] == "2020-02-03T04:05:06+00:00"

    async def test_a_task_is_made_and_cleared(self, anna: httpx.AsyncClient) -> None:
        task: dict[str, Any] = {"ai_character_name": "captain", "task_description": "Sail"}
        made = await call(anna, "POST", f"{SESSIONS}/create-task", **task)
        assert made["message"] == "Task created successfully"
        data = made["data"]
        assert set(data) == SESSION_KEYS
        assert (data["session_name"], data["ai_character_name"]) == ("New chat", "captain")
        assert (data["task_status"], data["task_priority"]) == ("active", "medium")
        assert data["task_description"] == "Sail"
        assert await names(anna, f"{SESSIONS}/list", task_status="active") == ["New chat"]
        body = {"session_id": data["session_id"], "clear_task_metadata": True}
        cleared = (await call(anna, "PATCH", SESSIONS, **body))["data"]
        assert [cleared[f"task_{what}"] for what in ("status", "priority", "description")] == [
            None
        ] * 3

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", f"{SESSIONS}/create-task", {"task_description": "x"}),
            ("POST", f"{SESSIONS}/create-task", {"ai_character_name": "x"}),
            ("POST", f"{SESSIONS}/create-task", {"task_description": "x" * 501}),
            ("PATCH", SESSIONS, {"session_id": "x", "task_description": "x" * 501}),
            ("PATCH", SESSIONS, {"session_id": "x", "task_status": "lost"}),
            ("PATCH", SESSIONS, {"session_id": "x", "last_update_override": "soon"}),
            ("PATCH", SESSIONS, {"session_id": "x", "sessionName": "x"}),
            ("PATCH", SESSIONS, {}),
            ("DELETE", SESSIONS, {}),
        ],
    )
    async def test_what_does_not_fit_is_422(
        self, anna: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]
    ) -> None:
        await call(anna, method, path, 422, **body)

    async def test_a_removed_session_is_gone(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        found = await talk(parley, "Tides", "?", "!")
        ids = [m["message_id"] for m in (await detail(anna, found.id))["messages"]]
        gone = await call(anna, "DELETE", SESSIONS, session_id=found.id)
        assert gone["message"] == "Session removed successfully"
        assert gone["data"] == {"removed_count": 2, "message_ids": ids, "session_id": found.id}
        await call(anna, "POST", f"{SESSIONS}/detail", 404, session_id=found.id)
        await call(anna, "DELETE", SESSIONS, 404, session_id=found.id)

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    async def test_sessions_of_others_are_404(
        self, parley: Parley, anna: httpx.AsyncClient, method: str
    ) -> None:
        theirs = await talk(parley, "Secret", "?", owner=parley.boris.id)
        for session in (theirs.id, "x"):
            found = await call(anna, method, SESSIONS, 404, session_id=session)
            assert found["message"] == "Session not found"
        await call(anna, method, SESSIONS, 403, session_id=theirs.id, customer_id=2)
        async with parley.work() as db:
            assert (await db.conversations.get(parley.boris.id, theirs.id)) == theirs


class TestPrompts:
    async def test_the_life_of_a_prompt(self, anna: httpx.AsyncClient) -> None:
        made = await call(anna, "POST", PROMPTS, title="Greeting", promptText="Say hello")
        prompt = {"prompt_id": 1, "customer_id": 1, "title": "Greeting", "prompt": "Say hello"}
        assert (made["message"], made["data"]) == ("Prompt created successfully", prompt)
        changed = await call(anna, "PUT", PROMPTS, promptId=1, prompt="Say hi")
        prompt["prompt"] = "Say hi"
        assert (changed["message"], changed["data"]) == ("Prompt updated successfully", prompt)
        second = await call(anna, "POST", PROMPTS, title="B", prompt="b")
        listed = (await anna.get(f"{PROMPTS}?customer_id=1")).json()
        assert listed["message"] == "Prompts retrieved successfully"
        assert listed["data"] == {"prompts": [prompt, second["data"]]}
        gone = await call(anna, "DELETE", PROMPTS, prompt_id=1)
        assert gone["message"] == "Prompt removed successfully"
        assert gone["data"] == {"removed_count": 1, "prompt_id": 1}
        await call(anna, "DELETE", PROMPTS, 404, prompt_id=1)

    async def test_prompts_of_others_are_404(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        async with parley.work() as db:
            theirs = await db.prompts.add(parley.boris.id, "Secret", "words")
        for method, more in (("PUT", {"title": "Stolen"}), ("DELETE", {})):
            for prompt in (theirs.id, 99999):
                found = await call(anna, method, PROMPTS, 404, prompt_id=prompt, **more)
                assert found["message"] == "Prompt not found"
        assert (await anna.get(f"{PROMPTS}?customer_id=2")).status_code == 403
        assert (await anna.get(PROMPTS)).status_code == 422
        assert (await anna.get(f"{PROMPTS}?customer_id=1")).json()["data"] == {"prompts": []}

    @pytest.mark.parametrize(
        ("method", "body"),
        [
            ("POST", {"title": "x"}),
            ("POST", {"prompt": "x"}),
            ("POST", {"title": "x", "prompt": "x" * 16_001}),
            ("POST", {"title": "x", "prompt": "x", "tags": []}),
            ("PUT", {"title": "x"}),
            ("DELETE", {}),
            ("DELETE", {"prompt_id": 0}),
        ],
    )
    async def test_what_does_not_fit_is_422(
        self, anna: httpx.AsyncClient, method: str, body: dict[str, Any]
    ) -> None:
        await call(anna, method, PROMPTS, 422, **body)


class TestMaintenance:
    async def test_favourites_look_like_a_session(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        await talk(parley, "Tides", "One", "Two", "Three")
        for key in (3, 1):
            await call(anna, "PUT", MESSAGES, message_id=key, patch={"favorite": True})
        url = f"{FAVOURITES}?customer_id=1&include_session_metadata=false"
        found = (await anna.get(url)).json()
        assert found["message"] == "Favorites retrieved successfully"
        data = found["data"]
        assert set(data) == SESSION_KEYS | {"messages"}
        assert data["session_id"].startswith("favorites_")
        assert (data["session_name"], data["tags"]) == ("Favorite Messages", [])
        assert data["ai_character_name"] == "tools_artgen"
        assert [m["message_id"] for m in data["messages"]] == [1, 3]

    async def test_no_favourites_are_an_empty_object(self, anna: httpx.AsyncClient) -> None:
        answer = await anna.get(f"{FAVOURITES}?customer_id=1")
        assert (answer.status_code, answer.json()["data"]) == (200, {})
        assert (await anna.get(f"{FAVOURITES}?customer_id=2")).status_code == 403

    async def test_files_are_found_in_either_spelling(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        await parley.clock.advance(60)
        async with parley.work() as db:
            found = await db.conversations.open(parley.anna.id, ConversationDraft())
            for place in ("https://x/a.pdf", "https://x/b.mp3"):
                draft = MessageDraft(file_locations=(place,))
                await db.conversations.add_message(parley.anna.id, found.id, Sender.AI, draft)

        async def keys(**wanted: Any) -> list[int]:
            answer = await call(anna, "POST", FILES, **wanted)
            assert answer["message"] == "Messages with files retrieved successfully"
            return [message["message_id"] for message in answer["data"]["messages"]]

        assert await keys() == [2, 1]
        assert await keys(limit=1, offset=1) == [1]
        assert await keys(file_extension=".pdf") == await keys(fileExtension=".pdf") == [1]
        assert await keys(exact_filename="B.mp") == await keys(exactFilename="b") == [2]
        assert await keys(ai_only=True) == await keys(aiOnly=True) == [2, 1]
        assert await keys(older_then_date="2026-01-01") == []
        assert await keys(youngerThenDate="2026-01-01") == [2, 1]
        assert await keys(check_image_locations=True, exact_filename="a.pdf") == [1]
        await call(anna, "POST", FILES, 422, older_then_date="then")
        await call(anna, "POST", FILES, 422, file_name="x")


async def test_agents_are_active_for_five_minutes(parley: Parley, anna: httpx.AsyncClient) -> None:
    await talk(parley, "old", "?", character="captain")
    await parley.clock.advance(300)
    last = await talk(parley, "new", "?", character="doctor")
    await talk(parley, "theirs", "?", character="spy", owner=parley.boris.id)
    task: dict[str, Any] = {"ai_character_name": "doctor", "task_description": "Heal"}
    await call(anna, "POST", f"{SESSIONS}/create-task", **task)
    answer = await anna.get("/api/v1/agents/status?customer_id=1")
    assert list(answer.json()) == ["agents"]
    captain, doctor = answer.json()["agents"]
    assert (captain["name"], captain["status"], captain["session_count"]) == ("captain", "idle", 1)
    assert doctor == {
        "name": "doctor",
        "status": "active",
        "session_count": 2,
        "active_task_count": 1,
        "last_activity": parley.clock.now().isoformat(),
    }
    assert last.last_update < parley.clock.now()
    assert (await anna.get("/api/v1/agents/status?customer_id=2")).status_code == 403

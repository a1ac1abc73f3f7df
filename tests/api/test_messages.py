"""Storing, editing, changing and removing messages."""

from typing import Any

import httpx
import pytest

from domain.turn.events import ModelStopped, TextDelta
from tests.api.history_calls import CHAT, MESSAGES, SESSIONS, call, detail, texts
from tests.api.history_rows import talk
from tests.api.offline_app import Parley

HI = {"message": "Hi"}
HELLO = {"message": "Hello!", "ai_reasoning": "A greeting."}


async def stored(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    return (await call(client, "POST", MESSAGES, **{"user_message": HI, **more}))["data"]


class TestStoring:
    async def test_a_pair_opens_a_session(self, anna: httpx.AsyncClient) -> None:
        found = await call(
            anna,
            "POST",
            MESSAGES,
            user_message=HI | {"local_id": "x", "created_at": "1999-01-01", "message_id": 0},
            ai_response=HELLO,
            user_settings={"text": {"ai_character": "captain"}},
            claude_code_data={"source": "text"},
        )
        assert found["message"] == "Chat messages stored successfully"
        data = found["data"]
        assert set(data) == {"user_message_id", "ai_message_id", "session_id"}
        session = await detail(anna, data["session_id"])
        assert (session["session_name"], session["ai_character_name"]) == ("New chat", "captain")
        question, answer = session["messages"]
        assert question["message_id"] == data["user_message_id"]
        assert answer["message_id"] == data["ai_message_id"]
        assert (question["sender"], answer["sender"]) == ("User", "AI")
        assert answer["ai_reasoning"] == "A greeting."
        assert question["claude_code_data"] == answer["claude_code_data"] == {"source": "text"}
        assert question["created_at"].startswith("2026")

    async def test_an_answer_without_content_is_not_stored(self, anna: httpx.AsyncClient) -> None:
        empty = {"message": "", "image_locations": [], "api_text_gen_model_name": "m"}
        data = await stored(anna, ai_response=empty, include_messages=True)
        assert set(data) == {"user_message_id", "session_id", "session"}
        assert [m["message"] for m in data["session"]["messages"]] == ["Hi"]

    async def test_what_no_database_would_keep_is_refused(self, anna: httpx.AsyncClient) -> None:
        deep: dict[str, Any] = {}
        for _ in range(31):
            deep = {"in": deep}
        for said, message in (
            ({"claude_code_data": deep}, "claude_code_data is nested deeper than 30 levels"),
            ({"message": "x" * 2**23}, "user_message is larger than 8388608 bytes"),
        ):
            refused = await call(anna, "POST", MESSAGES, 422, user_message=HI | said)
            assert refused["message"] == message
        chat = {"customer_id": 1, "prompt": "Hi", "settings": {"text": {"model": "m", "x": deep}}}
        answer = await anna.post("/chat", json=chat)
        assert answer.json()["message"] == "text is nested deeper than 30 levels"

    async def test_a_session_goes_on_and_keeps_what_is_not_stated(
        self, anna: httpx.AsyncClient
    ) -> None:
        first = await stored(anna, tags=["sea"], auto_trigger_tts=True, session_name="Tides")
        settings = {"text": {"ai_character": "captain"}}
        await stored(anna, session_id=first["session_id"], user_settings=settings)
        session = await detail(anna, first["session_id"])
        assert (session["tags"], session["auto_trigger_tts"]) == (["sea"], True)
        assert (session["session_name"], session["ai_character_name"]) == ("Tides", "assistant")
        assert len(session["messages"]) == 2
        named = {"ai_character_name": "captain", "tags": []}
        await stored(anna, session_id=first["session_id"], **named)
        session = await detail(anna, first["session_id"])
        assert (session["ai_character_name"], session["tags"]) == ("captain", [])

    async def test_the_place_in_the_list_may_stay(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        first = await stored(anna)
        before = (await detail(anna, first["session_id"]))["last_update"]
        await parley.clock.advance(60)
        await stored(anna, session_id=first["session_id"], update_last_mod_time=False)
        assert (await detail(anna, first["session_id"]))["last_update"] == before

    @pytest.mark.parametrize("message", [{}, {"message": ""}, {"favorite": True}])
    async def test_a_question_without_content_is_no_ghost(
        self, anna: httpx.AsyncClient, message: dict[str, Any]
    ) -> None:
        for method in ("POST", "PATCH"):
            found = await call(anna, method, MESSAGES, 422, user_message=message)
            assert found["data"] == {"field": "user_message"}
        assert (await call(anna, "POST", f"{SESSIONS}/list"))["data"]["count"] == 0
        data = (await call(anna, "PATCH", MESSAGES, user_message=message, ai_response=HELLO))[
            "data"
        ]
        assert data["user_message_id"] == 0
        assert await texts(anna, data["session_id"]) == ["Hello!"]

    async def test_sessions_of_others_and_unknown_ones_are_404(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        theirs = await talk(parley, "Secret", "?", owner=parley.boris.id)
        for session in (theirs.id, "ffffffff-ffff-4fff-8fff-ffffffffffff", "x"):
            found = await call(anna, "POST", MESSAGES, 404, user_message=HI, session_id=session)
            assert found["message"] == "Session not found"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"user_message": None},
            {"user_message": "Hi"},
            {"user_message": {"message": 5}},
            {"user_message": HI, "chat_history": []},
            {"user_message": HI, "tags": "sea"},
            {"user_message": HI, "ai_response": {"image_locations": "a"}},
            {"user_message": HI, "user_settings": {"text": "x"}},
        ],
    )
    async def test_what_does_not_fit_is_422(
        self, anna: httpx.AsyncClient, body: dict[str, Any]
    ) -> None:
        await call(anna, "POST", MESSAGES, 422, **body)
        assert (await call(anna, "POST", f"{SESSIONS}/list"))["data"]["count"] == 0


class TestEditing:
    async def test_ids_stay_and_what_was_said_becomes_a_version(
        self, anna: httpx.AsyncClient
    ) -> None:
        first = await stored(anna, ai_response=HELLO)
        question, answer = first["user_message_id"], first["ai_message_id"]
        found = await call(
            anna,
            "PATCH",
            MESSAGES,
            session_id=first["session_id"],
            user_message={"message_id": question, "message": "Hi there"},
            ai_response={"message_id": answer, "message": "Good day!"},
        )
        assert found["message"] == "Chat messages updated successfully"
        data = found["data"]
        assert (data["user_message_id"], data["ai_message_id"]) == (question, answer)
        shown = data["session"]["messages"]
        assert [m["message"] for m in shown] == ["Hi there", "Good day!"]
        assert shown[1]["ai_reasoning"] == "A greeting."
        earlier, now = shown[0]["sibling_ids"]
        assert now == question
        whole = await detail(anna, first["session_id"], include_versions=True)
        by_id = {m["message_id"]: m for m in whole["messages"]}
        assert len(by_id) == 4
        assert (by_id[earlier]["message"], by_id[earlier]["active"]) == ("Hi", False)
        (old_answer,) = (m for m in by_id.values() if m["parent_id"] == earlier)
        assert (old_answer["message"], old_answer["active"]) == ("Hello!", False)

    async def test_absent_lists_stay_and_empty_ones_clear(self, anna: httpx.AsyncClient) -> None:
        both = HI | {"image_locations": ["https://a/1.png"], "file_locations": ["https://a/2.pdf"]}
        first = await stored(anna, user_message=both)
        said = {"message_id": first["user_message_id"], "message": "Ho", "file_locations": []}
        await call(anna, "PATCH", MESSAGES, session_id=first["session_id"], user_message=said)
        (message,) = (await detail(anna, first["session_id"]))["messages"]
        assert message["image_locations"] == ["https://a/1.png"]
        assert message["file_locations"] == []

    async def test_an_answer_alone_has_no_question(self, anna: httpx.AsyncClient) -> None:
        first = await stored(anna)
        body = {"session_id": first["session_id"], "ai_response": HELLO}
        data = (await call(anna, "PATCH", MESSAGES, **body))["data"]
        assert data["user_message_id"] == 0
        assert await texts(anna, first["session_id"]) == ["Hi", "Hello!"]

    async def test_without_a_session_it_is_a_new_one(self, anna: httpx.AsyncClient) -> None:
        data = (await call(anna, "PATCH", MESSAGES, user_message=HI))["data"]
        assert set(data) == {"user_message_id", "session_id"}
        unknown = {"session_id": "no such", "user_message": HI}
        data = (await call(anna, "PATCH", MESSAGES, **unknown))["data"]
        assert data["session_id"] != "no such"
        assert len(data["session"]["messages"]) == 1

    async def test_messages_of_others_are_added_and_not_changed(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        theirs = await talk(parley, "Secret", "Mine!", owner=parley.boris.id)
        other = await stored(anna)
        mine = await stored(anna)
        for foreign in (1, other["user_message_id"], 99999):
            said = {"message_id": foreign, "message": "Stolen"}
            body = {"session_id": mine["session_id"], "user_message": said}
            data = (await call(anna, "PATCH", MESSAGES, **body))["data"]
            assert data["user_message_id"] != foreign
        assert await texts(anna, mine["session_id"]) == ["Hi", *["Stolen"] * 3]
        assert await texts(anna, other["session_id"]) == ["Hi"]
        async with parley.work() as db:
            said = await db.conversations.messages(parley.boris.id, (theirs.id,))
        assert [one.message for one in said[theirs.id]] == ["Mine!"]

    @pytest.mark.parametrize("body", [{}, {"ai_response": {"message": ""}}])
    async def test_nothing_to_write_is_422(
        self, anna: httpx.AsyncClient, body: dict[str, Any]
    ) -> None:
        await call(anna, "PATCH", MESSAGES, 422, **body)

    async def test_only_storing_may_ask_for_messages(self, anna: httpx.AsyncClient) -> None:
        await call(anna, "PATCH", MESSAGES, 422, user_message=HI, include_messages=True)


class TestChanging:
    async def test_what_is_not_null_is_set(self, anna: httpx.AsyncClient) -> None:
        first = await stored(anna, ai_response=HELLO)
        key = first["ai_message_id"]
        patch = {"favorite": True, "message": None, "chart_data": [{"a": 1}], "sender": "User"}
        found = await call(anna, "PUT", MESSAGES, message_id=key, patch=patch)
        assert (found["message"], found["data"]) == (
            "Message updated successfully",
            {"message_id": key},
        )
        answer = (await detail(anna, first["session_id"]))["messages"][1]
        assert (answer["favorite"], answer["message"]) == (True, "Hello!")
        assert (answer["chart_data"], answer["sender"]) == ([{"a": 1}], "AI")
        assert answer["sibling_ids"] == []

    async def test_images_are_replaced_or_appended(self, anna: httpx.AsyncClient) -> None:
        first = await stored(anna, user_message=HI | {"image_locations": ["a"]})
        key = first["user_message_id"]

        async def images() -> list[str]:
            (message,) = (await detail(anna, first["session_id"]))["messages"]
            return message["image_locations"]

        body = {"message_id": key, "patch": {"image_locations": ["b"]}}
        await call(anna, "PUT", MESSAGES, **body, append_image_locations=True)
        assert await images() == ["a", "b"]
        await call(anna, "PUT", MESSAGES, **body)
        assert await images() == ["b"]

    async def test_without_a_patch_nothing_changes(self, anna: httpx.AsyncClient) -> None:
        first = await stored(anna)
        key = first["user_message_id"]
        found = await call(anna, "PUT", MESSAGES, message_id=key)
        assert found["data"] == {"message_id": key}
        await call(anna, "PUT", MESSAGES, 404, message_id=99999)

    @pytest.mark.parametrize("patch", [{}, {"message": None}, {"nonsense": 1}])
    async def test_a_patch_without_a_value_is_422(
        self, anna: httpx.AsyncClient, patch: dict[str, Any]
    ) -> None:
        first = await stored(anna)
        body = {"message_id": first["user_message_id"], "patch": patch}
        found = await call(anna, "PUT", MESSAGES, 422, **body)
        assert found["message"] == "No update fields provided"
        assert found["data"] == {"field": "patch"}

    async def test_messages_of_others_and_unknown_ones_are_404(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        await talk(parley, "Secret", "?", owner=parley.boris.id)
        for key in (1, 99999, 2**63 - 1):
            body = {"message_id": key, "patch": {"favorite": True}}
            found = await call(anna, "PUT", MESSAGES, 404, **body)
            assert found["message"] == "Message not found"
        for key in (0, -1, 2**63):
            await call(anna, "PUT", MESSAGES, 422, message_id=key)


class TestRemoving:
    async def test_the_real_number_and_the_ids_asked_for(self, anna: httpx.AsyncClient) -> None:
        first, other = await stored(anna, ai_response=HELLO), await stored(anna)
        ids = [first["ai_message_id"], other["user_message_id"], 99999]
        body = {"session_id": first["session_id"], "message_ids": ids}
        found = await call(anna, "DELETE", MESSAGES, **body)
        assert found["message"] == "Messages removed successfully"
        assert found["data"] == {"removed_count": 1, "message_ids": ids}
        assert await texts(anna, first["session_id"]) == ["Hi"]
        assert await texts(anna, other["session_id"]) == ["Hi"]

    async def test_an_emptied_session_stays_hidden(self, anna: httpx.AsyncClient) -> None:
        first = await stored(anna)
        ids = [first["user_message_id"]]
        await call(anna, "DELETE", MESSAGES, session_id=first["session_id"], message_ids=ids)
        assert (await call(anna, "POST", f"{SESSIONS}/list"))["data"]["count"] == 0
        assert (await detail(anna, first["session_id"]))["messages"] == []

    async def test_sessions_of_others_are_404(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        theirs = await talk(parley, "Secret", "?", owner=parley.boris.id)
        for session in (theirs.id, "x"):
            body = {"session_id": session, "message_ids": [1]}
            found = await call(anna, "DELETE", MESSAGES, 404, **body)
            assert found["message"] == "Session not found"
        for ids in ([], [0], ["x"]):
            await call(anna, "DELETE", MESSAGES, 422, session_id="x", message_ids=ids)


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_foreign_customers_are_refused(anna: httpx.AsyncClient, method: str) -> None:
    body: dict[str, Any] = {
        "POST": {"user_message": HI},
        "PATCH": {"user_message": HI},
        "PUT": {"message_id": 1},
        "DELETE": {"session_id": "x", "message_ids": [1]},
    }[method]
    await call(anna, method, MESSAGES, 403, **body | {"customer_id": 2})
    await call(anna, method, MESSAGES, 422, **body | {"customer_id": 0})


class TestVersions:
    async def test_an_answer_is_written_anew_and_the_earlier_one_shown_again(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        text = {"model": "gpt-4o-mini", "temperature": 0.5}
        answer = HELLO | {"api_text_gen_settings": text}
        first = await stored(anna, ai_response=answer)
        await stored(anna, session_id=first["session_id"], user_message={"message": "And?"})
        model = parley.script([TextDelta("Good day!"), ModelStopped("stop")])
        body = {"session_id": first["session_id"], "message_id": first["ai_message_id"]}
        found = await call(anna, "POST", f"{MESSAGES}/regenerate", **body)
        data = found["data"]
        assert found["message"] == "Answer regenerated successfully"
        assert data["ai_message_id"] == first["ai_message_id"]
        assert [m["message"] for m in data["session"]["messages"]] == ["Hi", "Good day!", "And?"]
        (prompt,) = model.prompts
        assert [m.text for m in prompt.messages] == ["Hi"]
        assert prompt.temperature == 0.5
        earlier, now = data["session"]["messages"][1]["sibling_ids"]
        assert now == first["ai_message_id"]
        show = {"session_id": first["session_id"], "message_id": earlier}
        shown = (await call(anna, "POST", f"{MESSAGES}/show", **show))["data"]
        assert [m["message"] for m in shown["messages"]] == ["Hi", "Hello!"]
        assert await texts(anna, first["session_id"]) == ["Hi", "Hello!"]
        back = {"session_id": first["session_id"], "message_id": now}
        shown = (await call(anna, "POST", f"{MESSAGES}/show", **back))["data"]
        assert [m["message"] for m in shown["messages"]] == ["Hi", "Good day!", "And?"]

    async def test_one_key_runs_once(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        first = await stored(anna, ai_response=HELLO)
        parley.script([TextDelta("Good day!"), ModelStopped("stop")])
        anna.headers["Idempotency-Key"] = "again-1"
        answers = [
            await call(anna, "POST", f"{MESSAGES}/regenerate", session_id=first["session_id"])
            for _ in range(2)
        ]
        assert answers[0] == answers[1]

    async def test_a_failed_turn_leaves_the_answer_as_it_was(
        self, parley: Parley, anna: httpx.AsyncClient
    ) -> None:
        first = await stored(anna, ai_response=HELLO)
        text = {"model": "nobody-knows"}
        body = {"session_id": first["session_id"], "user_settings": {"text": text}}
        found = await call(anna, "POST", f"{MESSAGES}/regenerate", 422, **body)
        assert "nobody-knows" in found["message"]
        assert await texts(anna, first["session_id"]) == ["Hi", "Hello!"]

    async def test_what_is_not_there_is_404(self, parley: Parley, anna: httpx.AsyncClient) -> None:
        theirs = await talk(parley, "Secret", "?", "!", owner=parley.boris.id)
        mine = await stored(anna)
        for path in ("regenerate", "show"):
            url = f"{MESSAGES}/{path}"
            found = await call(anna, "POST", url, 404, session_id=theirs.id, message_id=1)
            assert found["message"] == "Session not found"
            body = {"session_id": mine["session_id"], "message_id": 1}
            assert (await call(anna, "POST", url, 404, **body))["message"] == "Message not found"
        await call(anna, "POST", f"{MESSAGES}/regenerate", 422, session_id=" ")

    async def test_hidden_versions_are_searched_by_nobody(self, anna: httpx.AsyncClient) -> None:
        first = await stored(anna, user_message={"message": "albatross"})
        said = {"message_id": first["user_message_id"], "message": "gull", "favorite": True}
        await call(anna, "PATCH", MESSAGES, session_id=first["session_id"], user_message=said)
        found = await call(anna, "POST", f"{SESSIONS}/search", search_text="albatross")
        assert found["data"] == {"sessions": [], "count": 0}
        favourites = (await anna.get(f"{CHAT}/maintenance/favorites?customer_id=1")).json()["data"]
        assert [m["message"] for m in favourites["messages"]] == ["gull"]

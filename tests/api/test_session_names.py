"""`POST /session-name`."""

import httpx
import pytest

from domain.errors import NotConfigured
from domain.provider_errors import ProviderRejected
from domain.turn.events import TextDelta
from tests.api.history_rows import talk
from tests.api.offline_app import Parley

NAME = "/api/v1/chat/session-name"


@pytest.mark.parametrize("path", [NAME, "/chat/session-name"])
async def test_a_prompt_gets_a_name(parley: Parley, anna: httpx.AsyncClient, path: str) -> None:
    model = parley.script([TextDelta('"Tides of'), TextDelta(' Lisbon"\n')])
    answer = await anna.post(path, json={"customer_id": 1, "prompt": "When is high tide?"})
    assert answer.json() == {
        "success": True,
        "data": {"session_name": "Tides of Lisbon", "session_id": None},
        "error": None,
        "code": 200,
    }
    (prompt,) = model.prompts
    assert (prompt.card.id, prompt.temperature, prompt.max_tokens) == ("gpt-4o-mini", 0.3, 50)


async def test_a_conversation_is_named_where_it_stands(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    old = await talk(parley, "New chat", "When is high tide?", "At noon.", "Thanks")
    await talk(parley, "newer", "?")
    model = parley.script([TextDelta("Tides")])
    body = {"customer_id": 1, "prompt": " ", "session_id": old.id}
    answer = await anna.post(NAME, json=body)
    listed = await anna.post("/api/v1/chat/sessions/list", json={"customer_id": 1})
    assert answer.json()["data"] == {"session_name": "Tides", "session_id": old.id}
    assert [s["session_name"] for s in listed.json()["data"]["sessions"]] == ["newer", "Tides"]
    assert "When is high tide?\nAt noon." in model.prompts[0].messages[0].text
    assert "Thanks" not in model.prompts[0].messages[0].text


@pytest.mark.parametrize("body", [{}, {"prompt": " "}, {"prompt": []}, {"session_id": ""}])
async def test_nothing_to_name_is_422(anna: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await anna.post(NAME, json={"customer_id": 1, **body})).status_code == 422


async def test_a_prompt_without_words_is_400(anna: httpx.AsyncClient) -> None:
    picture = [{"type": "image_url", "image_url": "https://x.example/a.png"}]
    answer = await anna.post(NAME, json={"customer_id": 1, "prompt": picture})
    assert answer.status_code == 400
    assert answer.json()["detail"]["message"] == "Prompt or existing session content is required"


async def test_unknown_keys_are_422(anna: httpx.AsyncClient) -> None:
    body = {"customer_id": 1, "prompt": "x", "title": "y"}
    assert (await anna.post(NAME, json=body)).status_code == 422


async def test_others_conversations_are_404(parley: Parley, anna: httpx.AsyncClient) -> None:
    theirs = await talk(parley, "Secret", "?", owner=parley.boris.id)
    answer = await anna.post(NAME, json={"customer_id": 1, "session_id": theirs.id})
    assert (answer.status_code, answer.json()["message"]) == (404, "Session not found")


async def test_a_missing_key_is_named(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([NotConfigured("OPENAI_API_KEY")])
    answer = await anna.post(NAME, json={"customer_id": 1, "prompt": "x"})
    assert (answer.status_code, answer.json()["data"]) == (500, {"key": "OPENAI_API_KEY"})


async def test_a_provider_failure_is_502(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([ProviderRejected("openai", "openai: no (400)")])
    answer = await anna.post(NAME, json={"customer_id": 1, "prompt": "x"})
    assert (answer.status_code, answer.json()["detail"]["error"]) == (502, "provider_error")

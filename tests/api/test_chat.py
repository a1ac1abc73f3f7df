"""`POST /chat`: one question, one answer."""

import asyncio

import httpx
import pytest

from adapters.memory.clock import settle
from domain.errors import NotConfigured, ParleyError
from domain.provider_errors import (
    ContextTooLong,
    ProviderBrokeOff,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
)
from domain.turn.events import ModelStopped, SourceCited, TextDelta, ThinkingDelta, ToolCalled
from domain.turn.metering import Usage
from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient

QUESTION = {"customer_id": 1, "prompt": "Where?"}


@pytest.mark.parametrize("path", ["/chat", "/chat/"])
async def test_an_answer_has_the_contracts_shape(
    parley: Parley, anna: httpx.AsyncClient, path: str
) -> None:
    parley.script([TextDelta("Lis"), TextDelta("bon."), ModelStopped("stop", Usage(9, 2, 11))])
    answer = await anna.post(path, json=QUESTION | {"session_id": "s-1"})
    assert answer.status_code == 200
    body = answer.json()
    usage = body["data"]["metadata"].pop("usage")
    assert body == {
        "success": True,
        "error": None,
        "code": 200,
        "data": {
            "text": "Lisbon.",
            "model": "gpt-4o-mini",
            "provider": "openai",
            "reasoning": None,
            "citations": None,
            "session_id": "s-1",
            "metadata": {
                "finish_reason": "stop",
            },
            "tool_calls": None,
            "requires_tool_action": None,
        },
    }
    times = {usage.pop(name) for name in ("first_token_ms", "provider_ms", "total_ms")}
    assert all(isinstance(each, int) and each >= 0 for each in times)
    assert usage == {
        "input_tokens": 9,
        "output_tokens": 2,
        "total_tokens": 11,
        "model": "gpt-4o-mini",
        "provider": "openai",
        "cost_usd": (9 * 0.15 + 2 * 0.6) / 1e6,
        "attempts": [{"model": "gpt-4o-mini", "provider": "openai", "error": None}],
    }


async def test_reasoning_and_sources_are_told(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([ThinkingDelta("hm"), TextDelta("x"), SourceCited("https://a.example", "A")])
    data = (await anna.post("/chat", json=QUESTION)).json()["data"]
    assert data["reasoning"] == "hm"
    assert data["citations"] == [{"url": "https://a.example", "title": "A"}]


async def test_a_call_the_client_must_run_is_handed_over(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.script(
        [
            ToolCalled("c0", "web_search", {"query": "x"}, "openai", run_by_provider=True),
            ToolCalled("c1", "light", {"on": True}, "openai"),
            ModelStopped("tool_calls"),
        ]
    )
    data = (await anna.post("/chat", json=QUESTION)).json()["data"]
    assert [call["callId"] for call in data["tool_calls"]] == ["c1"]
    assert data["metadata"]["tool_calls"] == data["tool_calls"]
    assert data["requires_tool_action"] is True


async def test_history_settings_and_character_reach_the_model(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    model = parley.script([TextDelta("ok")])
    body = QUESTION | {
        "prompt": [{"type": "text", "text": "And now?"}],
        "chat_history": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}],
        "settings": {"text": {"temperature": 1.5, "max_tokens": 7}},
        "unknown": "passed over",
    }
    assert (await anna.post("/chat", json=body)).status_code == 200
    (prompt,) = model.prompts
    assert [message.text for message in prompt.messages] == ["Hi", "Yo", "And now?"]
    assert (prompt.temperature, prompt.max_tokens) == (1.5, 7)


async def test_nothing_is_stored(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([TextDelta("ok")])
    await anna.post("/chat", json=QUESTION | {"session_id": "9f0c0000-0000-4000-8000-000000000000"})
    listed = await anna.post("/api/v1/chat/sessions/list", json={"customer_id": 1})
    assert listed.json()["data"]["count"] == 0


FAILURES: list[tuple[ParleyError, int, str]] = [
    (ProviderUnauthorized("openai", "openai refused the server's key"), 502, "provider_error"),
    (ProviderRejected("openai", "no"), 502, "provider_error"),
    (ContextTooLong("openai", "too long"), 502, "provider_error"),
    (ProviderOverloaded("openai", "slow down", 41.2), 429, "provider_error"),
    (NotConfigured("OPENAI_API_KEY"), 500, "configuration_error"),
]


@pytest.mark.parametrize(("failure", "status", "word"), FAILURES)
@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
async def test_failures_before_the_first_word_have_a_status(
    parley: Parley,
    anna: httpx.AsyncClient,
    failure: ParleyError,
    status: int,
    word: str,
    path: str,
) -> None:
    parley.script([failure])
    answer = await anna.post(path, json=QUESTION)
    body = answer.json()
    assert (answer.status_code, body["code"], body["success"]) == (status, status, False)
    assert body["detail"]["error"] == word
    assert body["message"] == body["detail"]["message"] == str(failure)
    if status == 429:
        assert answer.headers["Retry-After"] == "42"


async def test_a_failure_after_the_first_word_fails_the_whole_answer(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.script([TextDelta("Lis"), ProviderBrokeOff("openai", "openai broke off")])
    answer = await anna.post("/chat", json=QUESTION)
    assert answer.status_code == 502
    assert answer.json()["detail"]["context"] == {"provider": "openai"}


async def test_surprises_say_nothing(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([RuntimeError("secret inner words")])
    answer = await anna.post("/chat", json=QUESTION)
    assert (answer.status_code, answer.json()["detail"]) == (500, "Internal server error")
    assert "secret" not in answer.text


INVALID = [
    ({"prompt": "x"}, ["body", "customer_id"]),
    ({"customer_id": 1}, ["body", "prompt"]),
    ({"customer_id": 1, "prompt": "   "}, ["body", "prompt"]),
    ({"customer_id": 1, "prompt": []}, ["body", "prompt"]),
    ({"customer_id": 1, "prompt": 7}, ["body", "prompt"]),
    ({"customer_id": 0, "prompt": "x"}, ["body", "customer_id"]),
    ({"customer_id": "anna", "prompt": "x"}, ["body", "customer_id"]),
    ({"customer_id": 1, "prompt": "x", "settings": []}, ["body", "settings"]),
]


@pytest.mark.parametrize(("body", "place"), INVALID)
@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
async def test_what_does_not_fit_the_schema_is_422(
    anna: httpx.AsyncClient, body: dict[str, object], place: list[str], path: str
) -> None:
    answer = await anna.post(path, json=body)
    found = answer.json()
    assert answer.status_code == 422
    assert found["detail"][0]["loc"] == place
    assert set(found["detail"][0]) == {"type", "loc", "msg"}
    assert (found["code"], found["success"], found["meta"]) == (422, False, None)
    assert found["message"]


UNWISE = [
    ({"prompt": [{"type": "text", "text": " "}]}, "prompt"),
    ({"prompt": [{"type": "nonsense"}]}, "prompt"),
    ({"prompt": "x", "settings": {"text": {"model": "gpt-9000"}}}, "model"),
    ({"prompt": "x", "settings": {"text": {"temperature": "warm"}}}, "temperature"),
    ({"prompt": "x", "chat_history": [{"role": "wizard"}]}, "chat_history"),
    (
        {
            "prompt": [{"type": "image_url", "image_url": "https://x.example/a.png"}],
            "settings": {"text": {"model": "o3-mini"}},
        },
        "model",
    ),
]


@pytest.mark.parametrize(("body", "field"), UNWISE)
@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
async def test_what_makes_no_sense_is_400(
    anna: httpx.AsyncClient, body: dict[str, object], field: str, path: str
) -> None:
    answer = await anna.post(path, json={"customer_id": 1, **body})
    detail = answer.json()["detail"]
    assert answer.status_code == 400
    assert (detail["error"], detail["context"]) == ("validation_error", {"field": field})


@pytest.mark.parametrize("path", ["/chat", "/chat/stream", "/chat/session-name"])
async def test_another_customer_is_403(anna: httpx.AsyncClient, path: str) -> None:
    answer = await anna.post(path, json={"customer_id": 2, "prompt": "x"})
    text = "Access denied: customer ID mismatch"
    assert answer.status_code == 403
    assert answer.json() == {
        "code": 403,
        "success": False,
        "message": text,
        "data": None,
        "meta": None,
        "detail": text,
    }


async def test_one_key_runs_one_turn(parley: Parley, anna: httpx.AsyncClient) -> None:
    model = parley.script([TextDelta("once")])
    key = {"Idempotency-Key": "k-1"}
    first = await anna.post("/chat", json=QUESTION, headers=key)
    second = await anna.post("/chat", json=QUESTION, headers=key)
    other = await anna.post("/chat", json=QUESTION | {"prompt": "Else?"}, headers=key)
    assert first.json() == second.json()
    assert len(model.prompts) == 1
    assert other.status_code == 409


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
async def test_a_key_outlives_the_answer(
    parley: Parley, anna: httpx.AsyncClient, path: str
) -> None:
    model = parley.script([TextDelta("once")])
    key = {"Idempotency-Key": "k-1"}
    assert (await anna.post(path, json=QUESTION, headers=key)).status_code == 200
    await parley.clock.advance(600)
    answer = await anna.post(path, json=QUESTION, headers=key)
    assert (answer.status_code, answer.json()["success"]) == (410, False)
    assert len(model.prompts) == 1


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_has_a_sensible_length(anna: httpx.AsyncClient, key: str) -> None:
    answer = await anna.post("/chat", json=QUESTION, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "idempotency_key"]


async def test_leaving_stops_the_provider(parley: Parley) -> None:
    model = parley.script([asyncio.Event()])
    client = RawClient(parley.app, "POST", "/chat", headers=parley.headers, json=QUESTION)
    await model.waiting.wait()
    await client.hang_up()
    await ended(parley)
    assert model.closed_early == 1


async def test_leaving_under_a_key_does_not(parley: Parley) -> None:
    gate = asyncio.Event()
    parley.script([gate, TextDelta("late")])
    headers = parley.headers | {"Idempotency-Key": "k-2"}
    client = RawClient(parley.app, "POST", "/chat", headers=headers, json=QUESTION)
    await parley.models["openai"].waiting.wait()  # type: ignore[attr-defined]
    await client.hang_up()
    gate.set()
    again = RawClient(parley.app, "POST", "/chat", headers=headers, json=QUESTION)
    assert b'"text":"late"' in await again.whole()


async def test_a_cancelled_turn_is_no_answer(parley: Parley) -> None:
    model = parley.script([TextDelta("half"), asyncio.Event()])
    client = RawClient(parley.app, "POST", "/chat", headers=parley.headers, json=QUESTION)
    await model.waiting.wait()
    turns = await parley.turns
    (running,) = await turns.running(parley.anna.id)
    await turns.cancel(parley.anna.id, running.turn)
    body = await client.whole()
    assert client.status == 409
    assert b"Request cancelled" in body


async def test_too_many_turns_are_429(parley: Parley, anna: httpx.AsyncClient) -> None:
    limit = parley.settings.turns_per_user
    gate = asyncio.Event()
    model = parley.script(*([gate, TextDelta("x")] for _ in range(limit)))
    clients = [
        RawClient(parley.app, "POST", "/chat", headers=parley.headers, json=QUESTION)
        for _ in range(limit)
    ]
    await settle(200)
    assert len(model.prompts) == limit
    answer = await anna.post("/chat", json=QUESTION)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    gate.set()
    for client in clients:
        await client.whole()


async def test_the_shape_without_sockets_is_answered_in_plain_text(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.script([TextDelta("Lis\n"), TextDelta(" bon")])
    body = {
        "category": "text",
        "action": "chat",
        "user_input": {"prompt": [{"type": "text", "text": "Where?"}], "chat_history": []},
        "asset_input": [],
        "user_settings": {"text": {"model": "gpt-4o-mini"}},
        "customer_id": 1,
    }
    answer = await anna.post("/chat", json=body)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "Lis\n bon"


async def ended(parley: Parley) -> None:
    """Let the cancelled turn end, and see that Anna has none running."""
    await settle()
    assert await (await parley.turns).running(parley.anna.id) == []

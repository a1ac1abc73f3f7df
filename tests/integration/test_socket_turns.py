"""Turns on the chat socket: order, errors, queueing, control messages."""

import json
from typing import Any

import pytest

from tests.integration.chat_client import ask, chat, kinds, numbers, text
from tests.integration.live_server import ThreadServer
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_error_event, chat_stream
from tests.simulators.replies import Cut, Gate, Reply, failure, raw, spoiled

pytestmark = pytest.mark.integration
PAIR = ["text_completed", "tts_not_requested"]


async def test_a_minimal_request_streams_and_leaves_nothing(
    server: ThreadServer, anna: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send({"prompt": "Hello", "settings": {"text": {"model": "demo"}}})
        frames = await client.turn()
    assert "db_operation_executed" not in kinds(frames)
    assert "demonstration" in text(frames)


async def test_camel_case_is_understood(server: ThreadServer, anna: str) -> None:
    request = {
        "requestType": "text",
        "userInput": {"prompt": [{"type": "text", "text": "Hallo"}], "chatHistory": []},
        "userSettings": {"text": {"model": "demo"}},
        "customerId": 1,
    }
    async with chat(server.address, anna) as client:
        await client.send(request)
        frames = await client.turn()
    assert "Hallo" in text(frames)
    assert "db_operation_executed" in kinds(frames)


async def test_every_frame_of_a_turn_is_numbered_without_gaps(
    server: ThreadServer, anna: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("/long 300 /think"))
        frames = await client.turn()
    assert numbers(frames)[0] == 1
    assert len({frame["turn_id"] for frame in frames}) == 1
    chunks = [f.get("data", f) for f in frames if f["type"] in ("text_chunk", "thinking_chunk")]
    assert chunks[0]["chunk_index"] == 1
    assert all(chunk["chunk_id"] == chunk["chunk_index"] for chunk in chunks)
    order = [chunk["chunk_index"] for chunk in chunks]
    assert order == sorted(set(order))


async def test_reasoning_comes_in_both_forms_and_stays_out_of_the_answer(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(chat_stream("Noon.", thinking=["It is ", "midday."]))
    async with chat(server.address, anna) as client:
        await client.send(ask("time?", model="local/thinker"))
        frames = await client.turn()
    thoughts = [f["data"]["content"] for f in frames if f["type"] == "thinking_chunk"]
    shown = [f["content"]["reasoning"] for f in frames if f.get("event_type") == "reasoning"]
    assert "".join(thoughts) == "".join(shown) == "It is midday."
    assert text(frames) == "Noon."
    assert all("content" not in f for f in frames if f["type"] == "thinking_chunk")


@pytest.mark.parametrize(
    ("model", "provider", "sent"),
    [
        ("grok", "xai", "grok-4-latest"),
        ("llama", "groq", "llama-3.3-70b-versatile"),
        ("deepseek", "deepseek", "deepseek-chat"),
        ("perplexity", "perplexity", "sonar-pro"),
        ("local/Llama-3:8B", "local", "Llama-3:8B"),
        ("openai", "openai", "chatgpt-4o-latest"),
        ("gpt-5", "openai", "gpt-5.2-chat-latest"),
    ],
)
async def test_every_provider_answers_under_its_own_name(
    server: ThreadServer,
    anna: str,
    simulator: OpenAISimulator,
    model: str,
    provider: str,
    sent: str,
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model=model))
        frames = await client.turn()
    chosen = next(f for f in frames if f.get("event_type") == "aiTextModelInUse")["content"]
    assert (chosen["provider"], chosen["aiTextModel"]) == (provider, sent)
    assert simulator.requests[0].json["model"] == sent
    assert text(frames) == "Hello from the simulator"


async def test_speech_that_cannot_come_is_declined_at_once_and_only_once(
    server: ThreadServer, anna: str
) -> None:
    request = ask("hello")
    request["user_settings"]["tts"] = {"tts_auto_execute": True, "provider": "nobody"}
    async with chat(server.address, anna) as client:
        await client.send(request)
        frames = await client.turn()
        await client.nothing_more()
    names = kinds(frames)
    assert names[:3] == ["working", "aiTextModelInUse", "tts_not_requested"]
    assert names.count("tts_not_requested") == 1
    assert names[-1] == "text_completed"


@pytest.mark.parametrize(
    ("reply", "stage", "code"),
    [
        (failure(401, "Incorrect API key"), "provider", "provider_unauthorized"),
        (failure(403, "Not allowed"), "provider", "provider_unauthorized"),
        (failure(404, "No such model"), "provider", "model_not_offered"),
        (
            failure(400, "Too long", code="context_length_exceeded"),
            "provider",
            "context_too_long",
        ),
        (raw(b"<html>Gateway</html>"), "provider", "provider_garbled"),
        (spoiled(chat_stream("one two three four"), 3, Cut()), "text", "provider_broke_off"),
        (chat_stream("one two", done=False), None, None),
    ],
)
async def test_a_failing_provider_is_told_before_the_pair(
    server: ThreadServer,
    anna: str,
    simulator: OpenAISimulator,
    reply: Reply,
    stage: str | None,
    code: str | None,
) -> None:
    simulator.script(reply)
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        frames = await client.turn()
        await client.nothing_more()
        errors = [frame for frame in frames if frame["type"] == "error"]
        if stage is None:
            assert errors == []
        else:
            assert [(e["stage"], e["code"]) for e in errors] == [(stage, code)]
            assert "sk-simulated" not in json.dumps(frames)
        assert kinds(frames)[-2:] == PAIR
        await client.send(ask("still there?"))
        assert "demonstration" in text(await client.turn())


async def test_a_retry_is_announced_and_the_answer_comes(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(failure(429, "Slow down", retry_after="0.01"), failure(500, retry_after="0"))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        frames = await client.turn()
    retries = [f["content"] for f in frames if f.get("event_type") == "providerRetry"]
    assert retries[0]["provider"] == "openai"
    assert retries[0]["attempt"] == 2
    assert retries[0]["wait_s"] == 0.01
    assert text(frames) == "Hello from the simulator"
    assert "error" not in kinds(frames)


async def test_an_error_event_inside_a_good_status_is_an_error(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    begun = chat_stream("one two")
    simulator.script(spoiled(begun, 2, b"data: " + chat_error_event("Overloaded") + b"\n\n"))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        frames = await client.turn()
    assert next(f for f in frames if f["type"] == "error")["stage"] == "text"
    saved = json.loads(next(f for f in frames if f["type"] == "db_operation_executed")["content"])
    assert saved["ai_message_id"], "what had been said is kept"


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({"request_type": "text", "user_input": {"prompt": "  "}}, "Prompt required"),
        ({"prompt": 5}, "prompt must be"),
        ({"prompt": [{"type": "hologram"}]}, "unknown prompt item type"),
        ({"prompt": "x", "customer_id": 2}, "Access denied: customer ID mismatch"),
        ({"prompt": "x", "user_settings": {"text": {"model": "gpt-4o-mimi"}}}, "gpt-4o-mini"),
        ({"prompt": "x", "user_settings": {"text": {"temperature": "warm"}}}, "temperature"),
        ({"prompt": "x", "user_settings": []}, "user_settings must be an object"),
        ({"prompt": "x", "chat_history": "none"}, "chat_history must be a list"),
        (
            {"request_type": "audio", "user_settings": {"speech": {"recording_sample_rate": 1}}},
            "recording_sample_rate must be",
        ),
        ({"request_type": "tts", "prompt": " "}, "Prompt required"),
        ({"request_type": "realtime", "prompt": "x"}, "Live voice"),
        ({"prompt": "x", "group_id": "7d"}, "Group chat"),
        (
            {"user_input": {"prompt": "x", "new_session_from_here_full_chat_history": "all"}},
            "new_session_from_here_full_chat_history must be a list of messages",
        ),
        ({"prompt": "x", "user_settings": {"text": {"model": "o3-mini"}}}, None),
    ],
)
async def test_a_bad_request_gets_a_typed_error_and_the_pair(
    server: ThreadServer, anna: str, message: dict[str, Any], word: str | None
) -> None:
    if word is None:
        message = message | {"prompt": [{"type": "image_url", "image_url": "https://x.org/a.png"}]}
        word = "cannot see images"
    async with chat(server.address, anna) as client:
        await client.send(message)
        frames = await client.turn()
        await client.nothing_more()
        error = next(frame for frame in frames if frame["type"] == "error")
        assert error["stage"] == "validation"
        assert word in error["content"]
        assert [f["type"] for f in frames][-2:] == PAIR
        await client.send(ask("and now?"))
        assert "error" not in kinds(await client.turn())


async def test_garbage_after_the_handshake_leaves_the_socket_open(
    server: ThreadServer, anna: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send({"type": "heartbeat"})
        for garbage in ("{", "\x00", '"\\ud8"', "{} {}"):
            await client.send(garbage)
            error = await client.until("error")
            assert (error["content"], error["stage"]) == ("Invalid payload", "validation")
        for ignored in ("7", "null", "[1]", '"text"', '"\\ud800"'):
            await client.send(ignored)
        await client.socket.send(b"\x00\x01")
        await client.nothing_more()


async def test_control_messages_work_while_a_turn_runs(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    gate = Gate()
    simulator.script(spoiled(chat_stream("one two"), 2, gate))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        await client.until("text_chunk")
        await client.nothing_more()
        simulator.open(gate)
        await client.turn()


async def test_a_second_request_waits_and_too_many_are_refused(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    gate = Gate()
    first = chat_stream("first")
    simulator.script(Reply([*first.steps[:2], gate, *first.steps[2:]], headers=first.headers))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        await client.until("text_chunk")
        for number in range(5):
            await client.send(ask(f"number {number}"))
        refused = await client.until("error")
        assert (refused["stage"], refused["content"]) == (
            "validation",
            "Another request is still running",
        )
        simulator.open(gate)
        assert kinds(await client.turn())[-2:] == PAIR
        for number in range(4):
            assert f"number {number}" in text(await client.turn())
        await client.nothing_more()


async def test_one_user_has_a_limited_number_of_running_turns(
    server: ThreadServer, anna: str, boris: str, simulator: OpenAISimulator
) -> None:
    gate = Gate()
    simulator.default = spoiled(chat_stream("one"), 2, gate)
    async with chat(server.address, anna) as client:
        turns = 0
        sockets = [chat(server.address, anna) for _ in range(8)]
        for opening in sockets:
            other = await opening.__aenter__()
            await other.send(ask("hello", model="gpt-4o-mini"))
            await other.until("text_chunk")
            turns += 1
        await client.send(ask("one more"))
        frames = await client.turn()
        assert frames[0]["code"] == "too_many_turns"
        assert frames[0]["stage"] == "validation"
        async with chat(server.address, boris) as stranger:
            await stranger.send(ask("not my limit"))
            assert "error" not in kinds(await stranger.turn())
        simulator.open(gate)
        for opening in sockets:
            await opening.__aexit__(None, None, None)
    assert turns == 8

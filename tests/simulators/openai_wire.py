"""OpenAI's two wires as replies: chat completions and responses, streamed and whole."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.simulators.replies import Reply, json_reply, sse

MODEL = "gpt-4o-mini"
_encode = msgspec.json.encode


def words_of(text: str) -> list[str]:
    """Return the text in pieces as a model would say it."""
    return [piece for piece in text.replace(" ", "\0 ").split("\0") if piece]


def chat_stream(
    text: str | Sequence[str] = "Hello from the simulator",
    *,
    thinking: Sequence[str] = (),
    calls: Sequence[tuple[str, str, str]] = (),
    finish: str | None = None,
    done: bool = True,
    model: str = MODEL,
) -> Reply:
    """Return a streamed chat completion; calls are (id, name, arguments)."""
    pieces = words_of(text) if isinstance(text, str) else text
    reason = finish or ("tool_calls" if calls else "stop")
    payloads = [
        _chunk(model, {"role": "assistant", "content": ""}),
        *(_chunk(model, {"reasoning_content": thought}) for thought in thinking),
        *_tokens(model, pieces),
        *_call_chunks(model, calls),
        _chunk(model, {}, reason),
        _encode(_envelope(model) | {"choices": [], "usage": _chat_usage(len(pieces))}),
    ]
    return sse([*payloads, b"[DONE]"] if done else payloads)


def _tokens(model: str, pieces: Sequence[str]) -> list[bytes]:
    # Ten thousand tokens are made by joining bytes, not by encoding each envelope again.
    before, after = _chunk(model, {"content": "\x00"}).split(b'"\\u0000"')
    return [before + _encode(piece) + after for piece in pieces]


def _call_chunks(model: str, calls: Sequence[tuple[str, str, str]]) -> list[bytes]:
    payloads: list[bytes] = []
    for index, (call_id, name, arguments) in enumerate(calls):
        begun = {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        payloads.append(_chunk(model, {"tool_calls": [{"index": index, **begun}]}))
        for at in range(0, len(arguments), 7):
            function = {"arguments": arguments[at : at + 7]}
            fragment = [{"index": index, "function": function}]
            payloads.append(_chunk(model, {"tool_calls": fragment}))
    return payloads


def chat_body(text: str = "Hello", model: str = MODEL) -> Reply:
    """Return a chat completion as one JSON body."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = _chat_usage(len(words_of(text)))
    return json_reply(
        _envelope(model) | {"object": "chat.completion", "choices": [choice], "usage": usage}
    )


def chat_error_event(message: str = "The server had an error", code: str = "server_error") -> bytes:
    """Return a step that is an error inside a stream."""
    error = {"message": message, "type": code, "param": None, "code": code}
    return b"data: " + _encode({"error": error}) + b"\n\n"


def _envelope(model: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": model,
        "system_fingerprint": None,
    }


def _chunk(model: str, delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _encode(_envelope(model) | {"choices": [choice]})


def _chat_usage(said: int) -> dict[str, Any]:
    return {"prompt_tokens": 7, "completion_tokens": said, "total_tokens": 7 + said}


def responses_stream(
    text: str | Sequence[str] = "Hello from the simulator",
    *,
    thinking: Sequence[str] = (),
    calls: Sequence[tuple[str, str, str]] = (),
    model: str = MODEL,
) -> Reply:
    """Return a streamed response; calls are (call id, name, arguments)."""
    pieces = words_of(text) if isinstance(text, str) else text
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
    ]
    output: list[dict[str, Any]] = []
    if thinking:
        output.append(_reasoning(events, len(output), thinking))
    if pieces:
        output.append(_message(events, len(output), pieces))
    for call in calls:
        output.append(_function_call(events, len(output), *call))
    usage = {"input_tokens": 7, "output_tokens": len(pieces), "total_tokens": 7 + len(pieces)}
    response = {"id": "resp_1", "status": "completed", "model": model, "output": output}
    events.append({"type": "response.completed", "response": response | {"usage": usage}})
    return sse(
        [_encode(event | {"sequence_number": n}) for n, event in enumerate(events)], named=True
    )


def _reasoning(events: list[dict[str, Any]], at: int, thoughts: Sequence[str]) -> dict[str, Any]:
    item = {"id": f"rs_{at}", "type": "reasoning", "encrypted_content": "c2VjcmV0"}
    events.append({"type": "response.output_item.added", "item": item | {"summary": []}})
    delta = {"type": "response.reasoning_summary_text.delta", "item_id": item["id"]}
    events.extend(delta | {"delta": thought} for thought in thoughts)
    done = item | {"summary": [{"type": "summary_text", "text": "".join(thoughts)}]}
    events.append({"type": "response.output_item.done", "item": done})
    return done


def _message(events: list[dict[str, Any]], at: int, pieces: Sequence[str]) -> dict[str, Any]:
    item = {"id": f"msg_{at}", "type": "message", "role": "assistant"}
    events.append({"type": "response.output_item.added", "item": item | {"content": []}})
    delta = {"type": "response.output_text.delta", "item_id": item["id"], "output_index": at}
    events.extend(delta | {"delta": piece} for piece in pieces)
    content = [{"type": "output_text", "text": "".join(pieces), "annotations": []}]
    done = item | {"status": "completed", "content": content}
    events.append({"type": "response.output_item.done", "item": done})
    return done


def _function_call(
    events: list[dict[str, Any]], at: int, call_id: str, name: str, arguments: str
) -> dict[str, Any]:
    item = {"id": f"fc_{at}", "type": "function_call", "call_id": call_id, "name": name}
    events.append({"type": "response.output_item.added", "item": item | {"arguments": ""}})
    delta = {"type": "response.function_call_arguments.delta", "item_id": item["id"]}
    events.extend(delta | {"delta": arguments[n : n + 7]} for n in range(0, len(arguments), 7))
    ending = {"type": "response.function_call_arguments.done", "item_id": item["id"]}
    events.append(ending | {"arguments": arguments})
    done = item | {"arguments": arguments, "status": "completed"}
    events.append({"type": "response.output_item.done", "item": done})
    return done


def models_body(*names: str) -> Reply:
    """Return the list of models."""
    models = [{"id": name, "object": "model", "created": 1, "owned_by": "me"} for name in names]
    return json_reply({"object": "list", "data": models})

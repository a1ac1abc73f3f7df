"""Anthropic's Messages wire as replies: streamed, whole and refused."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.simulators.openai_wire import words_of
from tests.simulators.replies import Reply, json_reply, sse

MODEL = "claude-haiku-4-5"
SIGNATURE = "c2lnbmVk"
_encode = msgspec.json.encode


def message_stream(
    text: str | Sequence[str] = "Hello from the simulator",
    *,
    thinking: Sequence[str] = (),
    calls: Sequence[tuple[str, str, str]] = (),
    run: Sequence[tuple[str, str, str]] = (),
    stop: str | None = None,
    model: str = MODEL,
) -> Reply:
    """Return a streamed message; calls are (id, name, arguments), `run` those it runs itself."""
    pieces = words_of(text) if isinstance(text, str) else text
    blocks: list[list[dict[str, Any]]] = []
    if thinking:
        signature = {"type": "signature_delta", "signature": SIGNATURE}
        said = [{"type": "thinking_delta", "thinking": thought} for thought in thinking]
        blocks.append([{"type": "thinking", "thinking": "", "signature": ""}, *said, signature])
    blocks.extend(_call("server_tool_use", *call) for call in run)
    if pieces:
        words = [{"type": "text_delta", "text": piece} for piece in pieces]
        blocks.append([{"type": "text", "text": ""}, *words])
    blocks.extend(_call("tool_use", *call) for call in calls)
    reason = stop or ("tool_use" if calls else "end_turn")
    usage = {"output_tokens": len(pieces)}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _message(model, [], None)},
        {"type": "ping"},
        *(event for index, block in enumerate(blocks) for event in _block(index, block)),
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage},
        {"type": "message_stop"},
    ]
    return sse([_encode(event) for event in events], named=True)


def _call(kind: str, call_id: str, name: str, arguments: str) -> list[dict[str, Any]]:
    pieces = ["", *(arguments[at : at + 7] for at in range(0, len(arguments), 7))]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return [{"type": kind, "id": call_id, "name": name, "input": {}}, *deltas]


def _block(index: int, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    start, *deltas = parts
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def message_body(text: str = "Hello", model: str = MODEL) -> Reply:
    """Return a message as one JSON body."""
    return json_reply(_message(model, [{"type": "text", "text": text}], "end_turn"))


def _message(model: str, content: list[dict[str, Any]], stop: str | None) -> dict[str, Any]:
    return {
        "id": "msg_simulated",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 7,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 1,
        },
    }


def models_body(*names: str) -> Reply:
    """Return the list of models, on one page."""
    seen = "2025-10-01T00:00:00Z"
    models = [
        {"type": "model", "id": name, "display_name": name, "created_at": seen} for name in names
    ]
    ends = {"first_id": names[0], "last_id": names[-1]} if names else {}
    return json_reply({"data": models, "has_more": False} | ends)


def refusal(
    status: int, message: str = "It did not work", kind: str | None = None, **headers: str
) -> Reply:
    """Return an error in Anthropic's shape; its kind follows from the status."""
    return json_reply(_error(kind or _KINDS.get(status, "api_error"), message), status, **headers)


def error_event(kind: str = "overloaded_error", message: str = "Overloaded") -> bytes:
    """Return a step that is an error inside a stream."""
    return b"event: error\ndata: " + _encode(_error(kind, message)) + b"\n\n"


def _error(kind: str, message: str) -> dict[str, Any]:
    error = {"type": kind, "message": message}
    return {"type": "error", "error": error, "request_id": "req_011CVa2kdYoBWtrYYX7mqJjX"}


_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

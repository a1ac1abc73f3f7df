"""A local server that speaks Google's generateContent interface, with scripted faults.

As with the other simulators, a request beyond the script gets what it asks for in words:
`tokens=500 pace_ms=20` anywhere in the question, else a greeting; and
`python -m tests.simulators.google` serves to another process.
"""

import re
import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from tests.simulators.openai_wire import words_of
from tests.simulators.replies import Reply, joined, json_reply, paced, sse
from tests.simulators.server import Request, Simulator

MODEL = "gemini-3-flash-preview"
SIGNATURE = "c2lnbmVk"
_ASKED = re.compile(r"/v1beta/[\w./-]+:(streamGenerateContent|generateContent)")
_encode = msgspec.json.encode


class GoogleSimulator(Simulator):
    """`with GoogleSimulator() as sim:` then `sim.base_url`, `sim.script(…)`, `sim.requests`."""

    def __init__(self) -> None:
        super().__init__(_as_asked)
        self.base_url = self.address


def answer_stream(
    text: str | Sequence[str] = "Hello from the simulator",
    *,
    thinking: Sequence[str] = (),
    calls: Sequence[tuple[str, str, dict[str, Any]]] = (),
    finish: str = "STOP",
) -> Reply:
    """Return a streamed answer; calls are (id, name, arguments), the first of them signed."""
    pieces = words_of(text) if isinstance(text, str) else text
    parts = [{"text": thought, "thought": True} for thought in thinking]
    parts += [{"text": piece} for piece in pieces]
    signature = {"thoughtSignature": SIGNATURE}
    for call_id, name, arguments in calls:
        called = {"id": call_id} if call_id else {}
        parts.append({"functionCall": called | {"name": name, "args": arguments}} | signature)
        signature = {}
    said = 0
    chunks: list[bytes] = []
    for part in parts:
        said += 0 if part.get("thought") else 1
        chunks.append(_encode(_chunk([part], said, len(thinking))))
    chunks.append(_encode(_chunk([{"text": ""}], said, len(thinking), finish)))
    return sse(chunks, end=b"\r\n")


def answer_body(text: str = "Hello") -> Reply:
    """Return an answer as one JSON body."""
    return json_reply(_chunk([{"text": text}], 1, 0, "STOP"))


def models_body(*names: str) -> Reply:
    """Return the list of models, on one page."""
    methods = ["generateContent", "countTokens"]
    return json_reply(
        {
            "models": [
                {"name": f"models/{name}", "supportedGenerationMethods": methods} for name in names
            ]
        }
    )


def _chunk(
    parts: list[dict[str, Any]], said: int, thought: int, finish: str | None = None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": 7, "candidatesTokenCount": said, "totalTokenCount": 7 + said}
    if thought:
        usage |= {"thoughtsTokenCount": thought, "totalTokenCount": 7 + said + thought}
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": MODEL,
        "responseId": "simulated",
    }


_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def refusal(
    status: int,
    message: str = "It did not work",
    *,
    reason: str | None = None,
    retry_delay: str | None = None,
    **headers: str,
) -> Reply:
    """Return an error in Google's shape; `reason` and `retry_delay` stand among its details."""
    return json_reply(_error(status, message, reason, retry_delay), status, **headers)


def error_event(status: int = 503, message: str = "The model is overloaded.") -> bytes:
    """Return a step that is an error inside a stream."""
    return b"data: " + _encode(_error(status, message)) + b"\r\n\r\n"


def _error(
    status: int, message: str, reason: str | None = None, retry_delay: str | None = None
) -> dict[str, Any]:
    error: dict[str, Any] = {"code": status, "message": message}
    error["status"] = _STATUS.get(status, "UNKNOWN")
    of_kind = "type.googleapis.com/google.rpc."
    details = [{"@type": f"{of_kind}Help", "links": []}]
    if reason is not None:
        details.append({"@type": f"{of_kind}ErrorInfo", "reason": reason})
    if retry_delay is not None:
        details.append({"@type": f"{of_kind}RetryInfo", "retryDelay": retry_delay})
    return {"error": error | {"details": details}}


def _as_asked(request: Request) -> Reply:
    path, _, query = request.path.partition("?")
    if (request.method, path) == ("GET", "/v1beta/models"):
        return models_body(MODEL, "gemini-2.5-pro", "gemini-embedding-001")
    asked = _ASKED.fullmatch(path)
    if request.method != "POST" or asked is None:
        return refusal(404, f"No such path: {path}")
    if asked[1] == "generateContent":
        return answer_body()
    tokens = re.search(rb"tokens=(\d+)", request.body)
    pace_ms = re.search(rb"pace_ms=(\d+)", request.body)
    reply = _stream(int(tokens[1]) if tokens else 0, int(pace_ms[1]) if pace_ms else 0)
    return reply if "alt=sse" in query else _listed(reply)


@lru_cache
def _stream(tokens: int, pace_ms: int) -> Reply:
    words = [f"word{number % 100} " for number in range(tokens)]
    reply = answer_stream(words) if tokens else answer_stream()
    return paced(reply, pace_ms / 1000) if pace_ms else joined(reply)


def _listed(reply: Reply) -> Reply:
    """Return the same as Google sends it where `alt=sse` is missing."""
    events = reply.body.decode().split("\r\n\r\n")
    return json_reply([msgspec.json.decode(event[6:]) for event in events if event])


if __name__ == "__main__":
    with GoogleSimulator() as simulator:
        sys.stdout.write(f"{simulator.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()

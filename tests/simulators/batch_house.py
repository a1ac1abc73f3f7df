"""A local server that answers in batches, in the wires of OpenAI, Anthropic and Google.

One server for all of them: their paths do not meet. A request beyond the script does what its path
asks for; what becomes of the batches is told by the fields of `BatchHouse`.
"""

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.replies import Reply, failure, json_reply, raw
from tests.simulators.server import Request, Simulator

MADE_AT = "2026-01-01T00:00:00Z"


@dataclass
class Held:
    """One batch, as the provider has it."""

    id: str
    wire: str
    requests: list[tuple[str, str, dict[str, Any]]]
    """Number, question, and the whole request."""
    about: dict[str, Any]
    cancelled: bool = False


@dataclass
class Fate:
    """What becomes of single requests, by their place."""

    failing: Mapping[int, str] = field(default_factory=dict[int, str])
    """`error`, `canceled` or `expired`."""
    missing: frozenset[int] = frozenset()
    backwards: bool = False
    twice: bool = False


class BatchHouse(Simulator):
    """`with BatchHouse() as house:` then `house.address`, `house.held`, `house.states`."""

    def __init__(self) -> None:
        super().__init__(self._as_asked)
        self.held: dict[str, Held] = {}
        self.files: dict[str, bytes] = {}
        self.states: deque[str] = deque()
        """What the next looks see: `running`, `failed`, `expired`, `cancelled`; then: ended."""
        self.fate = Fate()
        self.looked = threading.Event()
        """Somebody has asked after a batch."""
        self.deleted: list[str] = []
        self._numbers = iter(range(1, 10_000))
        self._routes: list[tuple[str, str, Callable[[Request, re.Match[str]], Reply]]] = [
            ("POST", r"/v1/files", self._upload_form),
            ("DELETE", r"/v1/files/([\w-]+)", self._delete),
            ("GET", r"/v1/files/([\w-]+)/content", self._openai_results),
            ("POST", r"/v1/batches", self._openai_begin),
            ("GET", r"/v1/batches", self._openai_list),
            ("GET", r"/v1/batches/([\w-]+)", self._openai_look),
            ("POST", r"/v1/batches/([\w-]+)/cancel", self._openai_cancel),
            ("POST", r"/v1/messages/batches", self._anthropic_begin),
            ("GET", r"/v1/messages/batches", self._anthropic_list),
            ("GET", r"/v1/messages/batches/([\w-]+)", self._anthropic_look),
            ("GET", r"/v1/messages/batches/([\w-]+)/results", self._anthropic_results),
            ("POST", r"/v1/messages/batches/([\w-]+)/cancel", self._anthropic_cancel),
            ("DELETE", r"/v1/messages/batches/([\w-]+)", self._delete),
            ("POST", r"/upload/v1beta/files", self._google_upload),
            ("POST", r"/v1beta/models/([\w.-]+):batchGenerateContent", self._google_begin),
            ("GET", r"/v1beta/batches", self._google_list),
            ("GET", r"/v1beta/(batches/[\w-]+)", self._google_look),
            ("POST", r"/v1beta/(batches/[\w-]+):cancel", self._google_cancel),
            ("DELETE", r"/v1beta/((?:batches|files)/[\w-]+)", self._delete),
            ("GET", r"/download/v1beta/(files/[\w-]+):download", self._google_results),
        ]

    @property
    def only(self) -> Held:
        """The one batch there is."""
        [held] = self.held.values()
        return held

    def begin_anew(self) -> None:
        """Forget all that was sent and scripted."""
        for kept in (self.held, self.files, self.states, self._script, self.requests, self.deleted):
            kept.clear()
        self.fate = Fate()

    def as_asked(self, request: Request) -> Reply:
        """Return what the path asks for: an answer that a script may hold."""
        return self._as_asked(request)

    def _as_asked(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        for method, pattern, answer in self._routes:
            found = re.fullmatch(pattern, path)
            if found is not None and request.method == method:
                return answer(request, found)
        return failure(404, f"No such path: {request.method} {path}", "not_found")

    def _state(self) -> str:
        self.looked.set()
        return self.states.popleft() if self.states else "ended"

    def _hold(self, wire: str, name: str, found: list[Any], about: dict[str, Any]) -> Held:
        held = self.held[name] = Held(name, wire, found, about)
        return held

    def _delete(self, _: Request, found: re.Match[str]) -> Reply:
        self.deleted.append(found[1])
        return json_reply({"id": found[1], "deleted": True})

    def _answered(self, held: Held) -> list[tuple[int, str, str, dict[str, Any]]]:
        """Return place, number, question and request of what has a result, as it comes."""
        places = [
            (place, number, question, sent)
            for place, (number, question, sent) in enumerate(held.requests)
            if place not in self.fate.missing
        ]
        if self.fate.backwards:
            places.reverse()
        return places * 2 if self.fate.twice else places

    # OpenAI

    def _upload_form(self, request: Request, _: re.Match[str]) -> Reply:
        name = f"file-{next(self._numbers)}"
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        purpose, file = request.body.split(b"--" + boundary)[1:3]
        assert purpose.endswith(b"\r\n\r\nbatch\r\n")
        self.files[name] = file.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        return json_reply({"id": name, "object": "file", "purpose": "batch"})

    def _openai_begin(self, request: Request, _: re.Match[str]) -> Reply:
        file = request.json["input_file_id"]
        lines = [json.loads(line) for line in self.files[file].splitlines() if line]
        requests = [
            (line["custom_id"], _openai_question(line["body"]), line["body"]) for line in lines
        ]
        assert {line["url"] for line in lines} == {request.json["endpoint"]}
        held = self._hold("openai", f"batch_{next(self._numbers)}", requests, request.json)
        return json_reply(self._openai(held, "validating"))

    def _openai(self, held: Held, status: str) -> dict[str, Any]:
        ended = status in ("completed", "expired", "cancelled")
        total = len(held.requests)
        errors = {"data": [{"code": "invalid_json", "message": "secret prompt", "line": 2}]}
        return {
            "id": held.id,
            "object": "batch",
            "status": status,
            "created_at": 1767225600,
            "input_file_id": held.about["input_file_id"],
            "metadata": held.about.get("metadata"),
            "output_file_id": f"out-{held.id}" if ended else None,
            "error_file_id": f"err-{held.id}" if ended and self.fate.failing else None,
            "request_counts": {"total": total, "completed": 1 if total > 1 else 0, "failed": 0},
            "errors": errors if status == "failed" else None,
        }

    def _openai_list(self, _: Request, __: re.Match[str]) -> Reply:
        held = [each for each in reversed(self.held.values()) if each.wire == "openai"]
        found = [self._openai(each, "in_progress") for each in held]
        return json_reply({"object": "list", "data": found, "has_more": False})

    def _openai_look(self, _: Request, found: re.Match[str]) -> Reply:
        held = self.held[found[1]]
        state = self._state()
        if held.cancelled:
            state = {"running": "cancelling"}.get(state, "cancelled")
        return json_reply(
            self._openai(held, {"running": "in_progress", "ended": "completed"}.get(state, state))
        )

    def _openai_cancel(self, _: Request, found: re.Match[str]) -> Reply:
        held = self.held[found[1]]
        held.cancelled = True
        return json_reply(self._openai(held, "cancelling"))

    def _openai_results(self, _: Request, found: re.Match[str]) -> Reply:
        kind, name = found[1].split("-", 1)
        lines: list[dict[str, Any]] = []
        for place, number, question, sent in self._answered(self.held[name]):
            failing = self.fate.failing.get(place)
            if (failing is None) is (kind == "out"):
                lines.append(_openai_line(number, question, sent, failing))
        return raw(_jsonl(lines), "application/octet-stream")

    # Anthropic

    def _anthropic_begin(self, request: Request, _: re.Match[str]) -> Reply:
        requests = [
            (
                one["custom_id"],
                one["params"]["messages"][-1]["content"][-1]["text"],
                one["params"],
            )
            for one in request.json["requests"]
        ]
        held = self._hold("anthropic", f"msgbatch_{next(self._numbers)}", requests, {})
        return json_reply(self._anthropic(held, "running"))

    def _anthropic(self, held: Held, state: str) -> dict[str, Any]:
        ended = state != "running"
        total = len(held.requests)
        fates = list(self.fate.failing.values())
        dropped = total if state in ("expired", "cancelled") else 0
        counts = {
            "processing": 0 if ended else total,
            "succeeded": total - len(fates) if ended and not dropped else 0,
            "errored": fates.count("error") if ended and not dropped else 0,
            "canceled": total if state == "cancelled" else fates.count("canceled") * ended,
            "expired": total if state == "expired" else fates.count("expired") * ended,
        }
        running = "canceling" if held.cancelled else "in_progress"
        return {
            "id": held.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else running,
            "request_counts": counts,
            "created_at": MADE_AT,
            "cancel_initiated_at": MADE_AT if held.cancelled or state == "cancelled" else None,
            "results_url": "https://elsewhere.example/results" if ended else None,
        }

    def _anthropic_list(self, _: Request, __: re.Match[str]) -> Reply:
        held = [each for each in reversed(self.held.values()) if each.wire == "anthropic"]
        found = [self._anthropic(each, "running") for each in held]
        return json_reply({"data": found, "has_more": False})

    def _anthropic_look(self, _: Request, found: re.Match[str]) -> Reply:
        return json_reply(self._anthropic(self.held[found[1]], self._state()))

    def _anthropic_cancel(self, _: Request, found: re.Match[str]) -> Reply:
        held = self.held[found[1]]
        held.cancelled = True
        return json_reply(self._anthropic(held, "running"))

    def _anthropic_results(self, _: Request, found: re.Match[str]) -> Reply:
        lines = [
            {
                "custom_id": number,
                "result": _anthropic_result(question, self.fate.failing.get(place)),
            }
            for place, number, question, _ in self._answered(self.held[found[1]])
        ]
        return raw(_jsonl(lines), "application/x-jsonl")

    # Google

    def _google_upload(self, request: Request, _: re.Match[str]) -> Reply:
        if request.headers["x-goog-upload-command"] == "start":
            place = f"https://elsewhere.example/upload/v1beta/files?upload_id={len(self.files)}"
            return json_reply({}, x_goog_upload_url=place)
        name = f"files/in{next(self._numbers)}"
        self.files[name] = request.body
        return json_reply({"file": {"name": name}})

    def _google_begin(self, request: Request, _: re.Match[str]) -> Reply:
        batch = request.json["batch"]
        inputs = batch["inputConfig"]
        if "fileName" in inputs:
            found = [json.loads(line) for line in self.files[inputs["fileName"]].splitlines()]
            sent = [(line["key"], line["request"]) for line in found]
        else:
            found = inputs["requests"]["requests"]
            sent = [(one["metadata"]["key"], one["request"]) for one in found]
        requests = [(key, one["contents"][-1]["parts"][-1]["text"], one) for key, one in sent]
        about = {"displayName": batch["displayName"], "inputConfig": inputs}
        held = self._hold("google", f"batches/b{next(self._numbers)}", requests, about)
        return json_reply(self._google(held, "PENDING"))

    def _google(self, held: Held, state: str) -> dict[str, Any]:
        about = {
            "displayName": held.about["displayName"],
            "state": f"BATCH_STATE_{state}",
            "batchStats": {"requestCount": str(len(held.requests)), "successfulRequestCount": "1"},
        }
        if "fileName" in held.about["inputConfig"]:
            about["inputConfig"] = held.about["inputConfig"]
        found: dict[str, Any] = {"name": held.id, "metadata": about}
        if state == "SUCCEEDED":
            found["done"] = True
            found["response"] = self._google_answers(held)
        return found

    def _google_answers(self, held: Held) -> dict[str, Any]:
        if "fileName" in held.about["inputConfig"]:
            return {"responsesFile": held.id.replace("batches/b", "files/out")}
        answers = [
            {**_google_answer(question, self.fate.failing.get(place)), "metadata": {"key": number}}
            for place, number, question, _ in self._answered(held)
        ]
        return {"inlinedResponses": {"inlinedResponses": answers}}

    def _google_list(self, _: Request, __: re.Match[str]) -> Reply:
        held = [each for each in self.held.values() if each.wire == "google"]
        return json_reply({"operations": [self._google(each, "RUNNING") for each in held]})

    def _google_look(self, _: Request, found: re.Match[str]) -> Reply:
        held = self.held[found[1]]
        state = self._state()
        if held.cancelled:
            state = {"running": "cancelling"}.get(state, "cancelled")
        words = {"ended": "SUCCEEDED"}
        return json_reply(self._google(held, words.get(state, state.upper())))

    def _google_cancel(self, _: Request, found: re.Match[str]) -> Reply:
        self.held[found[1]].cancelled = True
        return json_reply({})

    def _google_results(self, _: Request, found: re.Match[str]) -> Reply:
        held = self.held[found[1].replace("files/out", "batches/b")]
        lines = [
            {"key": number, **_google_answer(question, self.fate.failing.get(place))}
            for place, number, question, _ in self._answered(held)
        ]
        return raw(_jsonl(lines), "application/jsonl")


def answer_to(question: str) -> str:
    """Return what every provider here says."""
    return f"The answer to: {question}"


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _openai_question(body: dict[str, Any]) -> str:
    if "messages" in body:
        content = body["messages"][-1]["content"]
        return content if isinstance(content, str) else content[-1]["text"]
    return body["input"][-1]["content"][-1]["text"]


def _openai_line(
    number: str, question: str, sent: dict[str, Any], failing: str | None
) -> dict[str, Any]:
    line: dict[str, Any] = {"id": f"req-{number}", "custom_id": number, "error": None}
    if failing in ("canceled", "expired"):
        code = {"canceled": "batch_cancelled", "expired": "batch_expired"}[failing]
        return {**line, "response": None, "error": {"code": code, "message": "Too late"}}
    if failing:
        error = {"message": "No such thing", "type": "invalid_request_error", "code": None}
        return {**line, "response": {"status_code": 400, "body": {"error": error}}}
    body: dict[str, Any]
    if "messages" in sent:
        message = {"role": "assistant", "content": answer_to(question)}
        body = {
            "object": "chat.completion",
            "model": f"{sent['model']}-2026",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }
    else:
        content = [{"type": "output_text", "text": answer_to(question), "annotations": []}]
        body = {
            "object": "response",
            "status": "completed",
            "model": f"{sent['model']}-2026",
            "output": [{"type": "message", "role": "assistant", "content": content}],
            "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
        }
    return {**line, "response": {"status_code": 200, "body": body}}


def _anthropic_result(question: str, failing: str | None) -> dict[str, Any]:
    if failing in ("canceled", "expired"):
        return {"type": failing}
    if failing:
        error = {"type": "invalid_request_error", "message": "No such thing"}
        return {"type": "errored", "error": {"type": "error", "error": error}}
    message = {
        "type": "message",
        "model": "claude-2026",
        "content": [{"type": "text", "text": answer_to(question)}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 100, "output_tokens": 10},
    }
    return {"type": "succeeded", "message": message}


def _google_answer(question: str, failing: str | None) -> dict[str, Any]:
    if failing:
        return {"error": {"code": 400, "message": "No such thing", "status": "INVALID_ARGUMENT"}}
    content = {"parts": [{"text": answer_to(question)}], "role": "model"}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
    candidates = [{"content": content, "finishReason": "STOP", "index": 0}]
    answer = {"candidates": candidates, "usageMetadata": usage, "modelVersion": "gemini-2026"}
    return {"response": answer}

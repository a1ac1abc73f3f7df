"""A local server that speaks OpenAI's HTTP interface, with scripted faults.

Tests hold it in a `with` block and script one answer a request; a request beyond the script gets
what it asks for in words: `tokens=500 pace_ms=20` anywhere in the question, else a greeting. So the
same server, started by `python -m tests.simulators.openai`, feeds load tests and benchmarks from
another process.
"""

import re
import sys
import threading
from functools import lru_cache

from tests.simulators.openai_wire import chat_body, chat_stream, models_body, responses_stream
from tests.simulators.replies import Reply, failure, joined, paced
from tests.simulators.server import Request, Simulator


class OpenAISimulator(Simulator):
    """`with OpenAISimulator() as sim:` then `sim.base_url`, `sim.script(…)`, `sim.requests`."""

    def __init__(self, models: tuple[str, ...] = ("gpt-4o-mini", "Llama-3:8B")) -> None:
        self._models = models
        super().__init__(self._as_asked)
        self.base_url = f"{self.address}/v1"

    def _as_asked(self, request: Request) -> Reply:
        match request.method, request.path.partition("?")[0]:
            case "GET", "/v1/models":
                return models_body(*self._models)
            case "POST", path if path.endswith("/chat/completions"):
                return _wanted(request, "chat")  # Under whichever prefix a provider has it.
            case "POST", "/v1/responses":
                return _wanted(request, "responses")
            case _:
                return failure(404, f"No such path: {request.path}")


def _wanted(request: Request, wire: str) -> Reply:
    if wire == "chat" and not request.json.get("stream"):
        return chat_body()
    tokens = re.search(rb"tokens=(\d+)", request.body)
    pace_ms = re.search(rb"pace_ms=(\d+)", request.body)
    return _stream(wire, int(tokens[1]) if tokens else 0, int(pace_ms[1]) if pace_ms else 0)


@lru_cache
def _stream(wire: str, tokens: int, pace_ms: int) -> Reply:
    stream = chat_stream if wire == "chat" else responses_stream
    reply = stream([f"word{number % 100} " for number in range(tokens)]) if tokens else stream()
    return paced(reply, pace_ms / 1000) if pace_ms else joined(reply)


if __name__ == "__main__":
    with OpenAISimulator() as simulator:
        sys.stdout.write(f"{simulator.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()

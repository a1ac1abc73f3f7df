"""A local server that speaks Anthropic's Messages interface, with scripted faults.

As with the OpenAI simulator, a request beyond the script gets what it asks for in words:
`tokens=500 pace_ms=20` anywhere in the question, else a greeting; and
`python -m tests.simulators.anthropic` serves to another process.
"""

import re
import sys
import threading
from functools import lru_cache

from tests.simulators.anthropic_wire import (
    MODEL,
    message_body,
    message_stream,
    models_body,
    refusal,
)
from tests.simulators.replies import Reply, joined, paced
from tests.simulators.server import Request, Simulator


class AnthropicSimulator(Simulator):
    """`with AnthropicSimulator() as sim:` then `sim.base_url`, `sim.script(…)`, `sim.requests`."""

    def __init__(self) -> None:
        super().__init__(_as_asked)
        self.base_url = self.address


def _as_asked(request: Request) -> Reply:
    match request.method, request.path.partition("?")[0]:
        case "GET", "/v1/models":
            return models_body(MODEL, "claude-opus-4-6")
        case "POST", "/v1/messages":
            return _wanted(request)
        case _:
            return refusal(404, f"No such path: {request.path}")


def _wanted(request: Request) -> Reply:
    if not request.json.get("stream"):
        return message_body()
    tokens = re.search(rb"tokens=(\d+)", request.body)
    pace_ms = re.search(rb"pace_ms=(\d+)", request.body)
    return _stream(int(tokens[1]) if tokens else 0, int(pace_ms[1]) if pace_ms else 0)


@lru_cache
def _stream(tokens: int, pace_ms: int) -> Reply:
    words = [f"word{number % 100} " for number in range(tokens)]
    reply = message_stream(words) if tokens else message_stream()
    return paced(reply, pace_ms / 1000) if pace_ms else joined(reply)


if __name__ == "__main__":
    with AnthropicSimulator() as simulator:
        sys.stdout.write(f"{simulator.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()

"""Gives every call its result: servers refuse a conversation in which one is missing.

(OpenAI: "must be followed by tool messages responding to each 'tool_call_id'".) Clients report
calls that nobody awaited, and cut histories between a call and its result.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.transport.tool_arguments import NO_RESULT, told_as_text

WireMessage = dict[str, Any]


def paired(messages: Iterable[WireMessage]) -> Iterator[WireMessage]:
    """Yield the messages, the results of each call following the message that made it.

    A call without a result gets one that says so; a result without its call becomes text.
    """
    called: list[str] = []
    for message in messages:
        if message["role"] != "tool":
            yield from map(_unknown, called)
            called = [call["id"] for call in message.get("tool_calls", ())]
            yield message
        elif message["tool_call_id"] in called:
            called.remove(message["tool_call_id"])
            yield message
        else:
            yield from map(_unknown, called)
            called = []
            yield {"role": "user", "content": told_as_text(message["content"])}
    yield from map(_unknown, called)


def _unknown(call: str) -> WireMessage:
    return {"role": "tool", "tool_call_id": call, "content": NO_RESULT}

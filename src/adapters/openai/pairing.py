"""Gives every call its output: OpenAI refuses an input in which one is missing.

Clients report calls that nobody awaited, and cut histories between a call and its result.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.transport.tool_arguments import NO_RESULT, told_as_text

Item = Mapping[str, Any]
_CALL, _OUTPUT = "function_call", "function_call_output"


def paired(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, none of the calls among them being without an output somewhere behind it.

    A call without an output gets one that says so; an output without its call becomes text.
    """
    given = [*items]
    answered = {item["call_id"] for item in given if item.get("type") == _OUTPUT}
    called: set[str] = set()
    for item in given:
        kind = item.get("type")
        if kind == _OUTPUT and item["call_id"] not in called:
            text = {"type": "input_text", "text": told_as_text(item["output"])}
            yield {"role": "user", "content": [text]}
            continue
        yield item
        if kind == _CALL:
            called.add(item["call_id"])
            if item["call_id"] not in answered:
                yield {"type": _OUTPUT, "call_id": item["call_id"], "output": NO_RESULT}

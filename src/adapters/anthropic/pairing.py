"""Gives every tool call its result: Anthropic refuses a conversation in which one is missing.

Clients report calls that nobody awaited, and cut histories between a call and its result.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.transport.tool_arguments import NO_RESULT, told_as_text

Block = dict[str, Any]
WireMessage = dict[str, Any]


def paired(messages: Iterable[WireMessage]) -> Iterator[WireMessage]:
    """Yield the messages, the results of each call being first in the message after it.

    A call without a result gets one that says so; a result without its call becomes text.
    """
    called: list[str] = []
    for message in messages:
        blocks: list[Block] = message["content"]
        if called and message["role"] == "assistant":
            yield {"role": "user", "content": [_unknown(call) for call in called]}
            called = []
        if message["role"] == "user":
            blocks = _answering(called, blocks)
            called = []
        else:
            called = [block["id"] for block in blocks if block.get("type") == "tool_use"]
        yield message | {"content": blocks}
    if called:
        yield {"role": "user", "content": [_unknown(call) for call in called]}


def _answering(called: list[str], blocks: list[Block]) -> list[Block]:
    given = {block["tool_use_id"]: block for block in blocks if block.get("type") == "tool_result"}
    results = [given.pop(call, None) or _unknown(call) for call in called]
    rest = [
        _as_text(block) if block.get("type") == "tool_result" else block
        for block in blocks
        if block.get("type") != "tool_result" or block["tool_use_id"] in given
    ]
    return [*results, *rest]


def _unknown(call: str) -> Block:
    return {"type": "tool_result", "tool_use_id": call, "content": NO_RESULT, "is_error": True}


def _as_text(result: Block) -> Block:
    return {"type": "text", "text": told_as_text(result["content"])}

"""Makes user and assistant take turns, for servers that insist (contract: text-providers §5)."""

from typing import Any

_NOT_LAST = ("system", "assistant")


def alternating(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages with neighbours of equal role merged; nothing is reordered or lost.

    An assistant's greeting before the first question gets a minimal question before it, an answer
    at the end one after it. Nothing is merged with what stands on the other side of a tool call or
    its result.
    """
    merged: list[dict[str, Any]] = []
    for message in messages:
        if merged and _mergeable(merged[-1], message):
            content = _joined(merged[-1]["content"], message["content"])
            merged[-1] = {**merged[-1], **message, "content": content}
        else:
            merged.append(message)
    start = next((at for at, message in enumerate(merged) if message["role"] != "system"), 0)
    if merged and merged[start]["role"] == "assistant":
        merged.insert(start, {"role": "user", "content": "Hello."})
    if merged and merged[-1]["role"] in _NOT_LAST:
        merged.append({"role": "user", "content": "Go on."})
    return merged


def _mergeable(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    same = earlier["role"] == later["role"] != "tool"
    return same and not earlier.get("tool_calls")


def _joined(earlier: Any, later: Any) -> Any:
    if not earlier or not later:
        return earlier or later
    if isinstance(earlier, str) and isinstance(later, str):
        return f"{earlier}\n\n{later}"
    return [*_as_list(earlier), *_as_list(later)]


def _as_list(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content

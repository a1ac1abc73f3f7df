"""Prompt → body of a Messages request (contract: text-providers §3-6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.anthropic.messages import conversation, rounds, system_text
from adapters.anthropic.pairing import paired
from adapters.anthropic.tools import offered_tools
from domain.catalog.card import Capability
from domain.turn.prompt import Prompt

_LEAST_BUDGET = 1024
_INTERLEAVED = "interleaved-thinking-2025-05-14"
_CACHE_MARK = {"cache_control": {"type": "ephemeral"}}


def messages_request(prompt: Prompt) -> dict[str, Any]:
    """Return the body, `stream` included.

    Raises:
        ModelCannot: the prompt holds something this wire cannot carry.
        InvalidRequest: an attachment's data URL is none.
    """
    body: dict[str, Any] = {
        "model": prompt.card.model,
        "max_tokens": prompt.max_tokens or prompt.card.output_tokens,
        "messages": _messages(prompt),
        "stream": True,
    }
    tools = offered_tools(prompt)
    if system := system_text(prompt):
        body["system"] = [{"type": "text", "text": system} | _CACHE_MARK]
    elif tools:
        # The prefix begins with the tools, so a mark on the system prompt covers them too.
        tools[-1] |= _CACHE_MARK
    if tools:
        body["tools"] = tools
        if not prompt.may_call:
            # Where tools were called before, they must still be declared.
            body["tool_choice"] = {"type": "none"}
    return body | dict(_thinking(prompt, body["max_tokens"])) | dict(_temperature(prompt))


def request_headers(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers the body needs.

    With a budget, models think between their tool calls only where they are asked to; those that
    do so anyway pass the header over (Anthropic's "Extended thinking" page, seen 2026-11).
    """
    if body.get("tools") and body.get("thinking", {}).get("type") == "enabled":
        return {"anthropic-beta": _INTERLEAVED}
    return {}


def _thinking(prompt: Prompt, max_tokens: int) -> Iterator[tuple[str, Any]]:
    effort = prompt.effort
    if isinstance(effort, int):
        budget = max(effort, _LEAST_BUDGET)
        yield "thinking", {"type": "enabled", "budget_tokens": budget}
        yield "max_tokens", budget + max_tokens
    elif effort is not None:
        # Models whose card names efforts in words think as much as they see fit.
        yield "thinking", {"type": "adaptive"}
        yield "output_config", {"effort": effort}


def _temperature(prompt: Prompt) -> Iterator[tuple[str, float]]:
    if not prompt.card.able_to(Capability.TEMPERATURE):
        return
    if prompt.effort is not None:
        yield "temperature", 1.0  # Thinking allows no other.
    elif prompt.temperature is not None:
        yield "temperature", min(max(prompt.temperature, 0.0), prompt.card.max_temperature)


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the messages, marked where the next question's prefix ends.

    That is the end of this turn's question, and of the last results the model got since: what
    stands before them is sent again, word for word, by the next round and the next turn.
    """
    asked = [*paired(map(_as_blocks, conversation(prompt)))]
    since = [*paired(map(_as_blocks, rounds(prompt)))]
    for part in (asked, since):
        last = next((message for message in reversed(part) if message["role"] == "user"), None)
        if last is not None:
            last["content"][-1] |= _CACHE_MARK
    return [*asked, *since]


def _as_blocks(message: dict[str, Any]) -> dict[str, Any]:
    content = message["content"]
    if isinstance(content, str):
        return message | {"content": [{"type": "text", "text": content}]}
    return message

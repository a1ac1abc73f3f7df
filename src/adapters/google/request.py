"""Prompt → body of a generateContent request (contract: text-providers §3-6)."""

from collections.abc import Iterator
from typing import Any

from adapters.google.contents import conversation, rounds, system_text
from adapters.google.pairing import paired
from adapters.google.tools import offered_tools
from domain.catalog.card import Capability
from domain.turn.prompt import Prompt

_DYNAMIC = -1
_DYNAMIC_ROOM = 8192
"""For the thoughts of a model that thinks as it sees fit; it makes do with what there is."""
_MOST_OUTPUT = 65_535


def generate_request(prompt: Prompt) -> dict[str, Any]:
    """Return the body; the model's name is no part of it.

    Raises:
        ModelCannot: the prompt holds something this wire cannot carry.
        InvalidRequest: an attachment's data URL is none, or a tool's settings make no sense.
    """
    body: dict[str, Any] = {
        "contents": [*paired(conversation(prompt)), *paired(rounds(prompt))],
        "generationConfig": dict(_generation(prompt)),
    }
    if system := system_text(prompt):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if tools := offered_tools(prompt, body["contents"]):
        body["tools"] = tools
    return body


def _generation(prompt: Prompt) -> Iterator[tuple[str, Any]]:
    yield "maxOutputTokens", _max_tokens(prompt)
    if prompt.temperature is not None and prompt.card.able_to(Capability.TEMPERATURE):
        yield "temperature", min(max(prompt.temperature, 0.0), prompt.card.max_temperature)
    if thinking := _thinking(prompt):
        yield "thinkingConfig", thinking


def _thinking(prompt: Prompt) -> dict[str, Any]:
    """Return how much to think; nothing for models that cannot, which refuse to be told."""
    if not prompt.card.able_to(Capability.REASONING):
        return {}
    effort = prompt.effort
    if isinstance(effort, int):
        return {"thinkingBudget": effort, "includeThoughts": True}
    if effort is not None:
        return {"thinkingLevel": effort, "includeThoughts": True}
    if any(isinstance(known, str) for known in prompt.card.efforts):
        return {}  # Levels have no word for none.
    return {"thinkingBudget": _DYNAMIC if prompt.card.thinks else 0}


def _max_tokens(prompt: Prompt) -> int:
    """Return the limit of the answer, and room for the thoughts, which count as output too.

    Without that room an answer may end before its first word.
    """
    wanted = prompt.max_tokens or prompt.card.output_tokens
    if isinstance(prompt.effort, int):
        room = prompt.effort
    else:
        room = _DYNAMIC_ROOM if prompt.effort is not None or prompt.card.thinks else 0
    return max(wanted, min(wanted + room, _MOST_OUTPUT))

"""The arguments of a tool call, whatever the model wrote there."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from adapters.transport.not_json import NOT_JSON

NO_RESULT = "No result of this call is known."
"""In the place of a result that a conversation lacks."""


def read_arguments(text: str) -> Mapping[str, Any]:
    """Return the JSON object in the text; `{}` for none.

    Text that is no JSON comes back as `{"raw": text}`, JSON that is no object as `{"value": …}`:
    the tool, or whoever reads the transcript, still sees what the model wrote.
    """
    if not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text)
    except NOT_JSON:
        return {"raw": text}
    if value is None:
        return {}
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {"value": value}


def written_arguments(arguments: Mapping[str, Any]) -> str:
    """Return the arguments as the JSON text in which providers take them back."""
    return msgspec.json.encode(arguments).decode()


def written_result(result: object) -> str:
    """Return a tool's result as text: text as it is, anything else as JSON, nothing as `{}`."""
    if isinstance(result, str):
        return result
    if result is None:
        return "{}"
    return msgspec.json.encode(result, enc_hook=str).decode()


def told_as_text(result: str) -> str:
    """Return a result as words, where the call to which it belongs is not known."""
    return f"[the result of a tool: {result}]"

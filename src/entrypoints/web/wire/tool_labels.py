"""The one line a client shows while a tool is used."""

from collections.abc import Mapping
from typing import Any, cast

from entrypoints.web.wire.json_safe import encode

_EMOJI: Mapping[str, str] = {
    "web_search": "🔍",
    "google_search": "🌐",
    "google_search_retrieval": "🌐",
    "code_interpreter": "💻",
    "code_execution": "⚡",
    "bash_execution": "⚙️",
    "function_call": "🧩",
}
_SEARCHES = frozenset({"web_search", "google_search", "google_search_retrieval"})
_CODE = frozenset({"code_interpreter", "code_execution", "bash_execution"})
_LONGEST = 100
_ARGUMENT_LENGTH = 20
_ARGUMENTS = 3


def display_text(name: str, arguments: Mapping[str, Any]) -> str:
    """Return `🔍 web_search: tides`: emoji, name, and a snippet of at most 100 characters."""
    label = f"{_EMOJI.get(name, '🛠️')} {name}"
    snippet = _snippet(name, arguments)
    if not snippet:
        return label
    return f"{label}: {snippet[:_LONGEST]}{'…' if len(snippet) > _LONGEST else ''}"


def _snippet(name: str, arguments: Mapping[str, Any]) -> str:
    if not arguments:
        return ""
    if name in _SEARCHES:
        return _first(arguments, "query", "search_query", "q")
    if name in _CODE:
        return _first(arguments, "code", "input", "instructions").strip().partition("\n")[0]
    if name == "function_call":
        return _call(arguments)
    return encode(arguments).decode()


def _first(arguments: Mapping[str, Any], *names: str) -> str:
    return next((str(arguments[name]) for name in names if arguments.get(name)), "")


def _call(arguments: Mapping[str, Any]) -> str:
    inner = arguments.get("arguments")
    shown = cast("Mapping[str, Any]", inner if isinstance(inner, dict) else {})
    pairs = [
        f"{key}={str(value)[:_ARGUMENT_LENGTH]}" for key, value in list(shown.items())[:_ARGUMENTS]
    ]
    return f"{arguments.get('name', 'call')}({', '.join(pairs)})"

"""The line a client shows while a tool is used."""

from collections.abc import Mapping
from typing import Any

import pytest

from entrypoints.web.wire.tool_labels import display_text


@pytest.mark.parametrize(
    ("name", "arguments", "label"),
    [
        ("web_search", {"query": "tides"}, "🔍 web_search: tides"),
        ("google_search", {"search_query": "tides"}, "🌐 google_search: tides"),
        ("google_search_retrieval", {"q": "tides"}, "🌐 google_search_retrieval: tides"),
        ("web_search", {}, "🔍 web_search"),
        ("web_search", {"other": 1}, "🔍 web_search"),
        ("code_interpreter", {"code": "x = 1\ny = 2"}, "💻 code_interpreter: x = 1"),
        ("code_execution", {"input": "x = 1"}, "⚡ code_execution: x = 1"),
        ("bash_execution", {"instructions": "ls"}, "⚙️ bash_execution: ls"),
        (
            "function_call",
            {"name": "f", "arguments": {"a": "x" * 30, "b": 2, "c": 3, "d": 4}},
            f"🧩 function_call: f(a={'x' * 20}, b=2, c=3)",
        ),
        ("function_call", {"arguments": "odd"}, "🧩 function_call: call()"),
        ("weather", {"city": "Riga"}, '🛠️ weather: {"city":"Riga"}'),
        ("web_search", {"query": "x" * 101}, f"🔍 web_search: {'x' * 100}…"),
        ("web_search", {"query": "x" * 100}, f"🔍 web_search: {'x' * 100}"),
    ],
)
def test_the_label(name: str, arguments: Mapping[str, Any], label: str) -> None:
    assert display_text(name, arguments) == label

"""The tools of a question, in Anthropic's shape (contract: text-providers §6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.transport.function_tools import as_function
from domain.catalog.card import Capability
from domain.given_tools import given_functions, given_tools
from domain.turn.prompt import Prompt

_WEB_SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}


def offered_tools(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the tools on offer: those of the request, or else web search, and then ours.

    Of tools with one name the last is offered: Anthropic refuses names that are not unique.
    """
    if not prompt.card.able_to(Capability.TOOLS):
        return []
    offered = [
        *_of_the_request(prompt.native_tools),
        *(_from_function(as_function(tool)) for tool in prompt.tools),
    ]
    return [*{tool.get("name"): tool for tool in offered}.values()]


def _of_the_request(native: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    listed = given_tools(native)
    if not listed and not native.get("disable_native_tools"):
        yield dict(_WEB_SEARCH)
    for tool in listed:
        if "input_schema" in tool or tool.get("type", "function") != "function":
            # It has Anthropic's shape already. Of cache marks only four may be in a request, and
            # ours cover the tools.
            yield {key: tool[key] for key in tool if key != "cache_control"}
        else:
            yield from map(_from_function, given_functions({"tools": [tool]}))


def _from_function(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    made = {
        "name": function.get("name"),
        # A schema without a type, which others take for an object, is refused.
        "input_schema": {"type": "object"} | dict(function.get("parameters") or {}),
    }
    if description := function.get("description"):
        made["description"] = description
    return made

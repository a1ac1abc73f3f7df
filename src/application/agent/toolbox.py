"""The tools of one turn."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from application.agent.tool import Tool, ToolContext
from domain.errors import InvalidRequest
from domain.turn.events import ToolCalled

_MISSING = "Object missing required field `"
_BLANK = r"matching regex '\\S'"
_RAW, _VALUE = "raw", "value"
"""Under these an adapter hands over arguments that are no JSON, or no object."""


class Toolbox(Struct, frozen=True, kw_only=True):
    """What the model may call in this turn, and what those tools may touch."""

    profile: str
    tools: Mapping[str, Tool]
    """By name, in the order in which they are offered."""
    aliases: Mapping[str, str]
    clients: frozenset[str]
    """Functions that the client has declared and runs itself."""
    context: ToolContext
    spent_usd: Callable[[], float | None]
    """What the turn has cost so far, where that is known."""

    def find(self, name: str) -> Tool | None:
        """Return the tool of that name or alias."""
        return self.tools.get(self.aliases.get(name, name))

    def left_to_client(self, call: ToolCalled) -> bool:
        """Return whether the client has to run the call: a tool of ours comes before its own."""
        return call.name in self.clients and self.find(call.name) is None


def is_garbled(tool: Tool | None, call: ToolCalled) -> bool:
    """Return whether the model wrote something that is no JSON object at all."""
    declared: Mapping[str, Any] = {}
    if tool is not None:
        declared = tool.spec.parameters.get("properties", {})
    return any([*call.arguments] == [key] and key not in declared for key in (_RAW, _VALUE))


def read_arguments(tool: Tool, call: ToolCalled) -> Any:
    """Return the arguments as the tool takes them; what it does not declare is dropped.

    Raises:
        InvalidRequest: they do not fit; the text names the field.
    """
    if is_garbled(tool, call):
        said = call.arguments.get(_RAW)
        why = "not valid JSON" if isinstance(said, str) else "not a JSON object"
        raise InvalidRequest(f"Invalid arguments: {why}")
    if tool.takes is None:
        return _as_declared(tool, call.arguments)
    try:
        return msgspec.convert(call.arguments, tool.takes, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error


def _as_declared(tool: Tool, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in tool.spec.parameters.get("required", ()):
        if name not in arguments:
            raise InvalidRequest(f"Missing required parameter: {name}", name)
    declared = tool.spec.parameters.get("properties", {})
    if (
        tool.spec.parameters.get("additionalProperties")
        or "patternProperties" in tool.spec.parameters
    ):
        return arguments  # Names of the model's own choosing are declared, too.
    return {name: value for name, value in arguments.items() if name in declared}


def _invalid(said: str) -> InvalidRequest:
    """Return the contract's words for what is wrong."""
    what, _, place = said.partition(" - at `$")
    path = place.strip("`. ")
    if what.startswith(_MISSING):
        field = f"{path}.{what[len(_MISSING) : -1]}".lstrip(".")
        return InvalidRequest(f"Missing required parameter: {field}", field)
    if what.endswith(_BLANK):
        what = "Must not be blank"
    return InvalidRequest(f"Invalid parameter {path or 'arguments'}: {what}", path or None)

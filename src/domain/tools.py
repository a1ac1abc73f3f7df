"""What a model is told about a tool it may call, and what the one who runs it has to know."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct


class ToolSpec(Struct, frozen=True):
    """A tool's name, purpose, and the JSON Schema of its arguments (an object)."""

    name: str
    purpose: str
    parameters: Mapping[str, Any]
    acts: bool = False
    """It changes something in the world: the user is asked before each call."""
    outside: bool = False
    """Its results are the words of strangers, who may try to give the model orders."""
    described_outside: bool = False
    """So are its purpose and the descriptions of its parameters."""
    together: bool = True
    """Several calls of it, and of others like it, may run at once."""
    limit_s: float | None = None
    """How long one call may take; None: as long as any."""


def parameters_of(arguments: type[Struct]) -> dict[str, Any]:
    """Return the JSON Schema of a tool's arguments, without references, as providers want it."""
    schema, parts = msgspec.json.schema_components([arguments], ref_template="{name}")
    inlined: dict[str, Any] = _inlined(schema[0], parts)
    inlined.pop("title", None)
    inlined.pop("description", None)  # The docstring is for those who read the code.
    return inlined | {"required": inlined.get("required", [])}


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    if isinstance(name := schema.get("$ref"), str):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return _inlined(parts[name], parts)
    return {key: _inlined(value, parts) for key, value in schema.items()}  # pyright: ignore[reportUnknownVariableType]

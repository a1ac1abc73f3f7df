"""What a model is told about a tool it may call."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class ToolSpec(Struct, frozen=True):
    """A tool's name, purpose, and the JSON Schema of its arguments (an object)."""

    name: str
    purpose: str
    parameters: Mapping[str, Any]

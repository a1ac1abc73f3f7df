"""JSON Schemas of strangers, made into what every provider of models takes."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

MOST_CHARS = 16_000
"""Of one schema, written out: models read it with every question."""
_DEEPEST = 24
_MOST_NODES = 3000
_PROPERTY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NOT_AT_ROOT = ("oneOf", "anyOf", "allOf", "not", "enum", "if")
_LEFT_OUT = frozenset({"$schema", "$id", "$comment", "$defs", "definitions"})
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas"})
_AS_IT_IS = frozenset({"const", "default", "enum", "examples", "required"})


class UnfitSchema(ValueError):
    """A schema that would make a provider refuse the whole question; the text says why."""


def fitting(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object, with what it refers to put in place.

    Raises:
        UnfitSchema: it is none, it is too large, or it refers to itself or to other documents.
    """
    for key in _NOT_AT_ROOT:
        if key in schema:
            raise UnfitSchema(f"{key} at the top of its schema is not understood everywhere")
    made = _Fitting(schema).object()
    if len(json.dumps(made)) > MOST_CHARS:
        raise UnfitSchema(f"its schema is longer than {MOST_CHARS} characters")
    return made


class _Fitting:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._nodes = 0

    def object(self) -> dict[str, Any]:
        made = self._one(self._root, ())
        whole: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        if isinstance(made, dict):
            whole |= cast("dict[str, Any]", made)
        if not isinstance(made, dict) or whole["type"] != "object":
            raise UnfitSchema("its schema is not that of an object")
        return whole

    def _one(self, schema: Any, through: tuple[str, ...], depth: int = 0) -> Any:
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            raise UnfitSchema("its schema has too many parts")
        if isinstance(schema, list):
            items = cast("list[Any]", schema)
            found: list[Any] = [self._one(each, through, depth + 1) for each in items]
            return found
        if not isinstance(schema, dict):
            return schema
        parts = cast("Mapping[str, Any]", schema)
        if "$ref" in parts or "$dynamicRef" in parts:
            return self._referred(parts, through, depth)
        return {
            key: self._under(key, value, through, depth)
            for key, value in parts.items()
            if key not in _LEFT_OUT
        }

    def _under(self, key: str, value: Any, through: tuple[str, ...], depth: int) -> Any:
        if key in _AS_IT_IS:
            return value
        if key in _BY_NAME and isinstance(value, Mapping):
            named = cast("Mapping[str, Any]", value)
            if key == "properties":
                _check_names(named)
            return {name: self._one(each, through, depth + 1) for name, each in named.items()}
        return self._one(value, through, depth + 1)

    def _referred(self, schema: Mapping[str, Any], through: tuple[str, ...], depth: int) -> Any:
        name = schema.get("$ref")
        if not isinstance(name, str) or not name.startswith("#/"):
            raise UnfitSchema("its schema refers to another document")
        if name in through:
            raise UnfitSchema("its schema refers to itself")
        found = self._one(self._find(name), (*through, name), depth + 1)
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if not beside or not isinstance(found, dict):
            return found
        return cast("dict[str, Any]", found) | self._one(beside, through, depth + 1)

    def _find(self, name: str) -> Any:
        place: Any = self._root
        for step in name[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(place, Mapping) or key not in place:
                raise UnfitSchema("its schema refers to a part that is not there")
            place = cast("Mapping[str, Any]", place)[key]
        return place


def _check_names(properties: Mapping[str, Any]) -> None:
    for name in properties:
        if not _PROPERTY.fullmatch(name):
            raise UnfitSchema(f"no provider takes a parameter of the name {name[:80]!r}")

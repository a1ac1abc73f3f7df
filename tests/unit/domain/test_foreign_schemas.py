"""Schemas of strangers: what every provider takes, or nothing."""

from typing import Any

import pytest

from domain.foreign_schemas import UnfitSchema, fitting

TEXT = {"type": "string"}


def test_what_is_referred_to_is_put_in_place() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/word", "description": "A word."},
            "definitions": TEXT,
        },
        "required": ["a"],
        "$defs": {"word": {"type": "string", "enum": ["$ref"]}},
    }
    assert fitting(schema) == {
        "type": "object",
        "properties": {
            "a": {"type": "string", "enum": ["$ref"], "description": "A word."},
            "definitions": TEXT,
        },
        "required": ["a"],
    }


def test_a_schema_that_says_nothing_takes_nothing() -> None:
    assert fitting({}) == {"type": "object", "properties": {}, "required": []}


def deep(levels: int) -> dict[str, Any]:
    return {"properties": {"a": deep(levels - 1)}} if levels else TEXT


def bomb(levels: int) -> dict[str, Any]:
    """Return a schema that doubles with each level."""
    parts: dict[str, Any] = {"p0": TEXT}
    for level in range(1, levels):
        below = {"$ref": f"#/$defs/p{level - 1}"}
        parts[f"p{level}"] = {"properties": {"a": below, "b": below}}
    return {"$defs": parts, "properties": {"a": {"$ref": f"#/$defs/p{levels - 1}"}}}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "string"}, "not that of an object"),
        ({"oneOf": [TEXT]}, "oneOf at the top"),
        ({"properties": {"a": {"$ref": "https://x.example/s.json"}}}, "another document"),
        ({"properties": {"a": {"$dynamicRef": "#a"}}}, "another document"),
        ({"properties": {"a": {"$ref": "#"}}}, "another document"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "not there"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "refers to itself"),
        ({"properties": {"a b": TEXT}}, "'a b'"),
        ({"properties": {"a": {"description": "x" * 16_000}}}, "longer than"),
        (deep(40), "too many parts"),
        (bomb(20), "too many parts"),
    ],
)
def test_what_a_provider_would_refuse_is_told(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(UnfitSchema, match=why):
        fitting(schema)

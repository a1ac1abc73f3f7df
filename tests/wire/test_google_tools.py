"""The tools of a question, in Google's shape."""

from typing import Any

import pytest
from msgspec import structs

from adapters.google.request import generate_request
from domain.catalog.card import Capability
from domain.errors import InvalidRequest
from domain.tools import ToolSpec
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Part
from tests.wire.test_google_request import CARD, GOOGLES, PDF, PNG, VIDEO, WAV, asked

FUNCTION = {"type": "function", "function": {"name": "f", "description": "F", "parameters": {}}}
FLAT = {"name": "g", "parameters": {"type": "object", "additionalProperties": False}}
DECLARED = {
    "functionDeclarations": [
        {"name": "f", "description": "F"},
        {"name": "g", "parametersJsonSchema": FLAT["parameters"]},
    ]
}
SEARCH, CODE = GOOGLES
OFF = {"googleSearchRetrieval": {"dynamicRetrievalConfig": {"mode": "MODE_OFF"}}}


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ({}, GOOGLES),
        ({"functions": []}, GOOGLES),
        ({"google_search": False}, [CODE]),
        ({"google_search": {"enabled": False}, "code_execution": False}, []),
        ({"google_search": None, "code_execution": {"enabled": True}}, [CODE]),
        ({"google_search": True, "url_context": True}, [SEARCH, CODE, {"urlContext": {}}]),
        (
            {"google_search": {"exclude_domains": ["a.example"]}, "code_execution": False},
            [{"googleSearch": {"excludeDomains": ["a.example"]}}],
        ),
        (
            {
                "google_search": {"time_range": {"start_time": "a", "endTime": "b"}},
                "code_execution": False,
            },
            [{"googleSearch": {"timeRangeFilter": {"startTime": "a", "endTime": "b"}}}],
        ),
        (
            {
                "google_search": {"dynamic_retrieval": {"dynamic_threshold": 0.3}},
                "code_execution": False,
            },
            [
                {
                    "googleSearchRetrieval": {
                        "dynamicRetrievalConfig": {
                            "mode": "MODE_DYNAMIC",
                            "dynamicThreshold": 0.3,
                        }
                    }
                }
            ],
        ),
        ({"functions": [FUNCTION, FLAT], "google_search": {"enabled": True}}, [DECLARED]),
        ({"tools": [FUNCTION, FLAT]}, [DECLARED]),
        ({"tools": [FUNCTION, {"urlContext": {}}, FLAT]}, [{"urlContext": {}}, DECLARED]),
        ({"tools": [{"googleMaps": {}}]}, [{"googleMaps": {}}]),
        ({"tools": [{"type": "function"}, {}, "nonsense"]}, GOOGLES),
        ({"tools": "nonsense"}, GOOGLES),
        ({"google_search": {"dynamic_retrieval": {"mode": "MODE_OFF"}}}, [OFF, CODE]),
    ],
)
def test_tools(native: dict[str, Any], expected: list[Any]) -> None:
    assert generate_request(asked(native_tools=native)).get("tools", []) == expected


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"time_range": "week"}, "time_range must be an object"),
        ({"time_range": {"start_time": "a"}}, "time_range needs end_time"),
        ({"dynamic_retrieval": 0.3}, "dynamic_retrieval must be an object"),
    ],
)
def test_settings_of_a_search_that_make_no_sense(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        generate_request(asked(native_tools={"google_search": settings}))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (ImagePart(PNG), GOOGLES),
        (FilePart("data:text/csv,a%2Cb"), GOOGLES),
        (FilePart(PDF), [SEARCH]),
        (AudioPart(WAV), [SEARCH]),
        (FilePart(VIDEO), [SEARCH]),
    ],
)
def test_code_runs_beside_nothing_that_it_cannot_take_in(part: Part, expected: list[Any]) -> None:
    assert generate_request(asked(part))["tools"] == expected
    native = {"code_execution": True}
    assert generate_request(asked(part, native_tools=native))["tools"] == GOOGLES


def test_our_tools_are_offered_alone_and_win_over_others_of_their_name() -> None:
    spec = ToolSpec("f", "Does it", {"type": "object", "properties": {}})
    ours = {"name": "f", "description": "Does it", "parametersJsonSchema": spec.parameters}
    body = generate_request(asked(tools=(spec,)))
    assert body["tools"] == [{"functionDeclarations": [ours]}]
    body = generate_request(asked(tools=(spec,), native_tools={"functions": [FUNCTION]}))
    assert body["tools"] == [{"functionDeclarations": [ours]}]
    mute = structs.replace(CARD["gemini-flash"], can=frozenset({Capability.TEMPERATURE}))
    assert "tools" not in generate_request(asked(card=mute, tools=(spec,)))

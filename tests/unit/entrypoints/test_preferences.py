"""`user_settings` → how the user wants to be answered."""

from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.turn.settings import TurnSettings
from entrypoints.web.wire.preferences import turn_settings


def of(**text: Any) -> TurnSettings:
    return turn_settings({"text": text})


def test_nothing_said_leaves_all_to_the_card() -> None:
    assert turn_settings({}) == TurnSettings()
    assert turn_settings({"text": None, "general": None, "tts": None}) == TurnSettings()


def test_the_model_of_the_settings_wins() -> None:
    assert turn_settings({"text": {"model": " gpt-4o "}}, "o3").model == "gpt-4o"
    assert turn_settings({"text": {"model": ""}}, "o3").model == "o3"


@pytest.mark.parametrize(
    ("value", "index"),
    [(0, 0), (0.0, 0), (2.0, 2), ("2", 2), (9, 9), ("high", 1), (None, 1), (True, 1), ([], 1)],
)
def test_the_effort(value: object, index: int) -> None:
    assert of(reasoning_effort=value).effort_index == index


@pytest.mark.parametrize("value", [float("inf"), "nan", 10**400, "1e999"])
def test_an_effort_beyond_all_numbers_is_the_middle_one(value: object) -> None:
    assert of(reasoning_effort=value).effort_index == 1


@pytest.mark.parametrize(
    ("value", "limit"),
    [(100, 100), (100.9, 100), ("50", 50), (0, None), (-1, None), (None, None), (1e300, None)],
)
def test_the_token_limit(value: object, limit: int | None) -> None:
    assert of(max_tokens=value).max_tokens == limit


@pytest.mark.parametrize(("value", "kept"), [(0, 0), (2.0, 2), (-1, None), (None, None)])
def test_how_many_attachments_stay(value: object, kept: int | None) -> None:
    assert of(file_attached_message_limit=value).attachments_kept == kept


@pytest.mark.parametrize("value", ["hot", [], {}, "nan", "inf", 10**400])
def test_a_temperature_that_is_no_number_is_told(value: object) -> None:
    with pytest.raises(InvalidRequest, match="temperature must be a number"):
        of(temperature=value)


@pytest.mark.parametrize(
    ("value", "wanted"), [(True, True), ("true", True), ("off", False), (0, False), (None, False)]
)
def test_switches(value: object, wanted: bool) -> None:
    settings = turn_settings(
        {
            "text": {"enable_reasoning": value},
            "general": {"ai_agent_enabled": value},
            "tts": {"tts_auto_execute": value},
        }
    )
    assert (settings.reasoning, settings.as_agent, settings.speech_wanted) == (wanted,) * 3


def test_tools_are_handed_on_as_they_are() -> None:
    tools = {"builtinToolConfig": {"web_search": False}}
    assert of(tools=tools).tools == tools
    assert of(tools=None).tools == {}


def test_keys_that_nobody_reads_are_passed_over() -> None:
    assert of(memory_limit=3, streaming=True) == TurnSettings()

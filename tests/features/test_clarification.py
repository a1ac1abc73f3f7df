"""Answers to a model's questions, as a client of the chat socket gives them."""

import json
from typing import Any

import pytest

from domain.provider_errors import ProviderUnauthorized, ProviderUnavailable
from tests.unit.entrypoints.sockets import PAIR, Client, asking
from tests.unit.rig import Rig, said

ANSWERS: dict[str, Any] = {
    "type": "clarification_response",
    "user_input": "a city at night",
    "answers": {"mood": "rainy", "colours": ["blue", "pink"]},
    "custom_details": "neon",
    "auto_enhance": False,
    "auto_generate_images": True,
    "user_settings": {"text": {"model": "swift"}, "image": {"number_of_images": 2}},
    "customer_id": 1,
}


async def test_answers_become_a_prompt_for_pictures() -> None:
    async with Rig(said("Rain", " on neon.")) as rig, Client(rig) as client:
        frames = await client.say(ANSWERS)
        names = [frame.get("event_type") or frame["type"] for frame in frames]
        assert names == [
            "working", "text_chunk", "text_chunk", "promptEnhanced", "imageGenerationStarted",
            "textGenerationCompleted", *PAIR,
        ]  # fmt: skip
        assert frames[3]["content"] == {
            "enhanced_prompt": "Rain on neon.",
            "original_input": "a city at night",
        }
        assert frames[4]["content"] == {"prompt": "Rain on neon.", "count": 2}
        completed = frames[5]["content"]
        assert completed["full_response"] == "Rain on neon."
        assert completed["metadata"]["is_enhancement"] is True
        assert "- colours: blue, pink" in rig.model.prompts[0].messages[-1].text


@pytest.mark.parametrize("kind", ["text", "audio", "tts"])
async def test_the_type_tells_that_they_are_answers(kind: str) -> None:
    async with Rig(said("Rain")) as rig, Client(rig) as client:
        frames = await client.say(ANSWERS | {"request_type": kind})
        assert frames[0]["content"] == {"request_type": "clarification_response"}
        assert "promptEnhanced" in [frame.get("event_type") for frame in frames]


async def test_settings_may_be_called_settings() -> None:
    found = {**ANSWERS, "settings": ANSWERS["user_settings"]}
    del found["user_settings"]
    async with Rig(said("Rain")) as rig, Client(rig) as client:
        frames = await client.say(found)
        assert frames[3]["content"]["count"] == 2
        assert rig.model.prompts[0].card.id == "swift"


@pytest.mark.parametrize("concept", ["", "  ", None, {"prompt": "x"}])
async def test_without_a_concept_there_is_nothing_to_make_clear(concept: object) -> None:
    async with Rig() as rig, Client(rig) as client:
        frames = await client.say(ANSWERS | {"user_input": concept})
        assert [frame["type"] for frame in frames] == ["working", "error", *PAIR]
        assert frames[1]["stage"] == "clarification"
        assert frames[1]["content"] == "Original user input required for clarification response"


@pytest.mark.parametrize("late", [False, True])
async def test_what_fails_has_the_stage_of_clarification(late: bool) -> None:
    steps = [*said("Ra"), ProviderUnavailable("acme", "Ill")] if late else []
    async with Rig([*steps, ProviderUnauthorized("acme", "No")]) as rig, Client(rig) as client:
        frames = await client.say(ANSWERS)
        assert frames[-3]["stage"] == "clarification"
        assert [frame["type"] for frame in frames[-2:]] == PAIR


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": ["rainy"]}, "answers must be an object"),
        ({"answers": {"mood": {"deep": 1}}}, "each answer must be text"),
        ({"custom_details": 5}, "custom_details must be text"),
        ({"custom_details": "x" * 20_001}, "longer than 20000"),
        ({"customer_id": 2}, "customer ID mismatch"),
    ],
)
async def test_answers_of_a_wrong_shape_are_refused(change: dict[str, Any], message: str) -> None:
    async with Rig() as rig, Client(rig) as client:
        frames = await client.say(ANSWERS | change)
        assert message in frames[0]["content"]
        assert [frame["type"] for frame in frames[1:]] == PAIR


async def test_an_answer_of_questions_is_told_as_questions() -> None:
    questions = {"questions": [{"question": "Mood?", "options": ["rainy"]}]}
    async with Rig(said(json.dumps(questions))) as rig, Client(rig) as client:
        frames = await client.say(asking())
        asked = next(f for f in frames if f.get("event_type") == "clarificationQuestions")
        assert asked["content"] == questions
        completed = frames[frames.index(asked) + 1]
        assert completed["event_type"] == "textGenerationCompleted"
        assert completed["content"]["metadata"]["is_clarification"] is True

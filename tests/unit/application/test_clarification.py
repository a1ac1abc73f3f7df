"""Questions that a model asks back, and what is made of their answers."""

from typing import Any

import pytest

from adapters.memory.chat_model import Step
from domain.clarification import Clarification, ImagesAnnounced, PromptEnhanced, QuestionsAsked
from domain.provider_errors import ProviderBrokeOff, ProviderUnauthorized
from domain.turn.ask import Ask
from domain.turn.entries import Entry
from domain.turn.events import (
    AnswerWritten,
    ModelChosen,
    ModelStopped,
    ThinkingDelta,
    TurnCompleted,
    TurnFailed,
)
from domain.turn.metering import Usage
from domain.turn.prompt import TextPart
from domain.turn.settings import TurnSettings
from tests.unit.rig import ANNA, Rig, question, said, text_of

NIGHT = Clarification(
    concept="a city at night", answers={"mood": "rainy"}, details="neon", images=4
)


def clarified(about: Clarification = NIGHT) -> Ask:
    return Ask(
        user=ANNA,
        question=(TextPart(about.instruction),),
        settings=TurnSettings(model="swift", character="flowstudio_clarification"),
        kind="clarification_response",
        clarification=about,
    )


async def heard(*steps: Step, about: Clarification = NIGHT) -> tuple[Rig, list[Entry]]:
    async with Rig(list(steps)) as rig:
        return rig, await rig.heard(await rig.start(clarified(about)))


async def test_the_answers_become_one_prompt() -> None:
    rig, entries = await heard(*said("Rain ", "on neon."), ModelStopped("stop", Usage(9, 4, 13)))
    assert [type(entry.event) for entry in entries[3:]] == [
        PromptEnhanced,
        ImagesAnnounced,
        AnswerWritten,
        TurnCompleted,
    ]
    assert text_of(entries) == "Rain on neon."
    assert entries[3].event == PromptEnhanced("Rain on neon.", "a city at night")
    assert entries[4].event == ImagesAnnounced("Rain on neon.", 4)
    ending = entries[-1].event
    assert isinstance(ending, TurnCompleted)
    assert ending.saved is None
    assert ending.metering is not None
    assert ending.metering.usage == Usage(9, 4, 13)
    assert not any(isinstance(entry.event, ModelChosen) for entry in entries)
    (prompt,) = rig.model.prompts
    assert prompt.messages[-1].text == (
        "Concept: a city at night\nAnswers of the user:\n- mood: rainy\nMore details: neon"
    )
    assert "two to four sentences" in prompt.system
    assert "JSON" not in prompt.system


async def test_it_is_billed_and_not_kept() -> None:
    rig, _ = await heard(*said("Rain."), ModelStopped("stop", Usage(9, 4, 13)))
    async with rig.store() as db:
        start = rig.now().replace(hour=0)
        (total,) = await db.usage.sums(ANNA, start, rig.now(), "model")
        assert total.input_tokens == 9


async def test_reasoning_is_no_part_of_the_prompt() -> None:
    _, entries = await heard(ThinkingDelta("Hm"), *said("Rain."))
    assert PromptEnhanced("Rain.", "a city at night") in [entry.event for entry in entries]


async def test_pictures_are_announced_only_where_the_user_wants_them() -> None:
    _, entries = await heard(*said("Rain."), about=Clarification(concept="a city", fills_gaps=True))
    assert not any(isinstance(entry.event, ImagesAnnounced) for entry in entries)


def test_the_model_may_be_asked_to_fill_the_gaps() -> None:
    assert "fill every gap" in Clarification(concept="a city", fills_gaps=True).instruction


@pytest.mark.parametrize(
    ("steps", "about", "code"),
    [
        ([], Clarification(concept=""), "invalid_request"),
        ([ProviderUnauthorized("acme", "No")], NIGHT, "provider_unauthorized"),
        ([*said("Ra"), ProviderBrokeOff("acme", "gone")], NIGHT, "provider_broke_off"),
        ([ModelStopped("stop")], NIGHT, "provider_garbled"),
    ],
)
async def test_what_fails_is_told(steps: list[Any], about: Clarification, code: str) -> None:
    _, entries = await heard(*steps, about=about)
    ending = entries[-1].event
    assert isinstance(ending, TurnFailed)
    assert (ending.code, ending.work) == (code, "clarification")


async def test_an_answer_of_questions_is_told_as_such() -> None:
    async with Rig(said('{"questions": ', '[{"question": "Mood?"}]}')) as rig:
        entries = await rig.heard(await rig.start(question()))
        asked, written = entries[-3].event, entries[-2].event
        assert asked == QuestionsAsked({"questions": [{"question": "Mood?"}]})
        assert isinstance(written, AnswerWritten)
        assert written.asks_back


async def test_an_answer_in_plain_words_asks_nothing_back() -> None:
    async with Rig(said("{brace}")) as rig:
        written = (await rig.heard(await rig.start(question())))[-2].event
        assert isinstance(written, AnswerWritten)
        assert not written.asks_back

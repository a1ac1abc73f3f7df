"""Who answers when the model that was asked for does not."""

from collections.abc import Iterator

import pytest
import stamina

from adapters.memory.chat_model import ScriptedChatModel
from domain.errors import NotConfigured
from domain.provider_errors import (
    ContextTooLong,
    ModelNotOffered,
    ProviderDown,
    ProviderError,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
)
from domain.turn.events import (
    ModelChosen,
    ProviderRetrying,
    TextDelta,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
)
from domain.turn.settings import TurnSettings
from tests.unit.rig import ANNA, Rig, question, said

WITH_STAND_IN = TurnSettings(model="swift", fallbacks=("far",))
SICK = ProviderUnavailable("acme", "sorry")


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


async def told(rig: Rig, settings: TurnSettings = WITH_STAND_IN) -> list[TurnEvent]:
    turn = await rig.start(question(settings=settings))
    await rig.ending(turn)
    async with rig.turns.follow(ANNA, turn) as batches:
        return [entry.event async for batch in batches for entry in batch]


def chosen(events: list[TurnEvent]) -> list[ModelChosen]:
    return [event for event in events if isinstance(event, ModelChosen)]


def failure(events: list[TurnEvent]) -> TurnFailed:
    assert isinstance(events[-1], TurnFailed)
    return events[-1]


@pytest.mark.parametrize(
    "error",
    [
        SICK,
        ProviderDown("acme", 30),
        ProviderUnauthorized("acme", "no"),
        ModelNotOffered("acme", "gone"),
        ProviderUnpaid("acme", "no credit"),
    ],
)
async def test_a_stand_in_answers_and_readers_are_told(error: ProviderError) -> None:
    other = ScriptedChatModel(said("From elsewhere"))
    async with Rig([error], others={"nowhere": other}) as rig:
        events = await told(rig)
    first, second = chosen(events)
    assert (first.model, first.because) == ("swift-2-latest", None)
    assert (second.provider, second.because) == ("nowhere", error.code)
    assert TextDelta("From elsewhere") in events
    assert isinstance(events[-1], TurnCompleted)
    assert other.prompts[0].card.id == "far"


@pytest.mark.parametrize(
    "error", [ProviderRejected("acme", "unsafe"), ContextTooLong("acme", "too long")]
)
async def test_what_is_wrong_with_the_question_stays_wrong_elsewhere(error: ProviderError) -> None:
    other = ScriptedChatModel(said("never"))
    async with Rig([error], others={"nowhere": other}) as rig:
        assert failure(await told(rig)).code == error.code
    assert other.prompts == []


async def test_after_the_first_word_nobody_stands_in() -> None:
    other = ScriptedChatModel(said("never"))
    async with Rig([TextDelta("Half"), SICK], others={"nowhere": other}) as rig:
        ending = failure(await told(rig))
    assert (ending.code, ending.after_content) == (SICK.code, True)
    assert other.prompts == []


async def test_waiting_for_another_attempt_is_no_content() -> None:
    other = ScriptedChatModel(said("From elsewhere"))
    with stamina.set_testing(True, attempts=3):
        async with Rig([SICK], [SICK], [SICK], others={"nowhere": other}) as rig:
            events = await told(rig)
    assert sum(isinstance(event, ProviderRetrying) for event in events) == 2
    assert isinstance(events[-1], TurnCompleted)


async def test_when_nobody_can_the_first_failure_is_the_one_that_counts() -> None:
    other = ScriptedChatModel([ProviderDown("nowhere", 30)])
    async with Rig([SICK], others={"nowhere": other}) as rig:
        assert failure(await told(rig)).code == SICK.code


async def test_a_missing_key_is_never_covered_up() -> None:
    other = ScriptedChatModel(said("never"))
    async with Rig([NotConfigured("ACME_API_KEY")], others={"nowhere": other}) as rig:
        ending = failure(await told(rig))
    assert (ending.code, ending.field) == ("not_configured", "ACME_API_KEY")
    assert other.prompts == []


async def test_a_stand_in_without_a_key_is_passed_over() -> None:
    other = ScriptedChatModel([NotConfigured("ELSEWHERE_API_KEY")])
    async with Rig([SICK], others={"nowhere": other}) as rig:
        assert failure(await told(rig)).code == SICK.code
    assert len(other.prompts) == 1


async def test_without_a_list_there_is_no_stand_in() -> None:
    other = ScriptedChatModel(said("never"))
    async with Rig([SICK], others={"nowhere": other}) as rig:
        assert failure(await told(rig, TurnSettings(model="swift"))).code == SICK.code
    assert other.prompts == []


async def test_an_unknown_stand_in_is_said_before_anybody_is_asked() -> None:
    settings = TurnSettings(model="swift", fallbacks=("nobody",))
    async with Rig(said("never")) as rig:
        assert failure(await told(rig, settings)).code == "unknown_model"
        assert rig.model.prompts == []

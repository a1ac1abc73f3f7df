"""A model that ends without a word: whoever asked is told, and why."""

from collections.abc import Sequence

import pytest

from adapters.memory.chat_model import ScriptedChatModel
from domain.conversation.conversation import AnswerState
from domain.turn.events import (
    MediaGiven,
    ModelEvent,
    ModelStopped,
    SourceCited,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    TurnCompleted,
    TurnFailed,
)
from domain.turn.metering import Attempt, Usage
from domain.turn.settings import TurnSettings
from tests.unit.rig import Rig, question, said

SEARCH = ToolCalled("c1", "web_search", {"query": "tides"}, run_by_provider=True)


async def failure_of(*events: ModelEvent) -> TurnFailed:
    async with Rig([*events]) as rig:
        ending = await rig.ending(await rig.start())
    assert isinstance(ending, TurnFailed)
    return ending


@pytest.mark.parametrize(
    "events",
    [[], [TextDelta("")], [TextDelta(" \n")], [SEARCH], [SourceCited("https://tides.example")]],
    ids=["nothing", "an empty text", "blanks", "a search", "a source"],
)
async def test_silence_is_no_answer(events: Sequence[ModelEvent]) -> None:
    ending = await failure_of(*events, ModelStopped("stop"))
    assert (ending.code, ending.provider) == ("empty_answer", "acme")
    assert ending.message == "acme ended its answer without a word"


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("length", "empty_answer", "max_tokens"),
        ("content_filter", "content_refused", "moderation"),
        ("refusal", "content_refused", "moderation"),
    ],
)
async def test_the_reason_is_told(reason: str, code: str, words: str) -> None:
    ending = await failure_of(ModelStopped(reason))  # type: ignore[arg-type]
    assert ending.code == code
    assert words in ending.message


async def test_thoughts_alone_are_no_answer_and_are_kept() -> None:
    async with Rig([ThinkingDelta("Hm"), ModelStopped("length")]) as rig:
        turn = await rig.start()
        ending = await rig.ending(turn)
        _, answer = await rig.rows(turn)
    assert isinstance(ending, TurnFailed)
    assert (ending.code, ending.after_content) == ("empty_answer", True)
    assert (answer.ai_reasoning, answer.state) == ("Hm", AnswerState.FAILED)


@pytest.mark.parametrize(
    "event",
    [TextDelta("0"), ToolCalled("c1", "lookup", {}), MediaGiven(b"\x89PNG", "image/png")],
    ids=["a word", "a call for the client", "a picture"],
)
async def test_what_shows_something_is_an_answer(event: ModelEvent) -> None:
    async with Rig([ThinkingDelta("Hm"), event, ModelStopped("stop")]) as rig:
        assert isinstance(await rig.ending(await rig.start()), TurnCompleted)


async def test_it_is_billed_once_and_nobody_stands_in() -> None:
    other = ScriptedChatModel(said("never"))
    silent = [ModelStopped("stop", Usage(input_tokens=7))]
    async with Rig(silent, others={"nowhere": other}) as rig:
        settings = TurnSettings(model="swift", fallbacks=("far",))
        ending = await rig.ending(await rig.start(question(settings=settings)))
    assert ending.metering is not None
    assert ending.metering.usage == Usage(input_tokens=7)
    assert ending.metering.attempts == (Attempt("swift-2-latest", "acme", "empty_answer"),)
    assert other.prompts == []

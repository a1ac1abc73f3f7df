"""What is particular to the models that ask nobody: the demonstration, and the fake of tests."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from adapters.demo.catalog import CARDS as DEMO_CARDS
from adapters.demo.chat import DemoChatModel
from adapters.memory.chat_model import ScriptedChatModel
from application.ports.clock import Clock
from domain.provider_errors import ProviderBrokeOff, ProviderTimeout
from domain.turn.events import TextDelta, ThinkingDelta
from domain.turn.prompt import ImagePart, Message, Prompt, TextPart
from tests.batches import one_by_one
from tests.contract.answers import all_of, error_of, text_of
from tests.contract.chat_models import question


class StillClock(Clock):
    """Time stands still, and waiting takes none."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def new_id(self) -> str:
        return "00000000-0000-0000-0000-000000000000"


def demo(text: str, *parts: ImagePart) -> Prompt:
    return Prompt(DEMO_CARDS[0], (Message("user", (TextPart(text), *parts)),))


async def said_by_demo(text: str, *parts: ImagePart, clock: StillClock | None = None) -> str:
    return text_of(await all_of(DemoChatModel(clock or StillClock()), demo(text, *parts)))


async def test_the_demonstration_says_what_it_is_and_what_it_was_sent() -> None:
    said = await said_by_demo("Hello there", ImagePart("https://x/y"))
    assert said.startswith("This is a demonstration")
    assert "1 message with 11 characters and 1 attachment" in said
    assert '"Hello there"' in said
    for command in ("/help", "/long 300", "/think"):
        assert "demonstration" in await said_by_demo(command)


async def test_commands_of_the_demonstration() -> None:
    assert len((await said_by_demo("/long 500")).split()) == 500
    clock = StillClock()
    await said_by_demo("/slow 20 ms /long 3", clock=clock)
    assert clock.slept == [0.02] * 3
    events = await all_of(DemoChatModel(clock), demo("/think"))
    assert isinstance(events[0], ThinkingDelta)
    error, said = await error_of(DemoChatModel(clock), demo("/error timeout"))
    assert (type(error), said) == (ProviderTimeout, [])
    error, said = await error_of(DemoChatModel(clock), demo("/error broken"))
    assert (type(error), len(said)) == (ProviderBrokeOff, 5)


async def test_a_script_waits_at_its_gates_and_raises_its_errors() -> None:
    gate, broken = asyncio.Event(), ProviderBrokeOff("acme", "gone")
    model = ScriptedChatModel([TextDelta("a"), gate, TextDelta("b"), broken])
    reading = asyncio.create_task(error_of(model, question(DEMO_CARDS[0])))
    await model.waiting.wait()
    gate.set()
    error, said = await reading
    assert (error, said) == (broken, [TextDelta("a"), TextDelta("b")])
    assert model.prompts == [question(DEMO_CARDS[0])]
    model.assert_played()


async def test_a_script_complains_of_what_was_not_played() -> None:
    model = ScriptedChatModel([TextDelta("a"), TextDelta("b")], [TextDelta("c")])
    async with aclosing(one_by_one(model.stream(question(DEMO_CARDS[0])))) as events:
        await anext(events)
    assert model.closed_early == 1
    with pytest.raises(AssertionError, match="unplayed"):
        model.assert_played()


async def test_a_script_complains_of_what_it_does_not_hold() -> None:
    with pytest.raises(AssertionError, match="question 1 is not in the script"):
        await all_of(ScriptedChatModel(), question(DEMO_CARDS[0]))

"""Asking again: only before the first word, only what may succeed, never in silence."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest
import stamina

from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import settle
from application.agent.patience import ask_patiently
from application.providers.patience import ATTEMPTS, LONGEST_WAIT_S
from domain.errors import NotConfigured
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
)
from domain.turn.events import ModelEvent, ModelStopped, ProviderRetrying, TextDelta
from domain.turn.prompt import Message, Prompt, TextPart
from tests.batches import one_by_one
from tests.unit.rig import SWIFT, said

PROMPT = Prompt(SWIFT, (Message("user", (TextPart("Why?"),)),))
BUSY = ProviderUnavailable("acme", "busy")


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    """Announce the waits and leave them out."""
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


async def heard(
    model: ScriptedChatModel, into: list[ModelEvent | ProviderRetrying] | None = None
) -> list[ModelEvent | ProviderRetrying]:
    found = [] if into is None else into
    async with aclosing(one_by_one(ask_patiently(model, PROMPT))) as events:
        async for event in events:
            found.append(event)
    return found


@pytest.mark.parametrize("kind", [ProviderUnavailable, ProviderUnreachable, ProviderTimeout,
                                  ProviderBrokeOff, ProviderOverloaded])  # fmt: skip
@pytest.mark.usefixtures("_no_waiting")
async def test_what_may_succeed_is_tried_again(kind: type[ProviderError]) -> None:
    model = ScriptedChatModel([kind("acme", "sorry")], said("So"))
    retrying, *rest = await heard(model)
    assert isinstance(retrying, ProviderRetrying)
    assert (retrying.provider, retrying.attempt, retrying.reason) == ("acme", 2, kind.code)
    assert 0.75 <= retrying.wait_s <= 1.25
    assert rest == [TextDelta("So"), ModelStopped("stop")]
    model.assert_played()


@pytest.mark.usefixtures("_no_waiting")
async def test_waits_grow_and_end() -> None:
    model = ScriptedChatModel([BUSY], [BUSY], [BUSY], said("too late"))
    told: list[ModelEvent | ProviderRetrying] = []
    with pytest.raises(ProviderUnavailable):
        await heard(model, told)
    first, second = told
    assert isinstance(first, ProviderRetrying)
    assert isinstance(second, ProviderRetrying)
    assert (first.attempt, second.attempt) == (2, 3)
    assert 1.5 <= second.wait_s <= 2.5
    assert len(model.prompts) == ATTEMPTS


@pytest.mark.parametrize("error", [
    ProviderUnauthorized("acme", "no"), ProviderRejected("acme", "no"),
    ProviderGarbled("acme", "?"), NotConfigured("ACME_API_KEY"), ZeroDivisionError(),
])  # fmt: skip
async def test_what_cannot_succeed_is_not_tried_again(error: Exception) -> None:
    model = ScriptedChatModel([error])
    with pytest.raises(type(error)):
        await heard(model)
    assert len(model.prompts) == 1


@pytest.mark.usefixtures("_no_waiting")
async def test_the_wish_of_the_provider_is_obeyed() -> None:
    wish = ProviderOverloaded("acme", "busy", retry_after_s=LONGEST_WAIT_S)
    retrying, *_ = await heard(ScriptedChatModel([wish], said("So")))
    assert isinstance(retrying, ProviderRetrying)
    assert retrying.wait_s == LONGEST_WAIT_S


async def test_a_wish_beyond_all_patience_is_a_failure() -> None:
    wish = ProviderOverloaded("acme", "busy", retry_after_s=LONGEST_WAIT_S + 1)
    model = ScriptedChatModel([wish])
    with pytest.raises(ProviderOverloaded):
        await heard(model)
    assert len(model.prompts) == 1


async def test_after_the_first_word_a_failure_is_a_failure() -> None:
    model = ScriptedChatModel([*said("So"), BUSY])
    events = one_by_one(ask_patiently(model, PROMPT))
    assert await anext(events) == TextDelta("So")
    with pytest.raises(ProviderUnavailable):
        await anext(events)
    assert len(model.prompts) == 1


@pytest.mark.parametrize("steps", [[asyncio.Event()], [*said("So"), asyncio.Event()], [BUSY]])
async def test_cancelling_reaches_the_model_or_ends_the_wait(steps: list[Step]) -> None:
    model = ScriptedChatModel(steps, said("never"))
    task = asyncio.create_task(heard(model))
    await settle()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert len(model.prompts) == 1
    assert not model.waiting.is_set()


async def test_closing_early_closes_the_model() -> None:
    model = ScriptedChatModel(said("a", "b"))
    events = one_by_one(ask_patiently(model, PROMPT))
    assert await anext(events) == TextDelta("a")
    await events.aclose()
    assert model.closed_early == 1

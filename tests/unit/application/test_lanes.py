"""Several keys of one provider, and a provider that is down."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from msgspec import structs

from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import ManualClock, settle
from application.agent.lanes import Lanes
from application.providers.lane import BUSY_KEY_S, CLOSED_S, REFUSED_KEY_S
from domain.errors import NotConfigured
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderDown,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
    ProviderUnreachable,
)
from domain.turn.events import ModelEvent, ModelStopped, TextDelta
from domain.turn.prompt import Message, Prompt, TextPart
from tests.batches import one_by_one
from tests.unit.rig import SWIFT, said

PROMPT = Prompt(SWIFT, (Message("user", (TextPart("Why?"),)),))
OTHER = Prompt(structs.replace(SWIFT, model="swift-mini"), PROMPT.messages)
SICK = ProviderUnavailable("acme", "sorry")
FINE = [TextDelta("So"), ModelStopped("stop")]


class Keys:
    """Scripted keys of one provider."""

    def __init__(self, *scripts: Sequence[Sequence[Step]], failures: int = 3) -> None:
        self.clock = ManualClock()
        self.models = [ScriptedChatModel(*rounds) for rounds in scripts]
        self.lanes = Lanes("acme", self.models, self.clock, failures)

    async def heard(self, prompt: Prompt = PROMPT) -> list[ModelEvent]:
        async with aclosing(one_by_one(self.lanes.stream(prompt))) as events:
            return [event async for event in events]

    async def error(self) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            await self.heard()
        return caught.value

    def asked(self) -> list[int]:
        return [len(model.prompts) for model in self.models]


async def test_a_key_over_its_limit_hands_over_and_rests() -> None:
    busy = ProviderOverloaded("acme", "slow down", 20.0)
    keys = Keys([[busy], said("So")], [said("So"), said("So")])
    assert await keys.heard() == FINE
    await keys.clock.advance(19)
    assert await keys.heard() == FINE
    assert keys.asked() == [1, 2]
    await keys.clock.advance(1)
    assert await keys.heard() == FINE
    assert keys.asked() == [2, 2]


async def test_a_model_over_its_limit_keeps_no_other_model_from_being_asked() -> None:
    busy = ProviderOverloaded("acme", "slow down", 600.0)
    keys = Keys([[busy], said("So")])
    assert await keys.error() is busy
    assert (await keys.error()).args == ("acme is over its limit",)
    assert await keys.heard(OTHER) == FINE
    assert [prompt.card.model for prompt in keys.models[0].prompts] == [SWIFT.model, "swift-mini"]


@pytest.mark.parametrize("refusal", [ProviderUnauthorized, ProviderUnpaid])
async def test_a_refused_key_rests_for_every_model(refusal: type[ProviderError]) -> None:
    keys = Keys([[refusal("acme", "no")]], [said("So"), said("So")])
    assert await keys.heard() == FINE
    assert await keys.heard(OTHER) == FINE
    assert keys.asked() == [1, 2]


async def test_a_key_that_does_not_say_how_long_rests_a_little() -> None:
    keys = Keys([[ProviderOverloaded("acme", "slow down")], said("So")], [said("So")])
    assert await keys.heard() == FINE
    await keys.clock.advance(BUSY_KEY_S)
    assert await keys.heard() == FINE
    assert keys.asked() == [2, 1]


async def test_a_refused_key_hands_over_and_is_left_alone() -> None:
    keys = Keys([[ProviderUnauthorized("acme", "no")], said("So")], [said("So"), said("So")])
    await keys.heard()
    await keys.clock.advance(REFUSED_KEY_S - 1)
    await keys.heard()
    assert keys.asked() == [1, 2]


async def test_when_every_key_is_over_its_limit_the_shortest_wait_is_named() -> None:
    keys = Keys(
        [[ProviderOverloaded("acme", "slow down", 30.0)]],
        [[ProviderOverloaded("acme", "slow down", 10.0)]],
    )
    assert isinstance(await keys.error(), ProviderOverloaded)
    await keys.clock.advance(4)
    error = await keys.error()
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == pytest.approx(6, abs=0.1)
    assert keys.asked() == [1, 1]


async def test_who_waited_as_told_is_not_told_to_wait_again() -> None:
    keys = Keys([[ProviderOverloaded("acme", "slow down", 2.0)], said("So")])
    await keys.error()
    await keys.clock.advance(1.99)
    assert await keys.heard() == FINE


async def test_the_only_key_may_be_tried_again_at_once_when_nobody_says_how_long() -> None:
    keys = Keys([[ProviderOverloaded("acme", "slow down")], said("So")])
    await keys.error()
    assert await keys.heard() == FINE


async def test_the_only_key_when_refused_says_so_every_time() -> None:
    keys = Keys([[ProviderUnauthorized("acme", "no")], [ProviderUnauthorized("acme", "no")]])
    for _ in range(2):
        assert type(await keys.error()) is ProviderUnauthorized


@pytest.mark.parametrize("kind", [ProviderUnavailable, ProviderUnreachable, ProviderTimeout,
                                  ProviderBrokeOff, ProviderGarbled])  # fmt: skip
async def test_a_provider_that_keeps_failing_is_left_alone(kind: type[ProviderError]) -> None:
    keys = Keys([*[[kind("acme", "sorry")]] * 3, said("So"), said("So")])
    for _ in range(3):
        assert type(await keys.error()) is kind
    error = await keys.error()
    assert isinstance(error, ProviderDown)
    assert error.retry_after_s == CLOSED_S
    assert keys.asked() == [3]
    await keys.clock.advance(CLOSED_S)
    assert await keys.heard() == FINE
    assert await keys.heard() == FINE


async def test_one_answer_makes_up_for_the_failures_before() -> None:
    keys = Keys([[SICK], [SICK], said("So"), [SICK], [SICK], said("So")])
    for fails in (True, True, False, True, True, False):
        if fails:
            await keys.error()
        else:
            assert await keys.heard() == FINE


async def test_what_is_wrong_with_the_question_is_not_held_against_the_provider() -> None:
    keys = Keys([*[[ProviderRejected("acme", "no")]] * 5, said("So")])
    for _ in range(5):
        await keys.error()
    assert await keys.heard() == FINE


async def test_one_probe_at_a_time() -> None:
    gate = asyncio.Event()
    keys = Keys([*[[SICK]] * 3, [gate, *said("So")], said("So")])
    for _ in range(3):
        await keys.error()
    await keys.clock.advance(CLOSED_S)
    probe = asyncio.create_task(keys.heard())
    await settle()
    assert isinstance(await keys.error(), ProviderDown)
    gate.set()
    assert await probe == FINE
    assert await keys.heard() == FINE


async def test_a_probe_that_fails_doubles_the_wait() -> None:
    keys = Keys([*[[SICK]] * 4, said("So")])
    for _ in range(3):
        await keys.error()
    await keys.clock.advance(CLOSED_S)
    await keys.error()
    await keys.clock.advance(CLOSED_S)
    assert isinstance(await keys.error(), ProviderDown)
    await keys.clock.advance(CLOSED_S)
    assert await keys.heard() == FINE


async def test_a_probe_that_is_cancelled_leaves_the_way_free() -> None:
    keys = Keys([*[[SICK]] * 3, [asyncio.Event()], said("So")])
    for _ in range(3):
        await keys.error()
    await keys.clock.advance(CLOSED_S)
    probe = asyncio.create_task(keys.heard())
    await settle()
    probe.cancel()
    await asyncio.wait({probe})
    assert await keys.heard() == FINE


async def test_a_limit_of_zero_never_opens() -> None:
    keys = Keys([*[[SICK]] * 20, said("So")], failures=0)
    for _ in range(20):
        assert type(await keys.error()) is ProviderUnavailable
    assert await keys.heard() == FINE


async def test_one_dead_key_does_not_take_the_others_along() -> None:
    keys = Keys([*[[SICK]] * 3], [said("So")])
    for _ in range(3):
        await keys.error()
    assert await keys.heard() == FINE


async def test_after_the_first_word_no_other_key_is_asked() -> None:
    keys = Keys([[TextDelta("So"), ProviderOverloaded("acme", "slow down", 5.0)]], [said("So")])
    assert isinstance(await keys.error(), ProviderOverloaded)
    assert keys.asked() == [1, 0]


async def test_a_missing_key_is_no_failure_of_the_provider() -> None:
    keys = Keys([*[[NotConfigured("ACME_API_KEY")]] * 5])
    for _ in range(5):
        with pytest.raises(NotConfigured):
            await keys.heard()


async def test_keys_that_are_over_their_limits_for_a_moment_are_asked_once_each() -> None:
    moment = ProviderOverloaded("acme", "slow down", 0.006)
    keys = Keys(*[[[moment]] * 3] * 2)
    assert await keys.error() is moment
    assert keys.asked() == [1, 1]


async def test_many_questions_that_meet_one_outage_make_the_wait_no_longer() -> None:
    gates = [asyncio.Event() for _ in range(8)]
    keys = Keys([*[[gate, SICK] for gate in gates], said("So")])
    asked = [asyncio.create_task(keys.error()) for _ in gates]
    await settle()
    for gate in gates:
        gate.set()
    assert [type(await error) for error in asked] == [ProviderUnavailable] * 8
    await keys.clock.advance(CLOSED_S)
    assert await keys.heard() == FINE


async def test_who_asked_before_the_outage_does_not_end_a_probe() -> None:
    earlier, gate = asyncio.Event(), asyncio.Event()
    rejected = ProviderRejected("acme", "no")
    keys = Keys([[earlier, rejected], *[[SICK]] * 3, [gate, *said("So")]])
    before = asyncio.create_task(keys.error())
    await settle()
    for _ in range(3):
        await keys.error()
    await keys.clock.advance(CLOSED_S)
    probe = asyncio.create_task(keys.heard())
    await settle()
    earlier.set()
    assert await before is rejected
    assert isinstance(await keys.error(), ProviderDown)
    gate.set()
    assert await probe == FINE

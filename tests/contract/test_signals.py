"""Signals: a cancel reaches whoever listens."""

import asyncio
from contextlib import aclosing

import pytest

from adapters.memory.clock import settle
from adapters.memory.signals import MemorySignals
from application.ports.signals import Cancellation, Signals
from domain.ids import TurnId


@pytest.fixture
def memory_signals() -> Signals:
    return MemorySignals()


@pytest.fixture(params=["memory"])
def signals(request: pytest.FixtureRequest) -> Signals:
    return request.getfixturevalue(f"{request.param}_signals")


async def heard(signals: Signals, count: int) -> list[TurnId]:
    found: list[TurnId] = []
    async with aclosing(signals.cancellations()) as cancellations:
        async for turn in cancellations:
            found.append(turn.turn)
            if len(found) == count:
                break
    return found


async def test_every_listener_hears_every_cancel_in_order(signals: Signals) -> None:
    listeners = [asyncio.create_task(heard(signals, 3)) for _ in range(2)]
    await settle()
    for name in ("a", "b", "a"):
        await signals.cancel(TurnId(name))
    for listener in listeners:
        assert await listener == ["a", "b", "a"]


async def test_what_is_said_while_a_listener_is_busy_waits_for_it(signals: Signals) -> None:
    async with aclosing(signals.cancellations()) as cancellations:
        first = asyncio.create_task(anext(cancellations))  # type: ignore[arg-type]
        await settle()
        for name in ("a", "b", "c"):
            await signals.cancel(TurnId(name))
        assert await first == Cancellation(TurnId("a"))
        assert [(await anext(cancellations)).turn for _ in range(2)] == ["b", "c"]


async def test_a_cancel_says_whether_something_was_deleted(signals: Signals) -> None:
    async with aclosing(signals.cancellations()) as cancellations:
        first = asyncio.create_task(anext(cancellations))  # type: ignore[arg-type]
        await settle()
        await signals.cancel(TurnId("a"), deleted=True)
        assert await first == Cancellation(TurnId("a"), deleted=True)


async def test_without_listeners_a_cancel_is_no_error(signals: Signals) -> None:
    await signals.cancel(TurnId("a"))


async def test_a_listener_that_left_takes_nothing_along(signals: Signals) -> None:
    leaving = asyncio.create_task(heard(signals, 9))
    staying = asyncio.create_task(heard(signals, 1))
    await settle()
    leaving.cancel()
    await asyncio.wait({leaving})
    await signals.cancel(TurnId("a"))
    assert await staying == ["a"]

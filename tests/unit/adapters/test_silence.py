"""When a silence is one, on a loop whose time is moved by hand."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adapters.memory.clock import settle
from adapters.transport.silence import Silence

Pass = Callable[[float], Awaitable[None]]


@pytest.fixture
async def let_pass(monkeypatch: pytest.MonkeyPatch) -> Pass:
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now)

    async def passing(seconds: float) -> None:
        nonlocal now
        now += seconds
        await settle()

    return passing


class Heard:
    """Counts how often a silence was too long."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


async def test_a_wait_that_is_too_long_is_told_once(let_pass: Pass) -> None:
    heard = Heard()
    with Silence(10, heard) as silence:
        await let_pass(9)
        assert (heard.times, silence.noticed) == (0, False)
        await let_pass(2)
        assert (heard.times, silence.noticed) == (1, True)
        await let_pass(100)
    assert heard.times == 1


async def test_each_wait_counts_by_itself(let_pass: Pass) -> None:
    heard = Heard()
    with Silence(10, heard) as silence:
        for _ in range(5):
            await let_pass(8)
            silence.since = None
            silence.since = asyncio.get_running_loop().time()
        assert heard.times == 0
        await let_pass(11)
    assert heard.times == 1


async def test_being_busy_is_nobodys_silence(let_pass: Pass) -> None:
    heard = Heard()
    with Silence(10, heard) as silence:
        silence.since = None
        await let_pass(1000)
        silence.since = asyncio.get_running_loop().time()
        await let_pass(9)
        assert heard.times == 0


async def test_after_the_first_word_another_limit_holds(let_pass: Pass) -> None:
    heard = Heard()
    with Silence(300, heard) as silence:
        await let_pass(200)
        silence.since = None
        silence.broken(10)
        silence.since = asyncio.get_running_loop().time()
        await let_pass(11)
    assert (heard.times, silence.was_broken) == (1, True)


async def test_nothing_is_told_once_it_is_over(let_pass: Pass) -> None:
    heard = Heard()
    with Silence(10, heard):
        pass
    await let_pass(100)
    assert heard.times == 0

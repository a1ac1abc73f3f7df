"""A task that lives exactly as long as a block."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from adapters.memory.clock import settle
from application.flow.alongside import alongside


class Beside:
    """Runs until cancelled, and takes a moment to tidy up."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def __call__(self) -> None:
        self.log.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.log.append("gone")


async def broken() -> None:
    raise ValueError("beside")


async def test_it_is_gone_when_the_block_ends() -> None:
    beside, before = Beside(), asyncio.all_tasks()
    async with alongside(beside()):
        await asyncio.sleep(0)
        assert beside.log == ["begun"]
    assert beside.log == ["begun", "gone"]
    assert asyncio.all_tasks() == before


async def block(beside: Coroutine[Any, Any, None], error: Exception | None = None) -> None:
    async with alongside(beside):
        await settle()
        if error is not None:
            raise error


async def test_it_is_gone_when_the_block_fails() -> None:
    beside = Beside()
    with pytest.raises(KeyError):
        await block(beside(), KeyError())
    assert beside.log == ["begun", "gone"]


async def test_it_is_gone_when_the_block_is_cancelled() -> None:
    beside = Beside()

    async def waiting() -> None:
        async with alongside(beside()):
            await asyncio.Event().wait()

    task = asyncio.create_task(waiting())
    await settle()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert beside.log == ["begun", "gone"]


async def test_what_it_raised_is_raised_after_the_block() -> None:
    ended: list[bool] = []

    async def patient() -> None:
        async with alongside(broken()):
            await settle()
            ended.append(True)

    with pytest.raises(ValueError, match="beside"):
        await patient()
    assert ended


async def test_what_the_block_raised_comes_first() -> None:
    with pytest.raises(KeyError):
        await block(broken(), KeyError())

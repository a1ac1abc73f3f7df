"""A server that is told to stop: what runs ends before anything is closed."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvicorn

from adapters.memory.clock import settle
from entrypoints.web.draining_server import DrainingServer


async def no_app(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody calls")


def stopping(drain: Callable[[], Coroutine[Any, Any, None]]) -> DrainingServer:
    """Return a server that has started, without sockets."""
    config = uvicorn.Config(no_app, lifespan="off", log_config=None)
    config.load()
    server = DrainingServer(config, drain)
    server.servers = []
    server.lifespan = config.lifespan_class(config)
    return server


async def test_a_second_signal_is_no_end_of_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrypoints.web.draining_server._LOOK_S", 0)
    saving, saved, kept = asyncio.Event(), asyncio.Event(), list[str]()

    async def drain() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            saving.set()
            await saved.wait()
            kept.append("the answer")

    server = stopping(drain)
    shutdown = asyncio.create_task(server.shutdown())
    await settle()
    assert not saving.is_set()
    server.force_exit = True
    await saving.wait()
    await settle()
    assert not shutdown.done()
    saved.set()
    await shutdown
    assert kept == ["the answer"]


async def test_a_second_signal_that_comes_at_once_is_no_end_of_saving() -> None:
    kept: list[str] = []

    async def drain() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            kept.append("the answer")

    server = stopping(drain)
    server.force_exit = True
    await server.shutdown()
    assert kept == ["the answer"]


async def test_what_goes_wrong_while_draining_is_told() -> None:
    async def drain() -> None:
        raise RuntimeError("no such thing")

    with pytest.raises(RuntimeError, match="no such thing"):
        await stopping(drain).shutdown()

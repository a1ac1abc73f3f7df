"""Real servers whose every provider is a simulator, and whose clock is the test's."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from adapters.memory.clock import ManualClock
from entrypoints.wiring.settings import Secret, Settings
from tests.integration.chat_client import Frame, ask, chat
from tests.integration.conftest import SECRET, two_users
from tests.integration.live_server import ThreadServer
from tests.simulators.anthropic import AnthropicSimulator
from tests.simulators.google import GoogleSimulator
from tests.simulators.openai import OpenAISimulator
from tests.simulators.provider_wires import KEY, Wire
from tests.simulators.server import Simulator

INTERFACES: tuple[str, ...] = ("openai", "anthropic", "google")
_KEYED = ("openai", "anthropic", "google", "xai", "groq", "deepseek", "perplexity")
_OWN = {"anthropic": "anthropic", "google": "google"}
"""Who does not speak OpenAI's interface, by the simulator that speaks theirs."""


@contextmanager
def simulators() -> Generator[dict[str, Simulator], None, None]:
    """Run one simulator for each interface, by the names that `Wire.simulator` uses."""
    made = (OpenAISimulator(), AnthropicSimulator(), GoogleSimulator())
    with ExitStack() as running:
        yield {
            name: running.enter_context(simulator)
            for name, simulator in zip(INTERFACES, made, strict=True)
        }


def provider_settings(folder: Path, addresses: Mapping[str, str], **changes: object) -> Settings:
    """Return settings under which every provider is reached at the address of its interface.

    Args:
        folder: for the data.
        addresses: `http://host:port` by the interface.
        changes: what else is different.
    """
    found: dict[str, object] = {"local_base_url": f"{addresses['openai']}/v1"}
    for name in _KEYED:
        interface = _OWN.get(name, "openai")
        found[f"{name}_api_key"] = Secret(KEY)
        found[f"{name}_base_url"] = addresses[interface] + ("" if name in _OWN else "/v1")
    found |= {"env": "test", "data_dir": folder, "auth_secret": SECRET, "circuit_failures": 0}
    return Settings(**found | changes)  # type: ignore[arg-type]


class TimedServer:
    """A running server, Anna's token for it, and its clock."""

    def __init__(self, server: ThreadServer, clock: ManualClock) -> None:
        self.address = server.address
        self.anna = server.tokens["anna"]
        self._server = server
        self._clock = clock

    async def later(self, seconds: float) -> None:
        """Let time pass for the server."""
        await asyncio.wrap_future(self._server.run(self._clock.advance(seconds)))


@contextmanager
def served(settings: Settings, migrated: Path) -> Generator[TimedServer, None, None]:
    """Run the server; its data directory is made."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, settings.data_dir)
    clock = ManualClock()
    with ThreadServer(settings, clock) as running:
        running.run(two_users(running)).result()
        yield TimedServer(running, clock)


class Doors:
    """Both ways to ask a server one question."""

    def __init__(self, server: TimedServer, http: httpx.AsyncClient) -> None:
        self.server = server
        self._http = http

    async def socket(self, wire: Wire) -> list[Frame]:
        async with chat(self.server.address, self.server.anna) as client:
            await client.send(ask("Hello", model=wire.model))
            frames = await client.turn()
            await client.nothing_more()
            return frames

    async def http(self, wire: Wire) -> httpx.Response:
        settings = {"text": {"model": wire.model}}
        body = {"customer_id": 1, "prompt": "Hello", "settings": settings}
        return await self._http.post("/chat", json=body)

    async def stored(self, frames: list[Frame]) -> list[dict[str, Any]]:
        """Return the messages that the turn left in the history."""
        [saved] = [f for f in frames if f["type"] == "db_operation_executed"]
        session = json.loads(saved["content"])["session_id"]
        found = await self._http.post(
            "/api/v1/chat/sessions/detail", json={"customer_id": 1, "session_id": session}
        )
        return found.json()["data"]["messages"]


@asynccontextmanager
async def opened(
    folder: Path, migrated: Path, addresses: Mapping[str, str], **changes: object
) -> AsyncGenerator[Doors, None]:
    """Run a server in the folder and give its doors; `changes` are of its settings."""
    with served(provider_settings(folder, addresses, **changes), migrated) as server:
        headers = {"Authorization": f"Bearer {server.anna}"}
        base_url = f"http://{server.address}"
        async with httpx.AsyncClient(base_url=base_url, headers=headers) as http:
            yield Doors(server, http)


@contextmanager
def deserted() -> Generator[str, None, None]:
    """Give an address where nobody listens, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"

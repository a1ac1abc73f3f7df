"""Customers of one application, for a test that is not a coroutine itself."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from adapters.memory.clock import ManualClock
from application.accounts.add_user import AddUser
from application.chat.turns import Turns
from application.ports.chat_model import ChatModel
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from domain.ids import UserId
from domain.turn.events import ModelEvent, ModelStopped, TextDelta, TurnCompleted
from domain.turn.prompt import Prompt
from entrypoints.web.asking import Asking
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.wiring.settings import Settings
from tests.api.history_calls import SESSIONS
from tests.api.history_model import History, Talk
from tests.api.offline_app import PASSWORD, SECRET, Outside, OutsideProvider
from tests.applications import app_of, container_of

MODEL = {"text": {"model": "gpt-4o-mini"}}
SECOND = 1_000_000


class CountingModel(ChatModel):
    """Says something else each time."""

    def __init__(self) -> None:
        self._numbers = count()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        yield [TextDelta(f"answer {next(self._numbers)}")]
        yield [ModelStopped("stop")]


class World:
    """One application for all examples; each has two customers of its own."""

    def __init__(self, folder: Path, work: UnitOfWork, clock: ManualClock) -> None:
        self.clock = clock
        self._runner = asyncio.Runner()
        self._names = count()
        outside = Outside(clock)
        outside.work = work  # type: ignore[assignment]
        outside.models["openai"] = CountingModel()
        options = Settings(env="test", data_dir=folder, auth_secret=SECRET)
        context = {Outside: outside}
        self._container = container_of(options, OutsideProvider, context=context)
        self._app = app_of(self._container, options)
        self._stop = asyncio.Event()
        self._life = self._runner.run(self._begin())

    async def _begin(self) -> "asyncio.Task[None]":
        started = asyncio.Event()

        async def live() -> None:
            async with self._app.lifespan():
                started.set()
                await self._stop.wait()

        life = asyncio.create_task(live())
        await started.wait()
        return life

    def close(self) -> None:
        async def end() -> None:
            self._stop.set()
            await self._life

        self._runner.run(end())
        self._runner.close()

    def customer(self) -> "Customer":
        async def make() -> Customer:
            add = await self._container.get(AddUser)
            tokens = await self._container.get(Tokens)
            account = await add(f"{next(self._names)}@example.org", PASSWORD)
            transport = httpx.ASGITransport(self._app)  # pyright: ignore[reportArgumentType]
            client = httpx.AsyncClient(
                transport=transport,
                base_url="http://parley.test",
                headers={"Authorization": f"Bearer {tokens.issue(account)}"},
            )
            return Customer(self, client, account.id)

        return self._runner.run(make())

    def tick(self) -> int:
        """Let a second pass; return the time in microseconds."""
        self._runner.run(self.clock.advance(1))
        return int(self.clock.now().timestamp()) * SECOND

    def call(self, client: httpx.AsyncClient, method: str, path: str, **how: Any) -> httpx.Response:
        return self._runner.run(client.request(method, path, **how))

    def turn(self, user: UserId, said: dict[str, Any]) -> str:
        """Ask as the socket does, wait for the end, and return the session."""

        async def ask() -> str:
            asking = await self._container.get(Asking)
            turns = await self._container.get(Turns)
            started = await turns.start(await asking(ClientMessage(said), user))
            async with turns.follow(user, started.turn) as batches:
                [*_, last] = [entry async for batch in batches for entry in batch]
            assert isinstance(last.event, TurnCompleted)
            assert last.event.saved is not None
            return last.event.saved.conversation

        return self._runner.run(ask())


class Customer:
    """One account: what it does, and what it should then see."""

    def __init__(self, world: World, client: httpx.AsyncClient, user: UserId) -> None:
        self._world = world
        self._client = client
        self.user = user
        self.should = History()

    def do(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = self._world.call(
            self._client, method, path, json={"customer_id": self.user, **body}
        )
        assert answer.status_code == status, answer.text
        return answer.json()["data"]

    def favourites(self) -> set[int]:
        path = "/api/v1/chat/maintenance/favorites"
        answer = self._world.call(self._client, "GET", path, params={"customer_id": self.user})
        return {row["message_id"] for row in answer.json()["data"].get("messages", [])}

    def turn(self, **said: Any) -> str:
        prompt = said["user_message"]["message"]
        user_input = {"prompt": prompt, "chat_history": [], **said}
        return self._world.turn(self.user, {"user_input": user_input, "user_settings": MODEL})

    def every_row(self, talk: Talk) -> dict[int, dict[str, Any]]:
        found = self.do("POST", f"{SESSIONS}/detail", session_id=talk.id, include_versions=True)
        return {row["message_id"]: row for row in found["messages"]}

    def fresh(self, talk: Talk) -> Iterator[tuple[int, str, str]]:
        """Yield id, sender and text of the rows that the model has not heard of."""
        for key, row in sorted(self.every_row(talk).items()):
            if key not in talk.rows:
                yield key, row["sender"], row["message"]

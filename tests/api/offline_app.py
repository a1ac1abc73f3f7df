"""The whole application in this process: memory adapters, scripted models, a clock of the test."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from dishka import AsyncContainer, Provider, Scope, from_context, provide
from litestar import Litestar
from litestar.types import ASGIApp

from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import ManualClock
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.passwords import MemoryPasswords
from adapters.memory.remains import MemoryRemains
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.accounts.add_user import AddUser
from application.chat.turns import Turns
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from application.ports.downloads import Downloads
from application.ports.files import Files
from application.ports.media_makers import ImageMaker, VideoMaker
from application.ports.passwords import Passwords
from application.ports.personal_data import Remains
from application.ports.speech import AllowanceBook, Speaker, Transcriber
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from entrypoints.wiring.providers.media import ImageMakers, VideoMakers
from entrypoints.wiring.providers.models import ChatModels
from entrypoints.wiring.providers.speech import AllowanceBooks, Speakers, Transcribers
from entrypoints.wiring.settings import Secret, Settings
from tests.applications import app_of, container_of, give_back

PASSWORD = "correct horse battery staple"
SECRET = Secret("a secret of the tests, thirty-two bytes or more")


class Outside:
    """Everything outside the process, as far as an application can tell."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.work = MemoryUnitOfWork(clock)
        self.models: dict[str, ChatModel] = {}
        self.transcribers: dict[str, Transcriber] = {}
        self.speakers: dict[str, Speaker] = {}
        self.books: dict[str, AllowanceBook] = {}
        self.files = MemoryFiles(clock)
        self.image_makers: dict[str, ImageMaker] = {}
        self.video_makers: dict[str, VideoMaker] = {}
        self.downloads = MemoryDownloads()


class OutsideProvider(Provider):
    """Puts an `Outside` in the place of the real one."""

    scope = Scope.APP

    outside = from_context(Outside)
    passwords = provide(MemoryPasswords, provides=Passwords, override=True)
    remains = provide(MemoryRemains, provides=Remains, override=True)

    @provide(override=True)
    def clock(self, outside: Outside) -> Clock:
        return outside.clock

    @provide(override=True)
    def work(self, outside: Outside) -> UnitOfWork:
        return outside.work

    @provide(override=True)
    def models(self, outside: Outside) -> ChatModels:
        return outside.models

    @provide(override=True)
    def files(self, outside: Outside) -> Files:
        return outside.files

    @provide(override=True)
    def transcribers(self, outside: Outside) -> Transcribers:
        return outside.transcribers

    @provide(override=True)
    def speakers(self, outside: Outside) -> Speakers:
        return outside.speakers

    @provide(override=True)
    def books(self, outside: Outside) -> AllowanceBooks:
        return outside.books

    @provide(override=True)
    def image_makers(self, outside: Outside) -> ImageMakers:
        return ImageMakers(outside.image_makers)

    @provide(override=True)
    def video_makers(self, outside: Outside) -> VideoMakers:
        return VideoMakers(outside.video_makers)

    @provide(override=True)
    def downloads(self, outside: Outside) -> Downloads:
        return outside.downloads


class Parley:
    """A running application, two users, and what a test needs to steer it."""

    def __init__(self, folder: Path, outside: Outside | None = None, **changes: object) -> None:
        settings = Settings(env="test", data_dir=folder, auth_secret=SECRET)
        self.settings = _changed(settings, changes)
        outside = outside or Outside(ManualClock())
        self.container: AsyncContainer = container_of(
            self.settings, OutsideProvider, context={Outside: outside}
        )
        self.app: Litestar = app_of(self.container, self.settings)
        self.entry: ASGIApp = self.app
        self.clock = outside.clock
        self.work = outside.work
        self.models = outside.models
        self.transcribers = outside.transcribers
        self.speakers = outside.speakers
        self.books = outside.books
        self.files = outside.files
        self.image_makers = outside.image_makers
        self.video_makers = outside.video_makers
        self.downloads = outside.downloads
        self.anna: Account
        self.boris: Account
        self.token = ""
        self.boris_token = ""

    def script(self, *rounds: Sequence[Step], provider: str = "openai") -> ScriptedChatModel:
        """Let the provider say this, one round for each question."""
        model = ScriptedChatModel(*rounds)
        self.models[provider] = model
        return model

    @property
    def headers(self) -> dict[str, str]:
        """Anna's."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def boris_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.boris_token}"}

    @property
    async def turns(self) -> Turns:
        return await self.container.get(Turns)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Parley", None]:
        """Run the application's life in a task of its own, as a server does."""
        started, stop = asyncio.Event(), asyncio.Event()

        async def live() -> None:
            async with self.app.lifespan():
                started.set()
                await stop.wait()

        life = asyncio.create_task(live())
        begun = asyncio.create_task(started.wait())
        await asyncio.wait({life, begun}, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        if life.done():
            life.result()
        await self._two_users()
        try:
            yield self
        finally:
            stop.set()
            await life
            give_back(self.app, self.settings)

    def client(self) -> httpx.AsyncClient:
        """Return a client without a token."""
        transport = httpx.ASGITransport(self.entry, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
        return httpx.AsyncClient(transport=transport, base_url="http://parley.test")

    async def sign_in(self) -> None:
        """Give Anna a token that counts."""
        async with self.work() as db:
            self.anna = await db.accounts.get(self.anna.id)
        self.token = (await self.container.get(Tokens)).issue(self.anna)

    async def _two_users(self) -> None:
        add, tokens = await self.container.get(AddUser), await self.container.get(Tokens)
        self.anna = await add("anna@example.org", PASSWORD)
        self.boris = await add("boris@example.org", PASSWORD)
        self.token, self.boris_token = tokens.issue(self.anna), tokens.issue(self.boris)


def _changed(settings: Settings, changes: dict[str, object]) -> Settings:
    return msgspec.structs.replace(settings, **changes)

"""The whole application in this process: memory adapters, scripted models, a clock of the test."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from dishka import AsyncContainer, Provider, Scope, provide
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
from entrypoints.web.app import create_app
from entrypoints.web.provider import WebProvider
from entrypoints.wiring.container import make_container
from entrypoints.wiring.providers.media import ImageMakers, VideoMakers
from entrypoints.wiring.providers.models import ChatModels
from entrypoints.wiring.providers.speech import AllowanceBooks, Speakers, Transcribers
from entrypoints.wiring.settings import Secret, Settings

PASSWORD = "correct horse battery staple"
SECRET = Secret("a secret of the tests, thirty-two bytes or more")


class MemoryProvider(Provider):
    """Takes the place of everything outside the process."""

    scope = Scope.APP

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.own_clock = clock
        self.own_work = MemoryUnitOfWork(self.own_clock)
        self.own_models: dict[str, ChatModel] = {}
        self.own_transcribers: dict[str, Transcriber] = {}
        self.own_speakers: dict[str, Speaker] = {}
        self.own_books: dict[str, AllowanceBook] = {}
        self.own_files = MemoryFiles(self.own_clock)
        self.own_image_makers: dict[str, ImageMaker] = {}
        self.own_video_makers: dict[str, VideoMaker] = {}
        self.own_downloads = MemoryDownloads()

    passwords = provide(MemoryPasswords, provides=Passwords, override=True)
    remains = provide(MemoryRemains, provides=Remains, override=True)

    @provide(override=True)
    def clock(self) -> Clock:
        return self.own_clock

    @provide(override=True)
    def work(self) -> UnitOfWork:
        return self.own_work

    @provide(override=True)
    def models(self) -> ChatModels:
        return self.own_models

    @provide(override=True)
    def files(self) -> Files:
        return self.own_files

    @provide(override=True)
    def transcribers(self) -> Transcribers:
        return self.own_transcribers

    @provide(override=True)
    def speakers(self) -> Speakers:
        return self.own_speakers

    @provide(override=True)
    def books(self) -> AllowanceBooks:
        return self.own_books

    @provide(override=True)
    def image_makers(self) -> ImageMakers:
        return ImageMakers(self.own_image_makers)

    @provide(override=True)
    def video_makers(self) -> VideoMakers:
        return VideoMakers(self.own_video_makers)

    @provide(override=True)
    def downloads(self) -> Downloads:
        return self.own_downloads


class Parley:
    """A running application, two users, and what a test needs to steer it."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, **changes: object) -> None:
        settings = Settings(env="test", data_dir=folder, auth_secret=SECRET)
        self.settings = _changed(settings, changes)
        self._memory = MemoryProvider(clock or ManualClock())
        self.container: AsyncContainer = make_container(self.settings, WebProvider(), self._memory)
        self.app: Litestar = create_app(self.container, self.settings)
        self.entry: ASGIApp = self.app
        self.clock = self._memory.own_clock
        self.work = self._memory.own_work
        self.models = self._memory.own_models
        self.transcribers = self._memory.own_transcribers
        self.speakers = self._memory.own_speakers
        self.books = self._memory.own_books
        self.files = self._memory.own_files
        self.image_makers = self._memory.own_image_makers
        self.video_makers = self._memory.own_video_makers
        self.downloads = self._memory.own_downloads
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

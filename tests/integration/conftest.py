"""A real server, with a simulated provider behind it and two users in its database."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.databases import upgrade
from entrypoints.wiring.settings import Secret, Settings
from tests.integration.live_server import ThreadServer
from tests.integration.phone import Phone
from tests.simulators.openai import OpenAISimulator

SECRET = Secret("a secret of the tests, thirty-two bytes or more")


@pytest.fixture
def simulator() -> Generator[OpenAISimulator, None, None]:
    with OpenAISimulator() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, simulator: OpenAISimulator) -> Settings:
    """Return settings under which `gpt-4o-mini` and `local/…` reach the simulator."""
    return Settings(
        env="test",
        data_dir=tmp_path,
        auth_secret=SECRET,
        openai_api_key=Secret("sk-simulated-key-0123456789"),
        openai_base_url=simulator.base_url,
        xai_api_key=Secret("xai-simulated-key"),
        xai_base_url=simulator.base_url,
        groq_api_key=Secret("gsk-simulated-key"),
        groq_base_url=simulator.base_url,
        deepseek_api_key=Secret("sk-deepseek-simulated-key"),
        deepseek_base_url=simulator.base_url,
        perplexity_api_key=Secret("pplx-simulated-key"),
        perplexity_base_url=simulator.base_url,
        local_base_url=simulator.base_url,
        cors_origins=("http://localhost:*",),
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database with all tables, to be copied: migrating takes a while."""
    folder = tmp_path_factory.mktemp("migrated")
    upgrade(Settings(env="test", data_dir=folder))
    return folder / "main.db"


@pytest.fixture
def server(settings: Settings, migrated: Path) -> Generator[ThreadServer, None, None]:
    shutil.copy(migrated, settings.data_dir)
    with ThreadServer(settings) as running:
        running.run(two_users(running)).result()
        yield running


async def two_users(server: ThreadServer) -> None:
    work = await server.container.get(UnitOfWork)
    tokens = await server.container.get(Tokens)
    for name in ("anna", "boris"):
        async with work() as db:
            account = await db.accounts.add(name, "no password fits this", f"{name}@example.org")
        server.tokens[name] = tokens.issue(account)


@pytest.fixture
def anna(server: ThreadServer) -> str:
    """Return Anna's token; she is customer 1."""
    return server.tokens["anna"]


@pytest.fixture
def boris(server: ThreadServer) -> str:
    """Return Boris's token; he is customer 2."""
    return server.tokens["boris"]


@pytest.fixture(scope="module")
def phone(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path
) -> Generator[tuple[Phone, ThreadServer], None, None]:
    found = Phone(tmp_path_factory.mktemp("phone"))
    with found.deepgram, found.elevenlabs, found.openai:
        shutil.copy(migrated, found.folder)
        with ThreadServer(found.settings(SECRET)) as server:
            server.run(two_users(server)).result()
            yield found, server

"""Claude Code behind a real server: the socket's frames, the session kept, the cancel in time."""

import json
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from msgspec import structs

from entrypoints.wiring.settings import Settings
from tests.integration.chat_client import ask, chat, kinds, numbers, text
from tests.integration.conftest import two_users
from tests.integration.live_server import ThreadServer
from tests.simulators import claude_code as sim
from tests.simulators.claude_code import SESSION, FakeClaude

pytestmark = pytest.mark.integration


@pytest.fixture
def fake(tmp_path: Path) -> FakeClaude:
    return FakeClaude(
        tmp_path / "fake",
        sim.answer("Hi ", "you."),
        sim.answer("Again."),
        [*sim.answer("x")[:3], sim.hang()],
    )


@pytest.fixture
def server(
    settings: Settings, migrated: Path, fake: FakeClaude
) -> Generator[ThreadServer, None, None]:
    shutil.copy(migrated, settings.data_dir)
    with ThreadServer(structs.replace(settings, claude_code=fake.program)) as running:
        running.run(two_users(running)).result()
        yield running


async def test_a_conversation_goes_on_in_its_session_and_is_cancelled(
    server: ThreadServer, anna: str, fake: FakeClaude
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("Hello", model="claude-code"))
        frames = await client.turn()
        assert text(frames) == "Hi you."
        assert numbers(frames)[0] == 1
        assert {"claudeSession", "claudeCodeFinalResult"} <= {*kinds(frames)}
        saved = next(frame for frame in frames if frame["type"] == "db_operation_executed")
        talk = json.loads(saved["content"])["session_id"]
        await client.send(ask("More", model="claude-code", session_id=talk))
        assert text(await client.turn()) == "Again."
        await client.send(ask("Work", model="claude-sidecar", session_id=talk))
        await client.until("text_chunk")
        await client.send({"type": "cancel"})
        assert "cancelled" in kinds(await client.turn())
    first, *later = fake.runs
    assert not any("--resume" in argument for argument in first.arguments)
    assert all(f"--resume={SESSION}" in run.arguments for run in later)
    assert len(later) == 2


async def test_without_the_program_the_variable_is_named(
    settings: Settings, migrated: Path
) -> None:
    shutil.copy(migrated, settings.data_dir)
    with ThreadServer(settings) as running:
        running.run(two_users(running)).result()
        async with chat(running.address, running.tokens["anna"]) as client:
            await client.send(ask("Hello", model="claude-code"))
            error = next(f for f in await client.turn() if f["type"] == "error")
    assert "PARLEY_CLAUDE_CODE" in error["content"]

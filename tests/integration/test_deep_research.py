"""Deep research over real sockets: every stage spoiled in every way, clients and processes gone."""

import shutil
import signal
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from entrypoints.wiring.settings import Secret, Settings
from tests.integration.chat_client import Frame, ask, chat, kinds, text
from tests.integration.conftest import SECRET, two_users
from tests.integration.live_server import ProcessServer, ThreadServer
from tests.simulators.compatible_wire import perplexity_stream
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import Cut, Gate, Hang, Reply, failure, raw, spoiled

pytestmark = pytest.mark.integration

REPORT = "High at noon [1] and low at six [2]."
PLAN, FOUND, ANSWER = chat_stream("Find the tide"), perplexity_stream(REPORT), chat_stream("Noon.")
FAULTS: dict[str, Reply] = {
    "provider_unauthorized": failure(401, "No"),
    "provider_overloaded": failure(429, "Slow down", retry_after="0"),
    "provider_garbled": raw(b"<html>what</html>"),
}


def research(question: str = "When is high tide?", model: str = "gpt-4o-mini") -> Frame:
    request = ask(question, model=model)
    request["user_settings"]["text"]["deep_research_enabled"] = True
    return request


def stages(frames: list[Frame]) -> list[dict[str, Any]]:
    return [frame["content"] for frame in frames if frame.get("event_type") == "deepResearch"]


def cut(reply: Reply) -> Reply:
    return spoiled(reply, 3, Cut())


@pytest.fixture(scope="module")
def provider() -> Generator[OpenAISimulator, None, None]:
    with OpenAISimulator() as running:
        yield running


@pytest.fixture(scope="module")
def live(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, provider: OpenAISimulator
) -> Generator[ThreadServer, None, None]:
    folder = tmp_path_factory.mktemp("research")
    shutil.copy(migrated, folder)
    settings = Settings(
        env="test",
        data_dir=folder,
        auth_secret=SECRET,
        openai_api_key=Secret("sk-simulated-key-0123456789"),
        openai_base_url=provider.base_url,
        perplexity_api_key=Secret("pplx-simulated-key"),
        perplexity_base_url=provider.base_url,
        circuit_failures=0,
    )
    with ThreadServer(settings) as running:
        running.run(two_users(running)).result()
        yield running


async def test_a_question_is_researched_over_the_wire(
    live: ThreadServer, provider: OpenAISimulator
) -> None:
    provider.script(PLAN, FOUND, ANSWER)
    async with chat(live.address, live.tokens["anna"]) as client:
        await client.send(research())
        frames = await client.turn()
    assert stages(frames)[-1]["type"] == "deepResearchCompleted"
    assert stages(frames)[-1]["citationsCount"] == 2
    assert text(frames) == "Noon."
    asked = [request.json for request in provider.requests[-3:]]
    assert [body["model"] for body in asked] == [
        "gpt-4o-mini",
        "sonar-deep-research",
        "gpt-4o-mini",
    ]
    assert asked[1]["reasoning_effort"] == "medium"
    assert (asked[1]["temperature"], asked[1]["max_tokens"]) == (0.2, 2048)


@pytest.mark.parametrize("code", [*FAULTS, "provider_broke_off"])
async def test_each_stage_bears_what_its_provider_does(
    live: ThreadServer, provider: OpenAISimulator, code: str
) -> None:
    fault = FAULTS.get(code)
    times = 3 if code == "provider_overloaded" else 1  # It is asked again, at once.
    async with chat(live.address, live.tokens["anna"]) as client:
        provider.script(*[fault or cut(PLAN)] * times, FOUND, ANSWER)
        await client.send(research())
        first = await client.turn()
        provider.script(PLAN, *[fault or cut(FOUND)] * times)
        await client.send(research())
        second = await client.turn()
        provider.script(PLAN, FOUND, *[fault or cut(ANSWER)] * times)
        await client.send(research())
        third = await client.turn()
    assert stages(first)[2]["fallbackReason"] == code
    assert text(first) == "Noon."
    error = next(frame for frame in second if frame["type"] == "error")
    assert (error["code"], error["stage"]) == (code, "text")
    assert stages(second)[-1]["type"] == "deepResearchError"
    assert kinds(second)[-2:] == ["text_completed", "tts_not_requested"]
    assert stages(third)[-1]["fallbackReason"] == code
    assert text(third).endswith(REPORT)


@pytest.mark.parametrize("stage", [1, 2, 3])
async def test_a_provider_that_hangs_is_left_by_a_cancel(
    live: ThreadServer, provider: OpenAISimulator, stage: int
) -> None:
    replies = [PLAN, FOUND, ANSWER]
    replies[stage - 1] = spoiled(replies[stage - 1], 0, Hang())
    provider.script(*replies[:stage])
    async with chat(live.address, live.tokens["anna"]) as client:
        before = len(provider.requests)
        await client.send(research())
        while len(provider.requests) < before + stage:
            await (await client.socket.ping())
        await client.send({"type": "cancel"})
        frames = await client.turn()
    assert kinds(frames)[-4:] == [
        "cancelled",
        "db_operation_executed",
        "text_completed",
        "tts_not_requested",
    ]
    await provider.requests[-1].client_left()


async def test_research_goes_on_when_its_client_has_gone(
    live: ThreadServer, provider: OpenAISimulator
) -> None:
    gate = Gate()
    provider.script(PLAN, Reply([gate, *FOUND.steps], headers=FOUND.headers), ANSWER)
    async with chat(live.address, live.tokens["anna"]) as client:
        await client.send(research())
        turn = (await client.until("working"))["turn_id"]
    provider.open(gate)
    async with chat(live.address, live.tokens["anna"]) as client:
        await client.send({"type": "follow", "turn_id": turn, "after": 0})
        frames = await client.turn()
    assert [stage["stage"] for stage in stages(frames)][-1] == "completed"


async def test_a_killed_server_keeps_what_each_stage_has_found(
    tmp_path: Path, live: ThreadServer, provider: OpenAISimulator
) -> None:
    with (
        closing(sqlite3.connect(live.settings.data_dir / "main.db")) as users,
        closing(sqlite3.connect(tmp_path / "main.db")) as copy,
    ):
        users.backup(copy)
        (before,) = copy.execute(
            "SELECT coalesce(max(message_id), 0) FROM ChatMessagesNG"
        ).fetchone()
    token = live.tokens["anna"]
    environ = {
        "PARLEY_DATA_DIR": str(tmp_path),
        "PARLEY_AUTH_SECRET": SECRET,
        "LOCAL_BASE_URL": provider.base_url,
        "PERPLEXITY_API_KEY": "pplx-simulated-key",
        "PERPLEXITY_BASE_URL": provider.base_url,
    }

    def rows() -> list[tuple[Any, ...]]:
        query = "SELECT message, state FROM ChatMessagesNG WHERE sender = 'AI' AND message_id > ?"
        with closing(sqlite3.connect(tmp_path / "main.db")) as db:
            return db.execute(query, (before,)).fetchall()

    with ProcessServer(environ) as first:
        async with chat(first.address, token) as client:
            provider.script(PLAN, spoiled(FOUND, 2, Hang()))
            await client.send(research("One?", "local/m"))
            while len(rows()) < 1:
                await (await client.socket.ping())
            async with chat(first.address, token) as other:
                provider.script(PLAN, FOUND, spoiled(ANSWER, 0, Hang()))
                await other.send(research("Two?", "local/m"))
                while len(rows()) < 2:
                    await (await other.socket.ping())
                first.stop(signal.SIGKILL)
    with ProcessServer(environ) as second:
        assert sorted(rows()) == [
            ("High at", "interrupted"),
            (REPORT, "completed"),
        ]
        assert second.process is not None

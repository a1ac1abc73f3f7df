"""Who answers when a model, a key or a whole provider fails: over real connections.

The clock stands still, so a rest is over when a test says so, and nobody ever waits.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from application.providers.patience import ATTEMPTS
from entrypoints.wiring.settings import Secret
from tests.integration.chat_client import Frame, ask, chat, kinds, text
from tests.integration.provider_servers import (
    TimedServer,
    provider_settings,
    served,
    simulators,
)
from tests.simulators.provider_wires import SAID, TALK, WIRES
from tests.simulators.replies import Cut
from tests.simulators.server import Simulator

pytestmark = pytest.mark.integration

GPT, CLAUDE, GEMINI = WIRES["openai chat"], WIRES["anthropic"], WIRES["gemini"]
STAND_INS = f'[fallback.models]\n{GPT.model} = ["{CLAUDE.model}", "{GEMINI.model}"]\n'

Serve = Callable[..., AbstractContextManager[TimedServer]]


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture
def sims() -> Generator[dict[str, Simulator], None, None]:
    with simulators() as running:
        for wire in (GPT, CLAUDE, GEMINI):
            running[wire.simulator].default = wire.talk
        yield running


@pytest.fixture
def openai(sims: dict[str, Simulator]) -> Simulator:
    return sims["openai"]


@pytest.fixture
def anthropic(sims: dict[str, Simulator]) -> Simulator:
    return sims["anthropic"]


@pytest.fixture
def google(sims: dict[str, Simulator]) -> Simulator:
    return sims["google"]


@pytest.fixture
def serve(tmp_path: Path, migrated: Path, sims: dict[str, Simulator]) -> Serve:
    """Return what runs a server; its settings may differ."""
    addresses = {name: sim.address for name, sim in sims.items()}

    def run(models: str = "", **changes: object) -> AbstractContextManager[TimedServer]:
        if models:
            (tmp_path / "models.toml").write_text(models)
            changes["models_file"] = tmp_path / "models.toml"
        settings = provider_settings(tmp_path / "data", addresses, **changes)
        return served(settings, migrated)

    return run


async def asked(server: TimedServer, model: str = GPT.model, **text_settings: Any) -> list[Frame]:
    """Return the frames of one turn on the socket."""
    question = ask("Hello", model=model)
    question["user_settings"]["text"] |= text_settings
    async with chat(server.address, server.anna) as client:
        await client.send(question)
        return await client.turn()


async def posted(server: TimedServer, model: str = GPT.model) -> httpx.Response:
    """Return what `POST /chat` answers."""
    headers = {"Authorization": f"Bearer {server.anna}"}
    body = {"customer_id": 1, "prompt": "Hello", "settings": {"text": {"model": model}}}
    async with httpx.AsyncClient(headers=headers) as http:
        return await http.post(f"http://{server.address}/chat", json=body)


def in_use(frames: list[Frame]) -> list[tuple[str, str | None]]:
    """Return every model that was told to be in use, and why it took over."""
    told = [f["content"] for f in frames if f.get("event_type") == "aiTextModelInUse"]
    return [(each["provider"], each.get("fallbackReason")) for each in told]


def failure(frames: list[Frame]) -> tuple[str, str]:
    [error] = [frame for frame in frames if frame["type"] == "error"]
    return error["code"], error["stage"]


def keys_of(sim: Simulator) -> list[str]:
    """Return the key that each request came with."""
    return [request.headers["authorization"].removeprefix("Bearer ") for request in sim.requests]


async def test_the_operators_stand_in_takes_over_before_the_first_word(
    serve: Serve, openai: Simulator
) -> None:
    openai.default = GPT.refusal(500)
    with serve(STAND_INS) as server:
        frames = await asked(server)
        answer = await posted(server)
    assert in_use(frames) == [("openai", None), ("anthropic", "provider_unavailable")]
    assert kinds(frames)[-4:-2] == ["textGenerationCompleted", "db_operation_executed"]
    assert text(frames) == TALK
    assert "error" not in kinds(frames)
    assert answer.status_code == 200
    said = answer.json()["data"]
    assert (said["text"], said["provider"], said["model"]) == (
        TALK,
        "anthropic",
        "claude-haiku-4-5",
    )


async def test_stand_ins_are_tried_in_their_order(
    serve: Serve, openai: Simulator, anthropic: Simulator
) -> None:
    openai.default = GPT.refusal(503)
    anthropic.default = CLAUDE.refusal(429)
    with serve(STAND_INS) as server:
        frames = await asked(server)
    assert in_use(frames) == [
        ("openai", None),
        ("anthropic", "provider_unavailable"),
        ("gemini", "provider_overloaded"),
    ]
    assert text(frames) == TALK


async def test_a_request_names_its_own_stand_ins(
    serve: Serve, openai: Simulator, anthropic: Simulator
) -> None:
    openai.script(GPT.refusal(404), GPT.refusal(404))
    with serve(STAND_INS) as server:
        own = await asked(server, fallback_models=["gemini"])
        none = await asked(server, fallback_models=[])
    assert in_use(own) == [("openai", None), ("gemini", "model_not_offered")]
    assert failure(none) == ("model_not_offered", "provider")
    assert anthropic.requests == []


async def test_nobody_takes_over_once_something_was_said(
    serve: Serve, openai: Simulator, anthropic: Simulator
) -> None:
    openai.script(GPT.after_words(Cut()))
    with serve(STAND_INS) as server:
        frames = await asked(server)
    assert in_use(frames) == [("openai", None)]
    assert text(frames) == SAID
    assert failure(frames) == ("provider_broke_off", "text")
    assert anthropic.requests == []


async def test_nobody_takes_over_a_question_that_is_itself_at_fault(
    serve: Serve, openai: Simulator, anthropic: Simulator
) -> None:
    openai.script(GPT.too_long)
    with serve(STAND_INS) as server:
        frames = await asked(server)
    assert failure(frames) == ("context_too_long", "provider")
    assert anthropic.requests == []


async def test_when_all_fail_the_model_that_was_asked_for_says_why(
    serve: Serve, openai: Simulator, anthropic: Simulator, google: Simulator
) -> None:
    openai.script(GPT.refusal(401))
    anthropic.default = CLAUDE.refusal(529)
    google.default = GEMINI.refusal(500)
    with serve(STAND_INS) as server:
        frames = await asked(server)
    assert len(in_use(frames)) == 3
    assert failure(frames) == ("provider_unauthorized", "provider")


async def test_the_next_key_answers_at_once_for_one_over_its_limit(
    serve: Serve, openai: Simulator
) -> None:
    openai.script(GPT.refusal(429, retry_after="60"))
    with serve(openai_api_key=Secret("k1,k2")) as server:
        first = await asked(server)
        await asked(server)
        await server.later(60)
        await asked(server)
    assert text(first) == TALK
    assert kinds(first)[:3] == ["working", "aiTextModelInUse", "text_chunk"], "without a wait"
    assert keys_of(openai) == ["k1", "k2", "k2", "k1"]


async def test_the_next_key_answers_for_one_that_is_refused(
    serve: Serve, openai: Simulator
) -> None:
    openai.script(GPT.refusal(401))
    with serve(openai_api_key=Secret("k1,k2")) as server:
        assert text(await asked(server)) == TALK
        assert text(await asked(server)) == TALK
    assert keys_of(openai) == ["k1", "k2", "k2"]


async def test_when_every_key_is_over_its_limit_the_shortest_wait_is_told(
    serve: Serve, openai: Simulator
) -> None:
    openai.script(GPT.refusal(429, retry_after="60"), GPT.refusal(429, retry_after="40"))
    with serve(openai_api_key=Secret("k1,k2")) as server:
        assert failure(await asked(server)) == ("provider_overloaded", "provider")
        refused = await posted(server)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert len(openai.requests) == 2, "the second question reached nobody"


async def test_a_dead_provider_is_left_alone_until_a_probe_gets_through(
    serve: Serve, openai: Simulator
) -> None:
    openai.default = GPT.refusal(500)
    with serve(circuit_failures=ATTEMPTS + 1) as server:
        assert failure(await asked(server)) == ("provider_unavailable", "provider")
        assert failure(await asked(server)) == ("provider_unavailable", "provider"), "one more"
        assert len(openai.requests) == ATTEMPTS + 1
        assert failure(await asked(server)) == ("provider_down", "provider")
        refused = await posted(server)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert len(openai.requests) == ATTEMPTS + 1, "nobody was asked meanwhile"
        await server.later(30)
        assert failure(await asked(server)) == ("provider_unavailable", "provider")
        assert len(openai.requests) == ATTEMPTS + 2, "one probe"
        assert (await posted(server)).headers["Retry-After"] == "60", "it failed"
        await server.later(60)
        openai.default = GPT.talk
        assert text(await asked(server)) == TALK
        assert text(await asked(server)) == TALK, "the circuit is closed again"
    assert len(openai.requests) == ATTEMPTS + 4


async def test_a_dead_provider_gives_way_without_being_asked(
    serve: Serve, openai: Simulator
) -> None:
    openai.default = GPT.refusal(500)
    with serve(STAND_INS, circuit_failures=ATTEMPTS) as server:
        await asked(server)
        frames = await asked(server)
    assert in_use(frames) == [("openai", None), ("anthropic", "provider_down")]
    assert text(frames) == TALK
    assert len(openai.requests) == ATTEMPTS


async def test_faults_of_questions_and_keys_do_not_open_the_circuit(
    serve: Serve, openai: Simulator
) -> None:
    with serve(circuit_failures=1) as server:
        for fault in (GPT.too_long, GPT.refusal(401), GPT.refusal(429), GPT.no_model):
            openai.default = fault
            await asked(server)
        openai.default = GPT.talk
        assert text(await asked(server)) == TALK


async def test_one_dead_provider_leaves_the_others_of_its_kind_alone(
    serve: Serve, openai: Simulator
) -> None:
    xai = WIRES["xai"]
    openai.script(GPT.refusal(500), xai.talk)
    with serve(circuit_failures=1) as server:
        await asked(server)
        assert text(await asked(server, xai.model)) == TALK
        assert failure(await asked(server)) == ("provider_down", "provider")

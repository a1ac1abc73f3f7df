"""Every provider, every fault: what a client is told on the socket and over HTTP.

The real application and the real adapters, over real connections to simulated providers. What may
be asked again is, as often as in life but without the waits between. Nobody stands in for anybody:
that is for `test_stand_ins.py`.
"""

import json
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import stamina

from application.providers.patience import ATTEMPTS
from tests.integration.chat_client import Frame, kinds, numbers, text
from tests.integration.provider_servers import (
    INTERFACES,
    Doors,
    deserted,
    opened,
    simulators,
)
from tests.simulators.provider_wires import KEY, SAID, TALK, WIRES, Wire
from tests.simulators.replies import Cut, Hang, Reply, Step, delayed, raw
from tests.simulators.server import Simulator

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

PAIR = ["text_completed", "tts_not_requested"]
SHORT_S = 0.05
"""How long a silence may be where silence is the subject."""


@dataclass(frozen=True)
class Told:
    """What a client learns of a fault."""

    code: str
    stage: str
    """`provider` while nothing was said, `text` once some of the answer was."""
    status: int
    """Of `POST /chat`."""
    asked: int = 1
    """How often the provider is asked before it is told."""
    retry_after: str | None = None
    """The header, where there is one."""


CLOSED = "a cut before the headers"
BEFORE: dict[str, Told] = {
    "401": Told("provider_unauthorized", "provider", 502),
    "403": Told("provider_unauthorized", "provider", 502),
    "404": Told("model_not_offered", "provider", 502),
    "no such model": Told("model_not_offered", "provider", 502),
    "too long": Told("context_too_long", "provider", 502),
    "400": Told("provider_rejected", "provider", 502),
    "413": Told("context_too_long", "provider", 502),
    "429": Told("provider_overloaded", "provider", 429, ATTEMPTS, "5"),
    "500": Told("provider_unavailable", "provider", 502, ATTEMPTS),
    "503": Told("provider_unavailable", "provider", 502, ATTEMPTS),
    "529": Told("provider_overloaded", "provider", 429, ATTEMPTS, "5"),
    "a page": Told("provider_garbled", "provider", 502),
    "no JSON": Told("provider_garbled", "provider", 502),
    "nothing": Told("provider_broke_off", "provider", 502, ATTEMPTS),
    "an error event": Told("provider_overloaded", "provider", 429, ATTEMPTS, "5"),
    CLOSED: Told("provider_broke_off", "provider", 502, ATTEMPTS),
    "a cut after the headers": Told("provider_broke_off", "provider", 502, ATTEMPTS),
}
"""Faults before the first word."""
AFTER: dict[str, Told] = {
    "a cut": Told("provider_broke_off", "text", 502),
    "an early end": Told("provider_broke_off", "text", 502),
    "no JSON": Told("provider_garbled", "text", 502),
    "an error event": Told("provider_overloaded", "text", 429, retry_after="5"),
}
"""Faults after some words."""
NAMED_WAIT = Told("provider_overloaded", "provider", 429, ATTEMPTS, "7")
NO_WORD = Told("provider_first_token_timeout", "provider", 502, ATTEMPTS)
STALLED = Told("provider_stalled", "text", 502)
NOBODY = Told("provider_unreachable", "provider", 502, ATTEMPTS)


def before(wire: Wire, fault: str) -> Reply:
    """Return the reply that is this fault."""
    if fault.isdecimal():
        return wire.refusal(int(fault))
    return {
        "no such model": wire.no_model,
        "too long": wire.too_long,
        "a page": raw(b"<!doctype html><html>Log in</html>"),
        "no JSON": wire.at_once(b"data: {]\n\n"),
        "nothing": wire.at_once(),
        "an error event": wire.at_once(wire.overloaded),
        "a cut before the headers": delayed(wire.talk, Cut()),
        "a cut after the headers": wire.at_once(Cut()),
    }[fault]


def after(wire: Wire, fault: str) -> Reply:
    """Return the reply that says some words and is then this fault."""
    how: dict[str, list[Step]] = {
        "a cut": [Cut()],
        "an early end": [],
        "no JSON": [b"data: {]\n\n"],
        "an error event": [wire.overloaded],
    }
    return wire.after_words(*how[fault])


each_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)


@pytest.fixture(scope="module", autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture(scope="module")
def sims() -> Iterator[dict[str, Simulator]]:
    with simulators() as running:
        yield running


@pytest.fixture
def sim(sims: dict[str, Simulator], wire: Wire) -> Simulator:
    sims[wire.simulator].requests.clear()
    return sims[wire.simulator]


def addresses_of(sims: dict[str, Simulator]) -> dict[str, str]:
    return {name: sim.address for name, sim in sims.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, sims: dict[str, Simulator]
) -> AsyncGenerator[Doors, None]:
    """One server for all faults, so that none may harm the next answer."""
    folder = tmp_path_factory.mktemp("patient")
    async with opened(folder, migrated, addresses_of(sims)) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def no_word_doors(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, sims: dict[str, Simulator]
) -> AsyncGenerator[Doors, None]:
    """A server that does not wait long for a first word."""
    folder = tmp_path_factory.mktemp("no-word")
    changes = {"provider_first_token_timeout_s": SHORT_S}
    async with opened(folder, migrated, addresses_of(sims), **changes) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stalled_doors(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, sims: dict[str, Simulator]
) -> AsyncGenerator[Doors, None]:
    """A server that does not wait long for the next word."""
    folder = tmp_path_factory.mktemp("stalled")
    changes = {"provider_idle_timeout_s": SHORT_S}
    async with opened(folder, migrated, addresses_of(sims), **changes) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deserted_doors(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path
) -> AsyncGenerator[Doors, None]:
    """A server whose providers are all gone."""
    folder = tmp_path_factory.mktemp("deserted")
    with deserted() as address:
        addresses = dict.fromkeys(INTERFACES, address)
        async with opened(folder, migrated, addresses) as found:
            yield found


def check_frames(frames: list[Frame], wire: Wire, told: Told) -> None:
    [error] = [frame for frame in frames if frame["type"] == "error"]
    assert (error["code"], error["stage"]) == (told.code, told.stage)
    assert wire.provider in error["content"]
    assert error["provider"] == wire.provider
    assert kinds(frames)[0] == "working"
    assert kinds(frames)[-2:] == PAIR
    retries = [frame for frame in frames if frame.get("event_type") == "providerRetry"]
    assert [retry["content"]["attempt"] for retry in retries] == [*range(2, told.asked + 1)]
    assert numbers(frames)[0] == 1
    assert len({frame["turn_id"] for frame in frames}) == 1
    assert len({frame["session_id"] for frame in frames}) == 1
    check_discretion(json.dumps(frames))


def check_answer(answer: httpx.Response, wire: Wire, told: Told) -> None:
    assert answer.status_code == told.status
    assert answer.headers.get("Retry-After") == told.retry_after
    body = answer.json()
    assert (body["code"], body["success"]) == (told.status, False)
    assert body["detail"]["error"] == "provider_error"
    assert body["detail"]["context"] == {"provider": wire.provider}
    assert wire.provider in body["message"]
    check_discretion(answer.text)


def check_discretion(shown: str) -> None:
    for hidden in (KEY, "127.0.0.1", "<html", "Traceback"):
        assert hidden not in shown


@each_wire
@pytest.mark.parametrize("fault", BEFORE)
async def test_a_fault_before_the_first_word(
    doors: Doors, sim: Simulator, wire: Wire, fault: str
) -> None:
    told = BEFORE[fault]
    sim.default = before(wire, fault)
    frames = await doors.socket(wire)
    check_frames(frames, wire, told)
    assert text(frames) == ""
    check_answer(await doors.http(wire), wire, told)
    # A kept connection that ends without a word had been closed before it was asked: no attempt.
    attempts = [one for one in sim.requests if fault != CLOSED or not one.connection_used]
    assert len(attempts) == 2 * told.asked
    question, *answer = await doors.stored(frames)
    assert (question["message"], answer) == ("Hello", [])


@each_wire
async def test_a_wait_that_the_provider_names_is_told_and_kept(
    doors: Doors, sim: Simulator, wire: Wire
) -> None:
    sim.default = wire.refusal(429, retry_after="7")
    frames = await doors.socket(wire)
    check_frames(frames, wire, NAMED_WAIT)
    [error] = [frame for frame in frames if frame["type"] == "error"]
    assert 6.9 <= error["retry_after"] <= 7
    check_answer(await doors.http(wire), wire, NAMED_WAIT)
    assert len(sim.requests) == 1, "the clock stands still, so it was left alone"
    await doors.server.later(7)
    sim.default = wire.talk
    assert (await doors.http(wire)).status_code == 200


@each_wire
@pytest.mark.parametrize("fault", AFTER)
async def test_a_fault_after_some_words_keeps_and_shows_them(
    doors: Doors, sim: Simulator, wire: Wire, fault: str
) -> None:
    told = AFTER[fault]
    sim.default = after(wire, fault)
    frames = await doors.socket(wire)
    check_frames(frames, wire, told)
    assert text(frames) == SAID
    check_answer(await doors.http(wire), wire, told)
    assert len(sim.requests) == 2, "what was said cannot be unsaid"
    question, answer = await doors.stored(frames)
    assert question["message"] == "Hello"
    assert (answer["message"], answer["state"]) == (SAID, "failed")


@each_wire
async def test_a_silence_before_the_first_word(
    no_word_doors: Doors, sim: Simulator, wire: Wire
) -> None:
    sim.default = delayed(wire.talk, Hang())
    frames = await no_word_doors.socket(wire)
    check_frames(frames, wire, NO_WORD)
    assert text(frames) == ""
    sim.default = wire.at_once(Hang())
    check_answer(await no_word_doors.http(wire), wire, NO_WORD)


@each_wire
async def test_a_silence_after_some_words(stalled_doors: Doors, sim: Simulator, wire: Wire) -> None:
    sim.default = wire.after_words(Hang())
    frames = await stalled_doors.socket(wire)
    check_frames(frames, wire, STALLED)
    assert text(frames) == SAID
    check_answer(await stalled_doors.http(wire), wire, STALLED)
    for request in sim.requests:
        await request.client_left()


@each_wire
async def test_nobody_there(deserted_doors: Doors, wire: Wire) -> None:
    check_frames(await deserted_doors.socket(wire), wire, NOBODY)
    check_answer(await deserted_doors.http(wire), wire, NOBODY)


@each_wire
async def test_after_all_faults_the_provider_answers(
    doors: Doors, sim: Simulator, wire: Wire
) -> None:
    sim.default = wire.talk
    frames = await doors.socket(wire)
    assert "error" not in kinds(frames)
    assert text(frames) == TALK
    answer = await doors.http(wire)
    assert answer.status_code == 200
    assert answer.json()["data"]["text"] == TALK

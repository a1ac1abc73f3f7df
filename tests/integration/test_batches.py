"""Batches in a real server: killed at the worst moments, and as large as they come."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.container import make_container
from entrypoints.wiring.settings import Settings
from tests.integration.conftest import SECRET
from tests.integration.live_server import ProcessServer, clean_environ
from tests.simulators.batch_house import BatchHouse, answer_to
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Gate, Reply, Step
from tests.simulators.server import Request

pytestmark = pytest.mark.integration
PATH = "/api/v1/batch"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def house() -> Generator[BatchHouse, None, None]:
    with BatchHouse() as running:
        yield running


class Stuck:
    """An answer that never ends, although the house has done what was asked."""

    def __init__(self, house: BatchHouse, first: bytes | None = None) -> None:
        self._house = house
        self._first = first
        self.asked = threading.Event()

    def __call__(self, request: Request) -> Reply:
        whole = self._house.as_asked(request)
        self.asked.set()
        steps: list[Step] = [Gate()] if self._first is None else [self._first, Gate()]
        return Reply(steps, whole.status, whole.headers)


async def token_of_anna(folder: Path) -> str:
    container = make_container(Settings(env="test", data_dir=folder, auth_secret=SECRET))
    async with (await container.get(UnitOfWork))() as db:
        account = await db.accounts.add("anna", "no password fits this", None)
    token = (await container.get(Tokens)).issue(account)
    await container.close()
    return token


def until(found: Callable[[], Any]) -> Any:
    """Return what is found, once it is."""
    while not (value := found()):
        os.sched_yield()
    return value


def test_a_kill_at_the_worst_moments_loses_and_doubles_nothing(
    tmp_path: Path, migrated: Path, house: BatchHouse
) -> None:
    environ = {
        "PARLEY_DATA_DIR": str(tmp_path),
        "PARLEY_AUTH_SECRET": SECRET,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{house.address}/v1",
        "BATCH_POLLING_INTERVAL_SECONDS": "0.1",
    }
    shutil.copy(migrated, tmp_path)
    headers = {"Authorization": f"Bearer {asyncio.run(token_of_anna(tmp_path))}"}
    requests = [{"custom_id": f"id-{n}", "prompt": f"Question {n}"} for n in range(3)]

    begun = Stuck(house)
    house.script(house.as_asked, begun)
    with ProcessServer(environ) as server:
        with httpx.Client(base_url=f"http://{server.address}{PATH}", headers=headers) as http:
            sent = http.post("", json={"model": "gpt-4o-mini", "requests": requests})
            job = sent.json()["data"]["job_id"]
            assert begun.asked.wait(20), "the batch is handed over"
            assert http.get(f"/{job}").json()["data"]["status"] == "queued"
        server.stop(signal.SIGKILL)

    fetched = Stuck(house, b'{"custom_id": ')
    house.script(house.as_asked, house.as_asked, house.as_asked, fetched)
    with ProcessServer(environ) as server:
        assert fetched.asked.wait(20), "the results are fetched"
        server.stop(signal.SIGKILL)

    with (
        ProcessServer(environ) as server,
        httpx.Client(base_url=f"http://{server.address}", headers=headers) as http,
    ):
        until(lambda: http.get(f"{PATH}/{job}").json()["data"]["results_url"])
        done = http.get(f"{PATH}/{job}").json()["data"]
        results = http.get(done["results_url"]).json()["data"]
        usage = http.get("/api/v1/usage").json()["data"]["total"]
    assert (done["status"], done["succeeded_count"]) == ("completed", 3)
    assert [result["text"] for result in results] == [answer_to(f"Question {n}") for n in range(3)]
    assert len(house.held) == 1, "the provider has the batch once"
    assert (usage["answers"], usage["input_tokens"]) == (1, 300)


@pytest.mark.skipif(not psutil.LINUX, reason="no /proc: what a process held at most is not known")
def test_a_large_batch_passes_through_little_memory(tmp_path: Path) -> None:
    requests = 2500
    ran = subprocess.run(
        [sys.executable, "-m", "tests.integration.flat_batch", str(tmp_path), str(requests)],
        cwd=ROOT,
        env=clean_environ(),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["read_kib"] > 16_000
    assert told["grown_kib"] < 10_000

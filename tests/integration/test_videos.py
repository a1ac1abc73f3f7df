"""Films over real connections: every fault of every provider, and a server that is killed."""

import shutil
import signal
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stamina

from application.providers.patience import ATTEMPTS
from domain.media_errors import JobInterrupted
from tests.integration.live_server import ProcessServer, parley
from tests.integration.provider_servers import TimedServer, served
from tests.integration.test_image_faults import studio_settings
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Cut, Hang, Reply, delayed, raw
from tests.simulators.studio import CLIP, WAITING, Studio
from tests.simulators.video_wires import VIDEO_WIRES, VideoWire

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

JOBS = "/api/v1/video/jobs"
POLL_S = 30
SOON_S = 20


@pytest.fixture(scope="module", autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as running:
        yield running


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, studio: Studio
) -> Iterator[TimedServer]:
    settings = studio_settings(tmp_path_factory.mktemp("studio"), studio)
    with served(settings, migrated) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: TimedServer) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with client(server.address, server.anna) as http:
        yield http


def client(address: str, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=f"http://{address}", headers=headers, timeout=30)


def asked_for(model: str, **said: Any) -> dict[str, Any]:
    settings = {"video": {"model": model, **said}}
    return {"prompt": "waves at dusk", "customer_id": 1, "settings": settings}


async def ordered(http: httpx.AsyncClient, model: str, **said: Any) -> str:
    answer = await http.post(JOBS, json=asked_for(model, **said))
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]["job_id"]


async def ended(
    http: httpx.AsyncClient, job: str, server: TimedServer | None = None
) -> dict[str, Any]:
    """Return a job that has ended; without a server of the test's clock, in real time."""
    for_long = time.monotonic() + SOON_S
    while True:
        found = (await http.get(f"{JOBS}/{job}")).json()["data"]
        if found["state"] not in ("asking", "running"):
            return found
        assert time.monotonic() < for_long, found
        if server is not None:
            await server.later(POLL_S)


async def kept(http: httpx.AsyncClient, job: dict[str, Any]) -> bytes:
    # The link names the public address, which is not this server's.
    place = job["video_url"].partition("/files/")[2]
    return (await http.get(f"/files/{place}")).content


each_wire = pytest.mark.parametrize("wire", VIDEO_WIRES.values(), ids=VIDEO_WIRES)


def refusals(wire: VideoWire) -> dict[str, tuple[Reply, int, int]]:
    """Return each fault with the status it is told by, and how often the provider is asked."""
    quoted = f"Something about {KEY}"
    return {
        "401": (wire.refuse(401, quoted), 502, 1),
        "429": (wire.refuse(429, quoted), 429, ATTEMPTS),
        "500": (wire.refuse(500, quoted), 502, ATTEMPTS),
        "moderation": (wire.moderated, 502, 1),
        "a page": (raw(b"<!doctype html><html>Log in</html>"), 502, 1),
        "a cut": (delayed(raw(b"{}"), Cut()), 502, 1),
        "a cut later": (Reply([b"{", Cut()]), 502, 1),
    }


@each_wire
async def test_an_order_that_is_not_taken_is_told_and_nothing_else(
    http: httpx.AsyncClient, studio: Studio, wire: VideoWire
) -> None:
    for fault, (reply, status, times) in refusals(wire).items():
        studio.requests.clear()
        studio.script(*[reply] * times)
        answer = await http.post("/video/generate", json=asked_for(wire.model))
        assert answer.status_code == status, (fault, answer.text)
        assert len(studio.requests) == times, fault
        assert answer.json()["detail"]["context"] == {"provider": wire.provider}
        assert ("Retry-After" in answer.headers) == (status == 429)
        for hidden in (KEY, "127.0.0.1", "<html", "Traceback"):
            assert hidden not in answer.text, fault


@each_wire
async def test_work_ends_in_a_file_or_in_its_error(
    http: httpx.AsyncClient, studio: Studio, server: TimedServer, wire: VideoWire
) -> None:
    away = [wire.refuse(503, "Busy"), raw(b"", status=502), Reply([b"{", Cut()])]
    for looks, code in (
        ([wire.moderated_later], "content_refused"),
        ([wire.failed], "work_failed"),
        ([wire.forgotten], "result_lost"),
        ([*away, WAITING], None),
    ):
        studio.looks = deque(looks)
        found = await ended(http, await ordered(http, wire.model), server)
        assert found["error_code"] == code
        assert KEY not in str(found)
        if code is None:
            assert await kept(http, found) == CLIP


def operators(folder: Path, studio: Studio) -> dict[str, str]:
    """Return the environment of a server whose every provider is the studio."""
    return {
        "PARLEY_DATA_DIR": str(folder),
        "PARLEY_EGRESS_ALLOW": studio.address.removeprefix("http://"),
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{studio.address}/v1",
        "GOOGLE_API_KEY": KEY,
        "GOOGLE_BASE_URL": studio.address,
        "KLINGAI_ACCESS_KEY": "access",
        "KLINGAI_SECRET_KEY": f"{KEY}-that-is-long-enough",
        "KLINGAI_BASE_URL": studio.address,
    }


async def test_a_killed_server_loses_no_film_and_pays_for_none_twice(
    tmp_path: Path, migrated: Path
) -> None:
    shutil.copy(migrated, tmp_path)
    with Studio() as studio:
        environ = operators(tmp_path, studio)
        parley("user", "add", "ann@example.org", "--password", "a good one", environ=environ)
        token = parley("token", "ann@example.org", environ=environ).stdout.strip()
        studio.looks.extend([WAITING] * 10_000)
        with ProcessServer(environ) as first:
            async with client(first.address, token) as http:
                studio.script(Reply([Hang()]))
                with pytest.raises(httpx.ReadTimeout):
                    await http.post(JOBS, json=asked_for("sora-2"), timeout=0.5)
                jobs = [
                    await ordered(http, wire.model, poll_interval_seconds=0.1)
                    for wire in VIDEO_WIRES.values()
                ]
                assert studio.looked.wait(SOON_S)
                assert first.stop(signal.SIGKILL) == -signal.SIGKILL
        orders = [request for request in studio.requests if request.method == "POST"]
        assert len(orders) == len(jobs) + 1
        studio.looks.clear()
        with ProcessServer(environ) as second:
            async with client(second.address, token) as http:
                for job in jobs:
                    found = await ended(http, job)
                    assert found["state"] == "done", found
                    assert await kept(http, found) == CLIP
                listed = (await http.get(JOBS)).json()["data"]["jobs"]
                lost = [one for one in listed if one["job_id"] not in jobs]
                assert [one["error_code"] for one in lost] == [JobInterrupted.code]
        assert [one for one in studio.requests if one.method == "POST"] == orders

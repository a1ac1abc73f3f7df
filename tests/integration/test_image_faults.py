"""Every provider that draws, every fault: what a client is told, over real connections.

The real application and the real adapters before a simulated studio. What may be asked again is,
as often as in life but without the waits between.
"""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stamina

from application.providers.patience import ATTEMPTS
from entrypoints.wiring.settings import Secret, Settings
from tests.integration.conftest import SECRET
from tests.integration.provider_servers import TimedServer, served
from tests.simulators.picture_wires import PICTURE_WIRES, PictureWire
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Cut, Reply, delayed, raw
from tests.simulators.studio import Studio

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module", autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as running:
        running.at_once = True  # The clock stands still.
        yield running


def studio_settings(folder: Path, studio: Studio, **changes: Any) -> Settings:
    """Return settings under which every provider is the studio."""
    versioned = f"{studio.address}/v1"
    found: dict[str, Any] = {
        "env": "test",
        "data_dir": folder,
        "auth_secret": SECRET,
        "egress_allow": (studio.address.removeprefix("http://"),),
        "circuit_failures": 0,
        "openai_base_url": versioned,
        "xai_base_url": versioned,
        **{
            f"{name}_base_url": studio.address
            for name in ("google", "stability", "flux", "klingai")
        },
        **{
            f"{name}_api_key": Secret(KEY)
            for name in ("openai", "xai", "google", "stability", "flux")
        },
        "klingai_access_key": Secret("access"),
        "klingai_secret_key": Secret(f"{KEY}-that-is-long-enough"),
    }
    return Settings(**found | changes)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, studio: Studio
) -> Iterator[TimedServer]:
    """One server for all faults, so that none may harm the next picture."""
    settings = studio_settings(tmp_path_factory.mktemp("studio"), studio)
    with served(settings, migrated) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: TimedServer) -> AsyncGenerator[httpx.AsyncClient, None]:
    headers = {"Authorization": f"Bearer {server.anna}"}
    async with httpx.AsyncClient(
        base_url=f"http://{server.address}", headers=headers, timeout=30
    ) as client:
        yield client


each_wire = pytest.mark.parametrize("wire", PICTURE_WIRES.values(), ids=PICTURE_WIRES)


async def asked(http: httpx.AsyncClient, wire: PictureWire) -> httpx.Response:
    image = {"model": wire.model}
    body = {"prompt": "a red bicycle", "customer_id": 1, "settings": {"image": image}}
    return await http.post("/image/generate", json=body)


def faults(wire: PictureWire) -> dict[str, tuple[Reply, int, int]]:
    """Return each fault with the status it is told by, and how often the provider is asked."""
    quoted = f"Something about {KEY}"
    return {
        "401": (wire.refuse(401, quoted), 502, 1),
        "429": (wire.refuse(429, quoted), 429, ATTEMPTS),
        "500": (wire.refuse(500, quoted), 502, ATTEMPTS),
        "400": (wire.refuse(400, quoted), 502, 1),
        "moderation": (wire.moderated, 502, 1),
        "no picture": (wire.no_picture, 502, 1),
        "a page": (raw(b"<!doctype html><html>Log in</html>"), 502, 1),
        "a cut": (delayed(raw(b"{}"), Cut()), 502, 1),
        "a cut later": (Reply([b"{", Cut()]), 502, 1),
    }


@each_wire
async def test_whatever_goes_wrong_is_told_and_nothing_else(
    http: httpx.AsyncClient, studio: Studio, wire: PictureWire
) -> None:
    for fault, (reply, status, times) in faults(wire).items():
        studio.requests.clear()
        studio.script(*[reply] * times)
        answer = await asked(http, wire)
        assert answer.status_code == status, fault
        assert len(studio.requests) == times, fault
        detail = answer.json()["detail"]
        assert detail["error"] == "provider_error", fault
        assert detail["context"] == {"provider": wire.provider}
        assert ("Retry-After" in answer.headers) == (status == 429)
        for hidden in (KEY, "127.0.0.1", "<html", "Traceback"):
            assert hidden not in answer.text, fault
    drawn = await asked(http, wire)
    assert drawn.status_code == 200, "and after all faults it draws"
    assert drawn.json()["data"]["provider"] == wire.provider


@each_wire
async def test_a_wait_that_the_provider_names_is_kept(
    http: httpx.AsyncClient, studio: Studio, server: TimedServer, wire: PictureWire
) -> None:
    reply = wire.refuse(429, "Slow down")
    studio.requests.clear()
    studio.script(Reply(reply.steps, 429, {**reply.headers, "retry-after": "7"}))
    answer = await asked(http, wire)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert len(studio.requests) == 1, "the clock stands still, so it was left alone"
    await server.later(7)
    assert (await asked(http, wire)).status_code == 200

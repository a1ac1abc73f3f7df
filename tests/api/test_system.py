"""Is it up, is it ready?"""

import httpx
import pytest

from tests.api.offline_app import Parley


async def test_health_needs_nothing(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/health")
    assert answer.json() == {"status": "healthy", "version": "2.0.0"}


@pytest.mark.parametrize("path", ["/readyz", "/health/ready"])
async def test_readiness_follows_the_database(
    parley: Parley, stranger: httpx.AsyncClient, path: str
) -> None:
    ready = await stranger.get(path)
    parley.work.away = True
    away = await stranger.get(path)
    assert (ready.status_code, away.status_code) == (200, 503)
    assert away.json()["database"] == "down"


async def test_liveness_does_not(parley: Parley, stranger: httpx.AsyncClient) -> None:
    parley.work.away = True
    assert (await stranger.get("/livez")).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/readyz", "/nowhere"])
async def test_head_is_answered_as_get_without_the_body(
    stranger: httpx.AsyncClient, path: str
) -> None:
    head, got = await stranger.head(path), await stranger.get(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_head_is_refused_where_get_is(anna: httpx.AsyncClient) -> None:
    answer = await anna.head("/chat")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", "POST"}

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


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/chat", "OPTIONS, POST"),
        ("/api/v1/chat/prompts", "DELETE, GET, HEAD, OPTIONS, POST, PUT"),
        ("/api/v1/files/1/a.txt", "DELETE, GET, HEAD, OPTIONS"),
    ],
)
async def test_all_methods_of_a_path_are_told_by_options_and_with_a_refusal(
    stranger: httpx.AsyncClient, path: str, methods: str
) -> None:
    told, refused = await stranger.options(path), await stranger.request("PATCH", path)
    assert (told.status_code, told.headers["allow"]) == (204, methods)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)


async def test_a_page_of_another_origin_is_told_what_it_may_send(
    stranger: httpx.AsyncClient,
) -> None:
    asking = {"origin": "http://localhost:3000", "access-control-request-method": "PUT"}
    answer = await stranger.options("/api/v1/chat/prompts", headers=asking)
    assert answer.status_code == 204
    assert "PUT" in answer.headers["access-control-allow-methods"]

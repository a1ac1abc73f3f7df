"""Another password, logging out everywhere, and the end of an account, over HTTP."""

import httpx
import pytest

from tests.api.offline_app import PASSWORD, Parley

LOGIN, NEW = "/api/v1/auth/login", "/api/v1/auth/password"
OUT, ACCOUNT = "/api/v1/auth/logout-everywhere", "/api/v1/account"
REVOKED = {
    "code": 401,
    "success": False,
    "message": "Authentication token has been revoked",
    "data": {"reason": "token_invalid"},
    "meta": None,
}


async def status_with(parley: Parley, token: str) -> int:
    async with parley.client() as client:
        found = await client.get("/api/v1/turns", headers={"Authorization": f"Bearer {token}"})
        return found.status_code


async def end(client: httpx.AsyncClient, password: object) -> httpx.Response:
    return await client.request("DELETE", ACCOUNT, json={"password": password})


async def test_a_new_password_brings_a_new_token(parley: Parley, anna: httpx.AsyncClient) -> None:
    changed = await anna.post(NEW, json={"old_password": PASSWORD, "new_password": "another"})
    assert changed.status_code == 200
    body = changed.json()
    token = body["data"].pop("token")
    assert body["data"] == {"customer_id": 1, "username": "anna", "email": "anna@example.org"}
    assert await status_with(parley, token) == 200
    refused = await anna.get("/api/v1/turns")
    assert (refused.status_code, refused.json()) == (401, REVOKED)
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    for word, status in ((PASSWORD, 401), ("another", 200)):
        again = await anna.post(LOGIN, json={"username": "anna", "password": word})
        assert again.status_code == status


async def test_a_wrong_old_password_is_said_at_its_field(anna: httpx.AsyncClient) -> None:
    refused = await anna.post(NEW, json={"old_password": "wrong", "new_password": "another"})
    assert refused.status_code == 422
    assert refused.json()["data"] == {"field": "old_password"}
    assert (await anna.get("/api/v1/turns")).status_code == 200


async def test_logging_out_everywhere_ends_this_token_too(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    gone = await anna.post(OUT)
    assert (gone.status_code, gone.json()["data"]) == (200, None)
    assert (await anna.get("/api/v1/turns")).status_code == 401
    assert await status_with(parley, parley.boris_token) == 200
    again = await anna.post(LOGIN, json={"username": "anna", "password": PASSWORD})
    assert await status_with(parley, again.json()["data"]["token"]) == 200


async def test_an_account_ends_with_its_password(parley: Parley, anna: httpx.AsyncClient) -> None:
    assert (await end(anna, "wrong")).status_code == 422
    gone = await end(anna, PASSWORD)
    assert (gone.status_code, gone.json()["message"]) == (200, "Account deleted")
    assert (await end(anna, PASSWORD)).status_code == 401
    again = await anna.post(LOGIN, json={"username": "anna", "password": PASSWORD})
    assert again.status_code == 401
    assert await status_with(parley, parley.boris_token) == 200


@pytest.mark.parametrize(("method", "path"), [("POST", NEW), ("POST", OUT), ("DELETE", ACCOUNT)])
async def test_only_who_is_logged_in_may(
    stranger: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await stranger.request(method, path, json={})).status_code == 401


async def test_a_rejected_password_is_not_repeated(anna: httpx.AsyncClient) -> None:
    for answer in (
        await end(anna, ["s3cret"]),
        await anna.post(NEW, json={"old_password": PASSWORD, "new_password": ["s3cret"]}),
    ):
        assert answer.status_code == 422
        assert "s3cret" not in answer.text


async def test_passwords_cannot_be_tried_for_ever(parley: Parley, anna: httpx.AsyncClient) -> None:
    for _ in range(parley.settings.login_attempts):
        assert (await end(anna, "wrong")).status_code == 422
    refused = await end(anna, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300


async def test_a_database_that_is_away_is_no_bad_token(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.work.away = True
    assert (await anna.get("/api/v1/turns")).status_code == 503

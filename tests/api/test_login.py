"""`POST /auth/login`."""

import httpx
import pytest

from tests.api.offline_app import PASSWORD, Parley

LOGIN = "/api/v1/chat/auth/login"
REFUSED = {
    "code": 401,
    "success": False,
    "message": "Invalid username or password",
    "data": None,
    "meta": None,
}


@pytest.mark.parametrize("path", [LOGIN, "/api/v1/auth/login"])
@pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.org"])
async def test_a_name_and_its_password_give_a_token(
    parley: Parley, stranger: httpx.AsyncClient, path: str, name: str
) -> None:
    answer = await stranger.post(path, json={"username": name, "password": PASSWORD})
    body = answer.json()
    token = body["data"].pop("token")
    assert body == {
        "code": 200,
        "success": True,
        "message": "Authentication successful",
        "data": {"customer_id": 1, "username": "anna", "email": "anna@example.org"},
        "meta": None,
    }
    turns = await stranger.get("/api/v1/turns", headers={"Authorization": f"Bearer {token}"})
    assert turns.status_code == 200


@pytest.mark.parametrize("claimed", [7, "x", None, -1])
async def test_a_stored_customer_id_has_no_influence(
    stranger: httpx.AsyncClient, claimed: object
) -> None:
    login = {"username": "anna", "password": PASSWORD, "customer_id": claimed}
    answer = await stranger.post(LOGIN, json=login)
    assert answer.json()["data"]["customer_id"] == 1


@pytest.mark.parametrize(("name", "word"), [("anna", "wrong"), ("nobody", PASSWORD)])
async def test_every_failure_looks_the_same(
    stranger: httpx.AsyncClient, name: str, word: str
) -> None:
    answer = await stranger.post(LOGIN, json={"username": name, "password": word})
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_attempts_run_out(parley: Parley, stranger: httpx.AsyncClient) -> None:
    wrong = {"username": "anna", "password": "wrong"}
    for _ in range(parley.settings.login_attempts):
        assert (await stranger.post(LOGIN, json=wrong)).status_code == 401
    refused = await stranger.post(LOGIN, json={"username": "anna", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300


async def test_a_bad_token_does_not_stand_in_the_way(stranger: httpx.AsyncClient) -> None:
    login = {"username": "anna", "password": PASSWORD}
    answer = await stranger.post(LOGIN, json=login, headers={"Authorization": "Bearer old"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"username": "anna"}, {"username": "anna", "password": "p", "extra": 1}]
)
async def test_the_schema_is_kept_and_nothing_is_echoed(
    stranger: httpx.AsyncClient, body: dict[str, object]
) -> None:
    answer = await stranger.post(LOGIN, json=body)
    assert answer.status_code == 422


async def test_a_rejected_password_is_not_repeated(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(LOGIN, json={"username": "anna", "password": ["s3cret"]})
    assert answer.status_code == 422
    assert "s3cret" not in answer.text

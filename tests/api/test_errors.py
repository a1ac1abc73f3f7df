"""Whatever goes wrong, the answer is JSON in one shape."""

import httpx
import jwt
import pytest
from structlog.testing import capture_logs

from tests.api.offline_app import SECRET, Parley

TURNS = "/api/v1/turns"


def signed(**claims: object) -> str:
    return jwt.encode({"id": 1, "exp": 4_000_000_000, **claims}, SECRET, algorithm="HS256")


@pytest.mark.parametrize(
    ("header", "reason", "message"),
    [
        (None, "token_missing", "Missing authentication token"),
        ("", "token_missing", "Missing authentication token"),
        ("Bearer", "token_missing", "Missing authentication token"),
        ("Bearer nonsense", "token_invalid", "Invalid authentication token"),
        ("Basic YTpi", "token_invalid", "Invalid authentication token"),
        (f"Bearer {signed(exp=1)}", "token_expired", "Authentication token has expired"),
        (f"Bearer {signed(id=None)}", "token_invalid", "Authentication token missing user id"),
        (f"Bearer {signed(id='x')}", "token_invalid", "Invalid customer identifier in token"),
    ],
)
async def test_tokens(
    stranger: httpx.AsyncClient, header: str | None, reason: str, message: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await stranger.get(TURNS, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json() == {
        "code": 401,
        "success": False,
        "message": message,
        "data": {"reason": reason},
        "meta": None,
    }


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "{}", "  Bearer   {}  "])
async def test_ways_to_write_a_token(stranger: httpx.AsyncClient, header: str) -> None:
    answer = await stranger.get(TURNS, headers={"Authorization": header.format(signed())})
    assert answer.status_code == 200


PROTECTED = [
    ("GET", TURNS),
    ("GET", f"{TURNS}/x/events"),
    ("POST", f"{TURNS}/x/cancel"),
    ("POST", "/chat"),
    ("POST", "/chat/stream"),
    ("POST", "/chat/session-name"),
    ("POST", "/api/v1/chat/session-name"),
    ("POST", "/api/v1/chat/sessions/list"),
    ("POST", "/api/v1/chat/sessions/detail"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_nothing_is_read_before_the_token(
    stranger: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await stranger.request(method, path, content=b"{")
    assert (answer.status_code, answer.json()["data"]) == (401, {"reason": "token_missing"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/chat", 405), ("DELETE", "/health", 405)],
)
async def test_what_no_route_takes(
    anna: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await anna.request(method, path)
    body = answer.json()
    assert (answer.status_code, body["code"], body["success"]) == (status, status, False)
    assert body["detail"] == body["message"]
    assert ("allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize("path", ["/api/db", "/api/aws", "/generate", "/chat_audio2text"])
async def test_a_method_that_a_path_of_the_old_client_does_not_take_is_told_in_its_envelope(
    anna: httpx.AsyncClient, path: str
) -> None:
    answer = await anna.get(path)
    outcome = {"status": "fail", "result": "Method not allowed"}
    assert answer.status_code == 405
    assert answer.json() == {"success": False, "code": 405, "message": outcome}
    assert answer.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"customer_id": 1e999}', b"[" * 100_000, b"nonsense"]
)
@pytest.mark.parametrize("path", ["/chat", "/api/v1/chat/sessions/list", "/api/v1/auth/login"])
async def test_a_body_that_is_no_json_is_400(
    anna: httpx.AsyncClient, body: bytes, path: str
) -> None:
    answer = await anna.post(path, content=body)
    assert (answer.status_code, answer.json()["message"]) == (400, "The body is not valid JSON")


async def test_half_a_character_does_not_make_a_body_unreadable(anna: httpx.AsyncClient) -> None:
    body = rb'{"customer_id": 1, "title": "Cut \ud83d", "prompt": "\ud83e\udd89"}'
    answer = await anna.post("/api/v1/chat/prompts", content=body)
    assert answer.status_code == 200
    assert (answer.json()["data"]["title"], answer.json()["data"]["prompt"]) == ("Cut ?", "🦉")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"x"', b"{}"])
@pytest.mark.parametrize("path", ["/chat", "/api/v1/chat/sessions/list", "/api/v1/auth/login"])
async def test_a_body_of_another_shape_is_422(
    anna: httpx.AsyncClient, body: bytes, path: str
) -> None:
    answer = await anna.post(path, content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/v1/chat/sessions/list", b"", "body: A JSON body is required"),
        ("/chat", b'{"customer_id": 1, "prompt": " "}', "prompt: Must not be blank"),
        (
            "/api/v1/chat/sessions/list",
            b'{"customer_id": 1, "task_priority": "urgent"}',
            "task_priority: Must be one of high, low, medium",
        ),
    ],
)
async def test_what_is_missing_is_said_in_words(
    anna: httpx.AsyncClient, path: str, body: bytes, message: str
) -> None:
    answer = await anna.post(path, content=body)
    assert (answer.status_code, answer.json()["message"]) == (422, message)


async def test_the_words_that_a_parameter_takes_are_listed(anna: httpx.AsyncClient) -> None:
    answer = await anna.get("/api/v1/usage?group_by=week")
    assert answer.json()["message"] == "group_by: Must be one of day, model, provider"


async def test_a_database_that_is_away_fills_no_log_with_traces(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.work.away = True
    with capture_logs() as logged:
        answer = await anna.post("/api/v1/chat/sessions/list", json={"customer_id": 1})
        old = await anna.post("/api/db", json={"action": "db_search_messages"})
    assert (answer.status_code, old.status_code) == (503, 503)
    assert not [line for line in logged if line.get("exc_info")]


async def test_a_body_beyond_the_limit_is_413(anna: httpx.AsyncClient) -> None:
    big = b'{"customer_id": 1, "prompt": "' + b"x" * (33 * 1024 * 1024) + b'"}'
    answer = await anna.post("/chat", content=big)
    assert (answer.status_code, answer.json()["code"]) == (413, 413)


async def test_a_body_within_the_limit_is_read(anna: httpx.AsyncClient) -> None:
    answer = await anna.post("/chat", content=b"{}" + b" " * (31 * 1024 * 1024))
    assert answer.status_code == 422


async def test_a_surprise_has_an_id_that_the_log_knows(
    parley: Parley, anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("inner words")

    monkeypatch.setattr(await parley.turns, "running", broken)
    with capture_logs() as logs:
        answer = await anna.get(TURNS)
    body = answer.json()
    assert (answer.status_code, body["message"]) == (500, "Internal server error")
    assert body["data"] == {"error_id": answer.headers["x-request-id"]}
    assert any("exc_info" in line for line in logs)
    assert "inner" not in answer.text


async def test_a_machine_that_has_nothing_to_spare_is_said_to_be_so(
    parley: Parley, anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(await parley.turns, "running", broken)
    answer = await anna.get(TURNS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["message"].startswith("This server has no memory to spare")


class TestCors:
    async def test_errors_carry_the_headers_too(self, anna: httpx.AsyncClient) -> None:
        for path in ("/nowhere", "/chat"):
            answer = await anna.get(path, headers={"Origin": "http://localhost:9003"})
            assert answer.headers["access-control-allow-origin"] == "http://localhost:9003"

    @pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:1"])
    async def test_a_preflight_is_granted(self, stranger: httpx.AsyncClient, origin: str) -> None:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        }
        answer = await stranger.options("/chat", headers=headers)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == origin
        assert "idempotency-key" in answer.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in answer.headers

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "http://localhost.evil.example", "http://localhost:x"]
    )
    async def test_others_are_not(self, stranger: httpx.AsyncClient, origin: str) -> None:
        answer = await stranger.get("/health", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers


class TestRequestIds:
    async def test_each_answer_has_one(self, stranger: httpx.AsyncClient) -> None:
        first = await stranger.get("/health")
        second = await stranger.get("/nowhere")
        assert first.headers["x-request-id"] != second.headers["x-request-id"]

    async def test_the_clients_is_kept_when_it_is_fit(self, stranger: httpx.AsyncClient) -> None:
        kept = await stranger.get("/health", headers={"X-Request-ID": "abc-1"})
        replaced = await stranger.get("/health", headers={"X-Request-ID": "a b\tc"})
        assert kept.headers["x-request-id"] == "abc-1"
        assert replaced.headers["x-request-id"] != "a b\tc"

    async def test_one_line_a_request_without_query_or_body(
        self, parley: Parley, stranger: httpx.AsyncClient
    ) -> None:
        with capture_logs() as logs:
            login = {"username": "anna", "password": "hunter2"}
            await stranger.post("/api/v1/auth/login?token=t0ken", json=login)
        (line,) = [line for line in logs if line["event"] == "request"]
        assert (line["method"], line["path"]) == ("POST", "/api/v1/auth/login")
        assert line["status"] == 401
        assert line["duration_ms"] >= 0
        assert "hunter2" not in str(logs)
        assert "t0ken" not in str(logs)

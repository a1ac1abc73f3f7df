import json
import logging
from collections.abc import Generator

import pytest
import structlog

from entrypoints.wiring.logging import configure_logging
from entrypoints.wiring.redaction import redacted, redacted_text
from entrypoints.wiring.settings import Settings

Capsys = pytest.CaptureFixture[str]
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "Password",
        "token",
        "api_key",
        "apiKey",
        "apikey",
        "Authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "X-Internal-Api-Key",
        "client_secret",
        "refreshToken",
        "private_key",
        "OPENAI_API_KEY",
        "db_password",
        "jwt",
    ],
)
@pytest.mark.parametrize("value", ["hunter2", "", None, 12345, ["hunter2"], "hunter2" * 9])
def test_values_of_sensitive_keys_are_hidden(key: str, value: object) -> None:
    assert redacted({key: value}) == {key: "***"}


@pytest.mark.parametrize("key", ["max_tokens", "total_tokens", "keyboard", "secretary", "path"])
def test_other_keys_are_not(key: str) -> None:
    assert redacted({key: 7}) == {key: 7}


def test_of_a_json_web_token_the_beginning_stays() -> None:
    assert redacted({"token": JWT}) == {"token": "eyJhbGciOiJI***"}
    assert redacted_text(f"it was {JWT}!") == "it was eyJhbGciOiJI***!"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("bearer abc", "bearer ***"),
        ("/chat/ws?token=abc&mode=x", "/chat/ws?token=***&mode=x"),
        ('{"password": "two words", "a": 1}', '{"password": ***, "a": 1}'),
        ("api_key=abc, x", "api_key=***, x"),
        ("openai said sk-proj-abcdefgh12345 is wrong", "openai said *** is wrong"),
        ("Authorization: Basic abc=, x", "Authorization: ***, x"),
        (
            "AWS_SECRET_ACCESS_KEY=abc KLINGAI_SECRET_KEY=abc",
            "AWS_SECRET_ACCESS_KEY=*** KLINGAI_SECRET_KEY=***",
        ),
        ("x-api-key: abc", "x-api-key: ***"),
        ("mysql+aiomysql://parley:pw@db/x", "mysql+aiomysql://parley:***@db/x"),
        ("mysql+aiomysql://parley:p@ss:w@db/x", "mysql+aiomysql://parley:***@db/x"),
        ("http://a.example:80/b?mail=c@d", "http://a.example:80/b?mail=c@d"),
        ("data:image/png;base64," + "A" * 100, "data:image/png<122 characters>"),
        ("nothing to hide: tokens are words", "nothing to hide: tokens are words"),
        ("http://localhost:8000/health", "http://localhost:8000/health"),
    ],
)
def test_free_text(text: str, clean: str) -> None:
    assert redacted_text(text) == clean


def test_the_input_is_left_alone_and_bulk_is_cut() -> None:
    given = {"a": ("x", {"secret": "s"}), "image_locations": ["y" * 60, "z"], "raw": b"123"}
    kept = {**given}
    assert redacted(given) == {
        "a": ["x", {"secret": "***"}],
        "image_locations": ["y" * 50 + "...", "z"],
        "raw": "<binary 3 bytes>",
    }
    assert given == kept


def test_depth_ends() -> None:
    deep: object = "bottom"
    for _ in range(20):
        deep = {"a": deep}
    assert "<max depth reached>" in str(redacted(deep))
    assert "bottom" not in str(redacted(deep))


class TestLogs:
    @pytest.fixture
    def out(self, capsys: Capsys) -> Generator[Capsys, None, None]:
        root = logging.getLogger()
        handlers, level, before = root.handlers[:], root.level, structlog.get_config()
        yield capsys
        root.handlers, root.level = handlers, level
        structlog.configure(**before)

    def test_json_lines_without_secrets(self, out: Capsys) -> None:
        configure_logging(Settings(env="test", log_format="json"))
        log = structlog.get_logger("x")
        log.info("login", token=JWT, query="?token=abc")
        logging.getLogger("library").warning("sent %s", "Bearer abc")
        first, second = (json.loads(line) for line in out.readouterr().out.splitlines())
        assert (first["event"], first["token"]) == ("login", "eyJhbGciOiJI***")
        assert first["query"] == "?token=***"
        assert (second["event"], second["logger"]) == ("sent Bearer ***", "library")
        assert second["level"] == "warning"

    @pytest.mark.parametrize("style", ["json", "console"])
    def test_tracebacks_too(self, out: Capsys, style: str) -> None:
        settings = Settings(env="test", log_format="json" if style == "json" else "console")
        configure_logging(settings)
        try:
            int("api_key=abcdef")
        except ValueError:
            structlog.get_logger("x").exception("broken")
        printed = out.readouterr().out
        assert "ValueError" in printed
        assert "abcdef" not in printed

    def test_the_level_counts(self, out: Capsys) -> None:
        configure_logging(Settings(env="test", log_level="warning"))
        structlog.get_logger("x").info("quiet")
        logging.getLogger("httpx").info("quiet")
        assert out.readouterr().out == ""

    def test_frames_of_sockets_are_never_told(self, out: Capsys) -> None:
        server = logging.getLogger("uvicorn.error")
        configure_logging(Settings(env="test", log_level="debug"))
        server.debug("< TEXT %s", '{"api_key": ...hunter2"}')
        server.info("started")
        configure_logging(Settings(env="test", log_level="warning"))
        server.info("quiet")
        printed = out.readouterr().out
        assert "started" in printed
        assert "hunter2" not in printed
        assert "quiet" not in printed

    def test_twice_is_once(self, out: Capsys) -> None:
        for _ in range(2):
            configure_logging(Settings(env="test"))
        structlog.get_logger("x").warning("once")
        assert out.readouterr().out.count("once") == 1

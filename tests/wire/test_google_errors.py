"""What Google's errors mean: as statuses, recorded and made by hand, and inside an answer."""

from typing import Any

import msgspec
import pytest

from adapters.google.errors import refused
from adapters.google.events import GenerateReader
from domain.provider_errors import (
    ContextTooLong,
    ModelNotOffered,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
)
from tests.wire.recordings import Exchange, each, exchanges

FAILED = [exchange for exchange in exchanges("gemini", "generate") if exchange.status >= 400]


@each(FAILED)
def test_recorded_errors(exchange: Exchange) -> None:
    error = refused(exchange.status, exchange.body)
    kinds = {400: ProviderUnauthorized, 404: ModelNotOffered, 429: ProviderOverloaded}
    assert type(error) is kinds[exchange.status]
    assert "gemini" in str(error)


@each([exchange for exchange in FAILED if exchange.status == 429])
def test_a_recorded_limit_says_how_long_to_wait(exchange: Exchange) -> None:
    error = refused(429, exchange.body)
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == 48.0


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (400, "INVALID_ARGUMENT", ProviderRejected),
        (403, "PERMISSION_DENIED", ProviderUnauthorized),
        (404, "NOT_FOUND", ModelNotOffered),
        (429, "RESOURCE_EXHAUSTED", ProviderOverloaded),
        (500, "INTERNAL", ProviderUnavailable),
        (503, "UNAVAILABLE", ProviderUnavailable),
        (504, "DEADLINE_EXCEEDED", ProviderUnavailable),
        (None, "UNAVAILABLE", ProviderUnavailable),
        (14, "UNAVAILABLE", ProviderUnavailable),
    ],
)
def test_errors_inside_an_answer(
    code: int | None, status: str, expected: type[ProviderError]
) -> None:
    error = {"code": code, "message": "It did not work", "status": status}
    body = {"error": error}
    with pytest.raises(ProviderError) as caught:
        GenerateReader().feed(msgspec.json.encode(body))
    assert type(caught.value) is expected
    with pytest.raises(expected):
        GenerateReader().whole(msgspec.json.encode(body))


def test_errors_of_a_strange_shape_are_errors_all_the_same() -> None:
    for error in ("overloaded", {"code": "five", "message": "?"}, ["?"]):
        with pytest.raises(ProviderError):
            GenerateReader().feed(msgspec.json.encode({"error": error}))


KEY = "AIzaSyA-test-0123456789abcdefghijklmnopq"


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "The input token count (1200000) exceeds the maximum number of tokens allowed "
              "(1048576).", ContextTooLong),
        (400, "User location is not supported for the API use.", ProviderRejected),
        (401, f"Bad key {KEY}", ProviderUnauthorized),
        (403, "Your API key was reported as leaked.", ProviderUnauthorized),
        (403, "You do not have permission to access the File abc or it may not exist.",
         ProviderRejected),
        (413, "Too large", ContextTooLong),
        (429, "Your prepayment credits are depleted.", ProviderUnpaid),
        (429, "Resource has been exhausted (e.g. check quota).", ProviderOverloaded),
        (500, "An internal error has occurred.", ProviderUnavailable),
        (302, "", ProviderGarbled),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, message: str, kind: type[ProviderError]) -> None:
    error = {"error": {"code": status, "message": message, "status": "?"}}
    for body in (error, [error]):
        made = refused(status, msgspec.json.encode(body))
        assert type(made) is kind
        assert KEY not in str(made)
        assert str(status) in str(made)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error": 5}', b"null"])
def test_a_status_without_a_body_of_googles_is_enough(body: bytes) -> None:
    assert type(refused(503, body)) is ProviderUnavailable
    assert type(refused(404, body)) is ModelNotOffered


@pytest.mark.parametrize(
    ("details", "headers", "expected"),
    [
        ([{"@type": "RetryInfo", "retryDelay": "38.5s"}], {"retry-after": "7"}, 38.5),
        ([{"@type": "Help"}, {"retryDelay": "0s"}], {}, 0.0),
        ([{"retryDelay": "soon"}], {"retry-after": "7"}, 7.0),
        ([{"retryDelay": "1e999s"}], {"retry-after": "7"}, 7.0),
        ([{"retryDelay": "1767268830s"}], {}, None),
        ([], {}, None),
    ],
)
def test_how_long_to_wait(
    details: list[Any], headers: dict[str, str], expected: float | None
) -> None:
    body = {"error": {"code": 429, "message": "Check your billing details.", "details": details}}
    error = refused(429, msgspec.json.encode(body), headers)
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == expected

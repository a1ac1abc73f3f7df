"""HTTP statuses, error bodies and broken connections as errors of ours."""

import ssl
from datetime import UTC, datetime
from itertools import pairwise

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from adapters.transport.connection_errors import broken
from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import answered, said
from domain.provider_errors import (
    ConnectTimedOut,
    ContextTooLong,
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
    ProviderUnreachable,
)
from tests.wire.recordings import Exchange, each, exchanges

FAILED = [
    exchange
    for provider in ("openai", "groq", "deepseek", "perplexity", "xai")
    for wire in ("chat", "responses")
    for exchange in exchanges(provider, wire)
    if exchange.status >= 400
]


@each(FAILED)
def test_recorded_errors(exchange: Exchange) -> None:
    error = answered("acme", exchange.status, exchange.body)
    body = exchange.response.get("json") or {}
    mark = str(body.get("error") or body).lower()
    if exchange.status in (401, 403) or "incorrect api key" in mark:
        expected: type[ProviderError] = ProviderUnauthorized
    elif exchange.status == 404 or "model_not_found" in mark:
        expected = ModelNotOffered
    elif any(word in mark for word in ("context length", "context_length", "prompt_tokens")):
        expected = ContextTooLong
    else:
        expected = ProviderRejected
    assert type(error) is expected
    assert "acme" in str(error)
    assert len(str(error)) < 330


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": {"message": "bad key sk-1234567890"}}, ProviderUnauthorized),
        (403, {}, ProviderUnauthorized),
        (404, {"error": {"message": "no such model"}}, ModelNotOffered),
        (400, {"error": {"code": "context_length_exceeded"}}, ContextTooLong),
        (400, {"error": {"code": "model_not_found"}}, ModelNotOffered),
        (400, {"error": {"message": "bad temperature"}}, ProviderRejected),
        (413, b"<html>too large</html>", ContextTooLong),
        (422, {"detail": "no"}, ProviderRejected),
        (429, {"error": {"code": "rate_limit_exceeded"}}, ProviderOverloaded),
        (429, {"error": {"code": "insufficient_quota"}}, ProviderUnpaid),
        (529, {}, ProviderOverloaded),
        (408, {}, ProviderUnavailable),
        (500, b"", ProviderUnavailable),
        (503, "down", ProviderUnavailable),
        (402, {"error": "pay"}, ProviderUnpaid),
        (400, {"code": "invalid", "error": "Incorrect API key provided: xa"}, ProviderUnauthorized),
        (400, {"code": "invalid", "error": "the maximum prompt length is 5"}, ContextTooLong),
        (400, {"error": {"type": "too_many_prompt_tokens", "code": 400}}, ContextTooLong),
        (403, {"code": "denied", "error": "used all available credits"}, ProviderUnpaid),
        (429, {"code": "gone", "error": "used all available credits"}, ProviderUnpaid),
        (429, {"error": "More at https://console.acme.example/billing"}, ProviderOverloaded),
    ],
)
def test_statuses(status: int, body: object, kind: type[ProviderError]) -> None:
    error = answered("acme", status, body)
    assert type(error) is kind
    assert str(status) in str(error)
    assert "<" not in str(error)
    assert "sk-1" not in str(error)


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:00 GMT"}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "7", "retry-after-ms": "-1"}, 7.0),
        ({"retry-after": "86400"}, 86400.0),
        ({"retry-after": "1767268830"}, None),
        ({"retry-after": "999999999999"}, None),
        ({"retry-after": "1e308", "retry-after-ms": "1e308"}, None),
        ({"retry-after": "Thu, 01 Jan 2099 12:00:00 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 +99999999999999999999"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], wait_s: float | None) -> None:
    error = answered("acme", 429, {}, headers, now=lambda: NOON)
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "server_error", "message": "oops"}, ProviderUnavailable),
        ({"code": "rate_limit_exceeded"}, ProviderOverloaded),
        ({"message": "maximum context length is 5"}, ContextTooLong),
        ({"type": "invalid_request_error", "message": "no"}, ProviderRejected),
        ({"code": "invalid_api_key"}, ProviderUnauthorized),
        ({"code": "insufficient_quota"}, ProviderUnpaid),
        ("out of order", ProviderUnavailable),
        (None, ProviderUnavailable),
        ([{"error": {"code": "model_not_found"}}], ModelNotOffered),
        ({"message": "Slow", "type": "slow", "code": 429}, ProviderOverloaded),
        ({"error": {"message": "Slow", "status_code": 503}, "code": None}, ProviderUnavailable),
        ({"code": "rate_limit_exceeded", "error": "Slow"}, ProviderOverloaded),
    ],
)
def test_errors_inside_an_answer(error: object, kind: type[ProviderError]) -> None:
    assert type(said("acme", error)) is kind


def chained(*causes: BaseException) -> BaseException:
    for outer, inner in pairwise(causes):
        outer.__cause__ = inner
    return causes[0]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (TimeoutError(), ProviderTimeout),
        (chained(RuntimeError("x"), aiohttp.SocketTimeoutError()), ProviderTimeout),
        (chained(RuntimeError("x"), aiohttp.ConnectionTimeoutError()), ConnectTimedOut),
        (chained(RuntimeError("timeout"), aiohttp.ServerDisconnectedError()), ProviderBrokeOff),
        (aiohttp.ClientPayloadError(), ProviderBrokeOff),
        (ConnectionResetError(), ProviderBrokeOff),
        (aiohttp.InvalidUrlClientError("x"), ProviderUnreachable),
        (RuntimeError("never seen before"), ProviderBrokeOff),
    ],
)
def test_connections(failure: BaseException, kind: type[ProviderError]) -> None:
    assert type(broken("acme", failure)) is kind


def test_why_no_connection_could_be_made_is_told() -> None:
    host = ConnectionKey("acme.example", 443, True, True, None, None, None)
    untrusted = aiohttp.ClientConnectorCertificateError(host, ssl.SSLCertVerificationError("x"))
    assert str(broken("acme", untrusted)).endswith("its certificate is not one that is trusted")
    no_tls = aiohttp.ClientConnectorSSLError(host, ssl.SSLError("x"))
    assert str(broken("acme", no_tls)).endswith("no TLS could be agreed on with it")
    for failure in (untrusted, no_tls):
        assert type(broken("acme", failure)) is ProviderUnreachable


def test_garbled_http() -> None:
    url = URL("http://acme.example")
    request = aiohttp.RequestInfo(url, "POST", CIMultiDictProxy(CIMultiDict()), url)
    assert isinstance(broken("acme", aiohttp.ClientResponseError(request, ())), ProviderGarbled)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Model x is busy.", "Model x is busy."),
        ("two\n  lines", "two lines"),
        ("key sk-proj-Ab12_cd34-ef56 is bad", "key [hidden] is bad"),
        ("key sk-ab****************wxyz is bad", "key [hidden] is bad"),
        ("Incorrect API key provided: invalid-key. Go", "Incorrect API key provided: [hidden] Go"),
        ("Authorization: Bearer abc.def", "Authorization: [hidden]"),
        ("sent bearer abc.def", "sent [hidden]"),
        ("Authorization: Basic YWJj= is bad", "Authorization: [hidden] is bad"),
        ('{"api_key": "a b", "model": "x"}', '{"api_key": [hidden], "model": "x"}'),
        ("see https://u:p@host.example/a?token=1 now", "see https://host.example now"),
        ("in organization org-A1b2C3d4E5 on", "in organization [hidden] on"),
        ("AIzaSyA1234567890123456789012345678901 x", "[hidden] x"),
        ("id 0123456789abcdef0123456789abcdef0 x", "id [hidden] x"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln x", "[hidden] x"),
    ],
)
def test_words_fit_for_clients(text: str, clean: str) -> None:
    assert fit_for_clients(text) == clean


def test_long_words_are_cut() -> None:
    assert len(fit_for_clients("word " * 200)) <= 300


def test_a_refused_key_and_a_silence_are_told_in_the_words_of_the_contract() -> None:
    for error in (
        answered("xai", 401),
        answered("xai", 403),
        said("xai", {"code": "invalid_api_key"}),
    ):
        assert "authentication failed" in str(error)
    assert "timed out" in str(broken("xai", TimeoutError()))

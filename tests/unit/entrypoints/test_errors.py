from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from application.accounts.attempts import TooManyAttempts
from application.chat.stop_switch import Cancelled
from domain.errors import (
    BadCredentials,
    InvalidRequest,
    NotAuthenticated,
    NotConfigured,
    ParleyError,
    SpendingCapReached,
    TooManyTurns,
)
from domain.provider_errors import ProviderOverloaded, ProviderRejected
from domain.storage_errors import StorageError
from domain.turn.events import TurnCancelled, TurnFailed
from entrypoints.web.errors import (
    Problem,
    problem,
    problem_of_turn,
    stage_of,
    unexpected,
)
from entrypoints.web.meanings import MEANINGS


def family(kind: type[ParleyError]) -> Iterator[type[ParleyError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


def body(found: Problem) -> dict[str, object]:
    return msgspec.to_builtins(found.body)


def test_every_error_has_a_meaning() -> None:
    assert {TooManyAttempts, Cancelled} < set(family(ParleyError))
    assert {kind.code for kind in family(ParleyError)} - set(MEANINGS) == set()


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("invalid_request", "validation", "validation"),
        ("unknown_model", "validation", "validation"),
        ("not_found", "validation", "validation"),
        ("not_configured", "provider", "provider"),
        ("provider_overloaded", "provider", "text"),
        ("context_too_long", "provider", "text"),
        ("storage_error", "database", "database"),
        ("timeout", "internal", "text"),
        ("internal", "internal", "internal"),
        ("never heard of", "internal", "internal"),
    ],
)
def test_stages(code: str, before: str, after: str) -> None:
    assert (stage_of(code, False), stage_of(code, True)) == (before, after)


def test_the_two_doors_differ_in_validation() -> None:
    error = InvalidRequest("no", "prompt")
    history, chat = problem(error), problem(error, "chat")
    assert (history.status, chat.status) == (422, 400)
    assert body(history) == {
        "code": 422,
        "success": False,
        "message": "no",
        "data": {"field": "prompt"},
        "meta": None,
    }
    assert body(chat)["detail"] == {
        "error": "validation_error",
        "message": "no",
        "context": {"field": "prompt"},
    }


def test_a_missing_token_says_why_and_bad_credentials_do_not() -> None:
    missing = problem(NotAuthenticated("Missing authentication token", "token_missing"))
    wrong = problem(BadCredentials())
    assert (missing.status, wrong.status) == (401, 401)
    assert (body(missing)["data"], body(wrong)["data"]) == ({"reason": "token_missing"}, None)
    assert missing.headers == wrong.headers == {"WWW-Authenticate": "Bearer"}


def test_an_empty_context_is_left_out() -> None:
    assert body(problem(StorageError("x"), "chat"))["detail"] == {
        "error": "service_error",
        "message": "Database operation failed",
    }


def test_a_missing_setting_is_named() -> None:
    found = problem(NotConfigured("OPENAI_API_KEY"), "chat")
    assert (found.status, body(found)["data"]) == (500, {"key": "OPENAI_API_KEY"})


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (ProviderOverloaded("p", "m", 0.2), "1"),
        (ProviderOverloaded("p", "m", 41.2), "42"),
        (ProviderOverloaded("p", "m"), "5"),
        (TooManyTurns(8), "1"),
        (TooManyAttempts(299.1), "300"),
        (SpendingCapReached(1, 1, 0.1, datetime(2026, 3, 1, 23, 59, tzinfo=UTC)), "60"),
    ],
)
def test_waits_are_whole_seconds_rounded_up(error: ParleyError, wait: str) -> None:
    found = problem(error)
    assert (found.status, found.headers["Retry-After"]) == (429, wait)


def test_an_event_means_what_its_error_means() -> None:
    error = ProviderRejected("openai", "no")
    event = TurnFailed(error.code, "no", provider="openai")
    assert problem_of_turn(event, "chat") == problem(error, "chat")


def test_a_spending_cap_met_in_a_turn_says_when_to_come_back() -> None:
    error = SpendingCapReached(1, 1, 0.1, datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    event = TurnFailed(error.code, str(error), retry_after_s=error.retry_after_s)
    for door in ("chat", "history"):
        found = problem_of_turn(event, door)
        assert found == problem(error, door)
        assert (found.status, found.headers["Retry-After"]) == (429, "60")


def test_a_setting_missing_in_a_turn_is_named_too() -> None:
    event = TurnFailed("not_configured", "OPENAI_API_KEY is not set", field="OPENAI_API_KEY")
    assert problem_of_turn(event, "chat") == problem(NotConfigured("OPENAI_API_KEY"), "chat")


def test_a_cancelled_turn_is_a_conflict() -> None:
    assert problem_of_turn(TurnCancelled(), "chat").status == 409


def test_the_unexpected_says_nothing_but_its_id() -> None:
    found = unexpected("id-1", "chat")
    assert body(found) == {
        "code": 500,
        "success": False,
        "message": "Internal server error",
        "data": {"error_id": "id-1"},
        "meta": None,
        "detail": "Internal server error",
    }
    assert body(problem(ParleyError("inner words")))["message"] == "Internal server error"

"""The tree of errors is what its page says, and every text is fit for a client."""

import re
from datetime import UTC, datetime

import pytest

from domain import errors
from domain.errors import (
    ConversationNotFound,
    EventsForgotten,
    ModelCannot,
    NotConfigured,
    ParleyError,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
    SpendingCapReached,
    StorageUnavailable,
    TurnTimedOut,
    UnknownModel,
)
from domain.ids import ConversationId


def drawn() -> list[tuple[int, str]]:
    """Return depth and name of each error in the drawing at the top of the module."""
    line = re.compile(r"    ([│├└─ ]*)([A-Z]\w+)(?:   .*)?$", re.MULTILINE)
    return [(len(branch) // 4, name) for branch, name in line.findall(errors.__doc__ or "")]


def real(kind: type[ParleyError], depth: int = 0) -> set[tuple[int, str]]:
    inner = {item for sub in kind.__subclasses__() if sub.__module__ == errors.__name__
             for item in real(sub, depth + 1)}  # fmt: skip
    return {(depth, kind.__name__)} | inner


def test_the_drawing_is_the_tree() -> None:
    assert set(drawn()) == real(ParleyError)


def test_only_what_may_succeed_next_time_is_retryable() -> None:
    again = {kind for kind in (
        ProviderError, ProviderUnauthorized, ProviderRejected, ProviderOverloaded,
        ProviderUnavailable, ProviderUnreachable, ProviderTimeout, ProviderBrokeOff,
        ProviderGarbled,
    ) if kind.retryable}  # fmt: skip
    assert again == {
        ProviderOverloaded, ProviderUnavailable, ProviderUnreachable, ProviderTimeout,
        ProviderBrokeOff,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnknownModel("swfit", ["swift"]), "Unknown model 'swfit'. Did you mean swift?"),
        (UnknownModel("x" * 500, []), f"Unknown model '{'x' * 80}'."),
        (ModelCannot("a", "see", ["b", "c"]), "Model 'a' cannot see. Models that can: b, c."),
        (NotConfigured("ACME_API_KEY"), "ACME_API_KEY is not set"),
        (ConversationNotFound(ConversationId("9f")), "Session not found"),
        (TurnTimedOut(900), "The answer took longer than 900 seconds and was stopped"),
        (
            SpendingCapReached(2.5, 2.4, 0.125, datetime(2026, 2, 28, 21, tzinfo=UTC)),
            "Spending cap reached: $2.4000 of $2.5000 are used or set aside today, and this answer"
            " may cost $0.1250. The cap resets at 2026-03-01 00:00 UTC.",
        ),
        (StorageUnavailable("begin"), "The database is not available; try again in a moment"),
    ],
)
def test_what_a_client_reads(error: ParleyError, text: str) -> None:
    assert str(error) == text


def test_forgotten_events_name_the_contracts_word() -> None:
    assert EventsForgotten().code == "no_buffer"
    assert "no_buffer" in str(EventsForgotten())

"""The tree of errors is what its page says, and every text is fit for a client."""

import re
from datetime import UTC, datetime
from types import ModuleType

import pytest

from domain import errors, media_errors, provider_errors, storage_errors
from domain.errors import (
    ConversationNotFound,
    ModelCannot,
    NotConfigured,
    ParleyError,
    SpendingCapReached,
    UnknownModel,
)
from domain.ids import ConversationId
from domain.media_errors import JobError
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
)
from domain.storage_errors import StorageError, StorageUnavailable
from domain.transfer import errors as transfer_errors
from domain.transfer.errors import ArchiveError
from domain.turn import errors as turn_errors
from domain.turn.errors import EventsForgotten, TurnError, TurnTimedOut

PAGES = (errors, media_errors, provider_errors, storage_errors, transfer_errors, turn_errors)


def drawn(page: ModuleType) -> list[tuple[int, str]]:
    """Return depth and name of each error in the drawing at the top of a module."""
    line = re.compile(r"    ([│├└─ ]*)([A-Z]\w+)(?:   .*)?$", re.MULTILINE)
    return [(len(branch) // 4, name) for branch, name in line.findall(page.__doc__ or "")]


def real(kind: type[ParleyError], page: ModuleType, depth: int = 0) -> set[tuple[int, str]]:
    """Return the same of the classes; where another page goes on, that is left to it."""
    if kind.__module__ != page.__name__:
        return {(depth, kind.__name__)}
    ours = [other.__name__ for other in PAGES]
    inner = {item for sub in kind.__subclasses__() if sub.__module__ in ours
             for item in real(sub, page, depth + 1)}  # fmt: skip
    return {(depth, kind.__name__)} | inner


@pytest.mark.parametrize(
    ("root", "page"),
    [
        (ParleyError, errors),
        (ProviderError, provider_errors),
        (ArchiveError, transfer_errors),
        (JobError, media_errors),
        (StorageError, storage_errors),
        (TurnError, turn_errors),
    ],
)
def test_the_drawing_is_the_tree(root: type[ParleyError], page: ModuleType) -> None:
    assert set(drawn(page)) == real(root, page)


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

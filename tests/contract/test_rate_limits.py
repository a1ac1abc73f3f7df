"""The promises of `RateLimits`, on every adapter."""

import time
from collections.abc import Callable

import pytest

from adapters.memory.rate_limits import MemoryRateLimits
from application.ports.rate_limits import RateLimits


@pytest.fixture(params=[MemoryRateLimits])
def limits(request: pytest.FixtureRequest) -> RateLimits:
    return request.param()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what lets time pass."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    return pass_time


async def test_so_many_are_allowed(limits: RateLimits, later: Callable[[float], None]) -> None:
    assert [await limits.spend("login", "anna", 2, 60) for _ in range(2)] == [0, 0]
    assert 0 < await limits.spend("login", "anna", 2, 60) <= 60


async def test_the_window_moves(limits: RateLimits, later: Callable[[float], None]) -> None:
    await limits.spend("login", "anna", 2, 60)
    later(40)
    await limits.spend("login", "anna", 2, 60)
    assert await limits.spend("login", "anna", 2, 60) == pytest.approx(20, abs=0.1)
    later(21)
    assert await limits.spend("login", "anna", 2, 60) == 0
    assert await limits.spend("login", "anna", 2, 60) == pytest.approx(39, abs=0.1)


async def test_refused_attempts_do_not_count(
    limits: RateLimits, later: Callable[[float], None]
) -> None:
    await limits.spend("login", "anna", 1, 60)
    for _ in range(5):
        later(10)
        assert await limits.spend("login", "anna", 1, 60) > 0
    later(11)
    assert await limits.spend("login", "anna", 1, 60) == 0


async def test_purposes_and_keys_are_apart(
    limits: RateLimits, later: Callable[[float], None]
) -> None:
    assert await limits.spend("login", "anna", 1, 60) == 0
    assert await limits.spend("login", "boris", 1, 60) == 0
    assert await limits.spend("search", "anna", 1, 60) == 0
    assert await limits.spend("login", "anna", 1, 60) > 0


async def test_what_is_forgotten_counts_no_more(limits: RateLimits) -> None:
    for key in ("anna", "boris"):
        assert await limits.spend("login", key, 1, 60) == 0
    await limits.forget("login", "anna", 1, 60)
    await limits.forget("login", "nobody", 1, 60)
    assert await limits.spend("login", "anna", 1, 60) == 0
    assert await limits.spend("login", "boris", 1, 60) > 0


async def test_what_is_given_back_may_be_spent_again(
    limits: RateLimits, later: Callable[[float], None]
) -> None:
    for _ in range(2):
        assert await limits.spend("login", "anna", 2, 60) == 0
        later(10)
    await limits.give_back("login", "anna", 2, 60)
    assert await limits.spend("login", "anna", 2, 60) == 0
    assert await limits.spend("login", "anna", 2, 60) == pytest.approx(40, abs=0.1)


async def test_where_nothing_was_counted_there_is_nothing_to_give_back(limits: RateLimits) -> None:
    await limits.give_back("login", "anna", 1, 60)
    assert await limits.spend("login", "anna", 1, 60) == 0
    assert await limits.spend("login", "anna", 1, 60) > 0

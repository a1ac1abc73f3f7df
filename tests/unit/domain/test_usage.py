"""Bills, and sums of them."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import TurnId, UserId
from domain.turn.metering import Attempt, Metering, Usage
from domain.usage import UsageState, UsageSum, billed, micro_usd, total, usd

NOW = datetime(2026, 1, 1, tzinfo=UTC)
METERING = Metering(
    model="swift-2",
    provider="acme",
    usage=Usage(100, 20, 120, 40, 8, 10),
    cost_usd=0.0012345,
    attempts=(Attempt("swift-1", "acme", "provider_overloaded"), Attempt("swift-2", "acme")),
    first_token_ms=120,
    provider_ms=900,
    total_ms=950,
)


def bill(metering: Metering) -> dict[str, object]:
    return msgspec.structs.asdict(billed(TurnId("t"), UserId(1), metering, NOW))


def test_a_bill_holds_what_was_metered() -> None:
    assert bill(METERING) == {
        "turn": "t",
        "user": 1,
        "at": NOW,
        "model": "swift-2",
        "provider": "acme",
        "state": UsageState.SETTLED,
        "input_tokens": 100,
        "cached_input_tokens": 40,
        "cache_written_tokens": 10,
        "output_tokens": 20,
        "reasoning_tokens": 8,
        "reserved_micro_usd": None,
        "cost_micro_usd": 1234,
    }


def test_an_unknown_cost_stays_unknown() -> None:
    found = bill(Metering(model="m", provider="p"))
    assert (found["cost_micro_usd"], found["input_tokens"]) == (None, 0)


def test_what_no_provider_can_mean_fits_every_store() -> None:
    wild = Metering(
        model="m" * 1000, provider="p" * 1000, usage=Usage(10**30, -5), cost_usd=10.0**30
    )
    found = bill(wild)
    assert (found["input_tokens"], found["output_tokens"]) == (2**53, 0)
    assert found["cost_micro_usd"] == 2**53
    assert (found["model"], found["provider"]) == ("m" * 100, "p" * 100)


def test_a_metering_is_told_as_plain_data() -> None:
    told = METERING.told()
    assert msgspec.json.decode(msgspec.json.encode(told)) == told
    assert told["cached_input_tokens"] == 40
    assert told["attempts"][0] == {
        "model": "swift-1",
        "provider": "acme",
        "error": "provider_overloaded",
    }
    assert (told["cost_usd"], told["first_token_ms"]) == (0.0012345, 120)


def test_the_cost_of_a_sum_is_what_is_known_of_it() -> None:
    assert UsageSum().cost_usd == 0.0
    assert UsageSum(answers=2, unpriced_answers=2).cost_usd is None
    assert UsageSum(answers=2, unpriced_answers=1, known_micro_usd=1500).cost_usd == 0.0015


def test_a_total_adds_up_and_has_no_key() -> None:
    sums = [
        UsageSum(day="2026-01-01", answers=1, input_tokens=5, known_micro_usd=7),
        UsageSum(day="2026-01-02", answers=2, output_tokens=3, unpriced_answers=2),
    ]
    assert total(sums) == UsageSum(
        answers=3, input_tokens=5, output_tokens=3, known_micro_usd=7, unpriced_answers=2
    )
    assert total([]) == UsageSum()


@given(st.integers(0, 10**12))
def test_money_survives_the_way_there_and_back(millionths: int) -> None:
    assert micro_usd(usd(millionths)) == millionths

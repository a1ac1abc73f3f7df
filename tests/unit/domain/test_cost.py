"""What an answer cost, whatever a provider says that it counted."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.anthropic.catalog import CARDS as ANTHROPIC
from adapters.demo.catalog import CARDS as DEMO
from adapters.google.catalog import CARDS as GOOGLE
from adapters.openai.catalog import CARDS as OPENAI
from domain.catalog.card import Price
from domain.catalog.cost import cost_usd, estimate_usd
from domain.turn.metering import Usage

PRICE = Price(3.0, 15.0, 0.3, 3.75, "2026-02")
PLAIN = Price(3.0, 15.0)

tokens = st.integers(0, 10_000_000)
usd = st.floats(0, 1000)
prices = st.builds(Price, usd, usd, usd | st.none(), usd | st.none())
usages = st.builds(
    Usage,
    input_tokens=tokens,
    output_tokens=tokens,
    cached_input_tokens=tokens,
    cache_written_tokens=tokens,
    reasoning_tokens=tokens,
)


def test_each_kind_of_token_has_its_price() -> None:
    usage = Usage(
        input_tokens=1_000_000,
        output_tokens=100_000,
        cached_input_tokens=400_000,
        cache_written_tokens=200_000,
        reasoning_tokens=60_000,
    )
    assert cost_usd(usage, PRICE) == pytest.approx(0.4 * 3 + 0.4 * 0.3 + 0.2 * 3.75 + 0.1 * 15)


def test_a_cache_without_a_price_of_its_own_costs_as_any_input() -> None:
    usage = Usage(input_tokens=1000, cached_input_tokens=600, cache_written_tokens=400)
    assert cost_usd(usage, PLAIN) == pytest.approx(0.003)


@pytest.mark.parametrize(("usage", "price"), [(None, PRICE), (Usage(1, 1), None), (None, None)])
def test_what_is_not_known_is_said_to_be_unknown(usage: Usage | None, price: Price | None) -> None:
    assert cost_usd(usage, price) is None


def test_no_tokens_cost_nothing() -> None:
    assert cost_usd(Usage(), PRICE) == 0.0


@given(usages, prices)
def test_a_cost_is_never_below_nothing_nor_above_the_dearest_price(
    usage: Usage, price: Price
) -> None:
    dearest = max(
        price.input_usd_per_mtok,
        price.cached_input_usd_per_mtok or 0,
        price.cache_written_usd_per_mtok or 0,
    )
    most = usage.input_tokens * dearest + usage.output_tokens * price.output_usd_per_mtok
    cost = cost_usd(usage, price)
    assert cost is not None
    assert 0 <= cost <= most / 1_000_000 * (1 + 1e-9) + 1e-12


@given(usages, prices, st.integers(0, 1_000_000))
def test_more_output_never_costs_less(usage: Usage, price: Price, more: int) -> None:
    longer = msgspec.structs.replace(usage, output_tokens=usage.output_tokens + more)
    before, after = cost_usd(usage, price), cost_usd(longer, price)
    assert before is not None
    assert after is not None
    assert after >= before


@given(usages, prices)
def test_reasoning_is_part_of_the_output(usage: Usage, price: Price) -> None:
    silent = msgspec.structs.replace(usage, reasoning_tokens=0)
    assert cost_usd(usage, price) == cost_usd(silent, price)


@given(st.integers(-10, 10), st.integers(-10, 10), st.integers(-10, 10))
def test_counts_that_make_no_sense_make_no_debt(sent: int, cached: int, written: int) -> None:
    usage = Usage(
        input_tokens=sent,
        output_tokens=-5,
        cached_input_tokens=cached,
        cache_written_tokens=written,
    )
    cost = cost_usd(usage, PRICE)
    assert cost is not None
    assert cost >= 0


def test_an_estimate_is_the_whole_prompt_and_the_longest_answer() -> None:
    assert estimate_usd(PLAIN, 3_000_000, 100_000) == pytest.approx(3.0 + 1.5)
    assert estimate_usd(PRICE, 3_000_000, 0) == pytest.approx(3.75)
    assert estimate_usd(PLAIN, 1, 0) == pytest.approx(0.000003)
    assert estimate_usd(None, 3_000_000, 100_000) == 0.0


@given(st.text(max_size=300), st.integers(0, 5000), prices)
def test_an_estimate_is_not_below_the_cost(text: str, said: int, price: Price) -> None:
    usage = Usage(input_tokens=len(text) // 4, output_tokens=said)
    cost = cost_usd(usage, price)
    assert cost is not None
    assert estimate_usd(price, len(text), said) >= cost - 1e-12


@pytest.mark.parametrize("card", [*OPENAI, *ANTHROPIC, *GOOGLE], ids=lambda card: card.id)
def test_shipped_prices_say_when_they_were_seen_and_caches_are_cheaper(card: object) -> None:
    price = getattr(card, "price", None)
    assert isinstance(price, Price)
    assert price.seen.startswith("202")
    cached = price.cached_input_usd_per_mtok
    assert cached is None or cached < price.input_usd_per_mtok < price.output_usd_per_mtok


def test_the_demonstration_is_free() -> None:
    assert cost_usd(Usage(5, 7), DEMO[0].price) == 0.0


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf"), "3"])
def test_a_price_is_a_number_of_dollars(wrong: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"input_usd_per_mtok": wrong, "output_usd_per_mtok": 1.0}, Price)

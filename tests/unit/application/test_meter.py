"""What answering took: tokens, money, time, attempts."""

import pytest

from adapters.memory.clock import ManualClock
from application.chat.meter import Meter
from domain.catalog.card import ModelCard, Price
from domain.provider_errors import ProviderDown
from domain.turn.agent_events import LoopStopped, RoundBegan, SpentBeside
from domain.turn.events import (
    CodeResult,
    ModelStopped,
    ProviderRetrying,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from domain.turn.metering import Attempt, Usage

CARD = ModelCard(id="a", provider="acme", model="a-1", price=Price(1.0, 10.0))
FREE = ModelCard(id="b", provider="other", model="b-1")
STOPPED = ModelStopped("stop", Usage(1000, 100, 1100))


async def test_a_plain_answer() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    await clock.advance(0.5)
    meter.asks(CARD)
    await clock.advance(1)
    meter.saw([TextDelta("So")])
    await clock.advance(2)
    meter.saw([TextDelta(" it"), TextDelta(" is"), STOPPED])
    await clock.advance(0.25)
    found = meter.reading()
    assert found is not None
    assert (found.model, found.provider) == ("a-1", "acme")
    assert found.usage == STOPPED.usage
    assert found.cost_usd == pytest.approx((1000 * 1 + 100 * 10) / 1e6)
    assert found.attempts == (Attempt("a-1", "acme"),)
    assert (found.first_token_ms, found.provider_ms, found.total_ms) == (1500, 3000, 3750)


async def test_before_anybody_is_asked_there_is_nothing_to_read() -> None:
    assert Meter(ManualClock()).reading() is None


async def test_rounds_add_up_and_tools_are_not_the_providers_time() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    meter.asks(CARD)
    await clock.advance(1)
    meter.saw([ToolCalled("1", "clock", {}), STOPPED])
    await clock.advance(5)
    meter.saw([ToolReturned("1", "clock", "noon")])
    await clock.advance(3)
    meter.saw([RoundBegan(2, 10, "general")])
    await clock.advance(2)
    meter.saw([TextDelta("Noon"), STOPPED])
    found = meter.reading()
    assert found is not None
    assert found.usage == Usage(2000, 200, 2200)
    assert found.provider_ms == 3000
    assert found.attempts == (Attempt("a-1", "acme"),)


async def test_last_words_are_the_providers_time_too() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    meter.asks(CARD)
    meter.saw([STOPPED])
    meter.saw([LoopStopped("max_iterations", 1)])
    await clock.advance(2)
    meter.saw([STOPPED])
    found = meter.reading()
    assert found is not None
    assert found.provider_ms == 2000


async def test_what_tools_spend_is_on_the_bill() -> None:
    meter = Meter(ManualClock())
    meter.asks(CARD)
    meter.saw([TextDelta("So"), STOPPED])
    own = meter.spent_usd
    assert own is not None
    meter.saw([SpentBeside(Usage(10, 5, 15), 0.25), ToolReturned("1", "generate_text", {})])
    found = meter.reading()
    assert found is not None
    assert (found.cost_usd, found.usage) == (own + 0.25, Usage(1010, 105, 1115))
    meter.saw([SpentBeside(None, None), ToolReturned("1", "generate_text", {})])
    assert meter.spent_usd is None, "nobody knows"


async def test_every_attempt_is_there_in_order() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    meter.asks(CARD)
    meter.saw([ProviderRetrying("acme", 2, 1.0, "provider_unavailable")])
    meter.failed(ProviderDown("acme", 30))
    meter.asks(FREE)
    meter.saw([TextDelta("So"), STOPPED])
    found = meter.reading()
    assert found is not None
    assert found.attempts == (
        Attempt("a-1", "acme", "provider_unavailable"),
        Attempt("a-1", "acme", "provider_down"),
        Attempt("b-1", "other"),
    )
    assert (found.model, found.cost_usd) == ("b-1", None)


async def test_an_answer_that_was_cut_off_has_no_price() -> None:
    clock = ManualClock()
    meter = Meter(clock)
    meter.asks(CARD)
    meter.saw([TextDelta("So")])
    await clock.advance(1)
    found = meter.reading()
    assert found is not None
    assert (found.usage, found.cost_usd, found.provider_ms) == (None, None, 1000)


async def test_what_the_provider_says_it_cost_counts() -> None:
    meter = Meter(ManualClock())
    meter.asks(CARD)
    meter.saw([CodeResult("s", "success", cost_usd=0.25), STOPPED])
    found = meter.reading()
    assert found is not None
    assert found.cost_usd == 0.25

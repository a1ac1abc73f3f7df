"""What may be spent, and what is done about the rest."""

from datetime import UTC, datetime

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.chat.ledger import Ledger
from application.usage.spending import Spending
from domain.catalog.card import ModelCard, Price
from domain.errors import SpendingCapReached
from domain.ids import TurnId, UserId
from domain.turn.metering import Metering, Usage
from domain.turn.prompt import CallMade, Message, Prompt, TextPart
from tests.unit.rig import ANNA, BORIS

EVENING = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
CARD = ModelCard(
    id="swift", provider="acme", model="swift-2", output_tokens=100_000, price=Price(3.0, 1.0)
)
UNPRICED = ModelCard(id="odd", provider="acme", model="odd-1")
TEN_CENTS = Prompt(CARD, (), max_tokens=100_000)


class House:
    """A cap of 25 cents, and who settles what was set aside."""

    def __init__(self, cap_usd: float = 0.25) -> None:
        self.clock = ManualClock(EVENING)
        self.store = MemoryUnitOfWork(self.clock)
        self.spending = Spending(self.store, self.clock, cap_usd)
        self.ledger = Ledger(self.store, self.clock)

    async def reserve(self, turn: str, prompt: Prompt = TEN_CENTS, user: UserId = ANNA) -> None:
        await self.spending.reserve(user, TurnId(turn), prompt)

    async def settle(self, turn: str, cost_usd: float | None, usage: Usage | None = None) -> None:
        metering = Metering(model="swift-2", provider="acme", usage=usage, cost_usd=cost_usd)
        await self.ledger.bill(TurnId(turn), ANNA, metering)

    async def spent(self, user: UserId = ANNA) -> int:
        midnight = self.clock.now().replace(hour=0, minute=0)
        async with self.store() as db:
            return await db.usage.hold(user, midnight, TurnId(""))


@pytest.fixture
async def house() -> House:
    return await inhabited(House())


async def inhabited(house: House) -> House:
    async with house.store() as db:
        for name in ("anna", "boris"):
            await db.accounts.add(name, "hash", None)
    return house


async def test_what_fits_under_the_cap_is_set_aside(house: House) -> None:
    await house.reserve("one")
    await house.reserve("two")
    assert await house.spent() == 200_000


async def test_what_does_not_fit_is_refused_and_not_set_aside(house: House) -> None:
    await house.reserve("one")
    await house.reserve("two")
    with pytest.raises(SpendingCapReached) as told:
        await house.reserve("three")
    assert (told.value.cap_usd, told.value.spent_usd) == (0.25, 0.2)
    assert told.value.retry_after_s == 4 * 3600
    assert told.value.resets_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert "$0.2000 of $0.2500" in str(told.value)
    assert "$0.1000" in str(told.value)
    assert await house.spent() == 200_000


async def test_the_cap_may_be_reached_to_the_last_cent() -> None:
    house = await inhabited(House(0.2))
    await house.reserve("one")
    await house.reserve("two")
    with pytest.raises(SpendingCapReached):
        await house.reserve("three", Prompt(CARD, (), max_tokens=1))


async def test_settling_replaces_the_estimate_by_the_cost(house: House) -> None:
    await house.reserve("one")
    await house.settle("one", 0.001, Usage(10, 20))
    assert await house.spent() == 1000
    await house.settle("one", 0.001, Usage(10, 20))
    assert await house.spent() == 1000


async def test_an_answer_may_cost_more_than_was_set_aside(house: House) -> None:
    await house.reserve("one")
    await house.settle("one", 0.3)
    with pytest.raises(SpendingCapReached, match=r"\$0\.3000 of \$0\.2500"):
        await house.reserve("two", Prompt(CARD, (), max_tokens=1))


async def test_a_cost_that_never_becomes_known_counts_as_it_was_estimated(house: House) -> None:
    await house.reserve("one")
    await house.settle("one", None)
    assert await house.spent() == 100_000


async def test_a_turn_that_came_to_no_call_settles_at_nothing(house: House) -> None:
    await house.reserve("one")
    await house.settle("one", 0.0)
    assert await house.spent() == 0


async def test_reserving_again_for_another_model_replaces_the_first(house: House) -> None:
    await house.reserve("one")
    await house.reserve("one", Prompt(CARD, (), max_tokens=200_000))
    assert await house.spent() == 200_000
    with pytest.raises(SpendingCapReached):
        await house.reserve("one", Prompt(CARD, (), max_tokens=300_000))


async def test_a_new_day_begins_with_nothing_spent(house: House) -> None:
    await house.reserve("died")
    await house.reserve("two")
    await house.clock.advance(4 * 3600 - 1)
    with pytest.raises(SpendingCapReached) as told:
        await house.reserve("three")
    assert told.value.retry_after_s == 1
    await house.clock.advance(1)
    await house.reserve("three")
    assert await house.spent() == 100_000


async def test_a_turn_over_midnight_counts_for_the_day_it_was_asked(house: House) -> None:
    await house.reserve("one")
    await house.clock.advance(5 * 3600)
    await house.settle("one", 0.2)
    assert await house.spent() == 0


async def test_users_have_caps_of_their_own(house: House) -> None:
    await house.reserve("one")
    await house.reserve("two")
    await house.reserve("three", user=BORIS)
    assert await house.spent(BORIS) == 100_000


async def test_all_that_is_sent_is_estimated(house: House) -> None:
    call = CallMade("1", "clock", "z" * 30)
    message = Message("user", (TextPart("x" * 150), TextPart("y" * 149)), (call,))
    await house.reserve("one", Prompt(CARD, (message,), system="s" * 270, max_tokens=0))
    # 600 characters are 200 tokens at 3 dollars a million; no limit of its own is the card's.
    assert await house.spent() == 600 + 100_000


@pytest.mark.parametrize(("effort", "tokens"), [(8000, 18_000), ("high", 10_000), (None, 10_000)])
async def test_a_budget_for_reasoning_is_part_of_the_estimate(
    house: House, effort: str | int | None, tokens: int
) -> None:
    await house.reserve("one", Prompt(CARD, (), max_tokens=10_000, effort=effort))
    assert await house.spent() == tokens


async def test_a_model_without_a_price_has_nothing_set_aside(house: House) -> None:
    await house.reserve("one", Prompt(UNPRICED, ()))
    assert await house.spent() == 0


@pytest.mark.parametrize("cap", [0, None])
async def test_without_a_cap_the_database_is_left_alone(cap: float | None) -> None:
    clock = ManualClock()
    store = MemoryUnitOfWork(clock)
    store.away = True
    spending = Spending(store, clock, cap)
    await spending.reserve(ANNA, TurnId("one"), TEN_CENTS)
    assert store.opened == 0

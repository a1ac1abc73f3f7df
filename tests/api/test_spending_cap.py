"""A turn is metered, billed and kept under the cap, whichever door it came through."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.memory.clock import ManualClock
from domain.turn.events import ModelStopped, TextDelta
from domain.turn.metering import Usage
from tests.api.offline_app import Outside, Parley

ASK: dict[str, Any] = {
    "customer_id": 1,
    "prompt": "Why?",
    "settings": {"text": {"model": "gpt-4o-mini"}},
}
# At 0.15 and 0.60 dollars a million tokens; the card's limit of 4096 is 0.0025 dollars.
ANSWER = [TextDelta("So."), ModelStopped("stop", Usage(1000, 2000, 3000))]
COST_USD = 0.00135
BEFORE_MIDNIGHT = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)


@pytest.fixture
async def capped(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    clock = ManualClock(BEFORE_MIDNIGHT)
    async with Parley(tmp_path, Outside(clock), spending_cap_usd=0.003).running() as running:
        yield running


@pytest.fixture
async def spender(capped: Parley) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with capped.client() as client:
        client.headers.update(capped.headers)
        yield client


async def used(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/api/v1/usage")).json()["data"]["total"]


async def test_an_answer_says_what_it_took_and_is_billed(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.script(ANSWER)
    metadata = (await anna.post("/chat", json=ASK)).json()["data"]["metadata"]
    assert metadata["usage"]["cost_usd"] == COST_USD
    assert metadata["usage"]["attempts"] == [
        {"model": "gpt-4o-mini", "provider": "openai", "error": None}
    ]
    total = await used(anna)
    assert (total["answers"], total["cost_usd"], total["output_tokens"]) == (1, COST_USD, 2000)


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
async def test_past_the_cap_a_question_is_refused_before_the_model_hears_of_it(
    capped: Parley, spender: httpx.AsyncClient, path: str
) -> None:
    model = capped.script(ANSWER)
    assert (await spender.post("/chat", json=ASK)).status_code == 200
    refused = await spender.post(path, json=ASK)
    assert refused.status_code == 429, refused.text
    assert refused.headers["Retry-After"] == "60"
    assert "$0.0014 of $0.0030" in refused.json()["message"]
    assert len(model.prompts) == 1
    assert (await used(spender))["cost_usd"] == COST_USD


async def test_tomorrow_is_another_day(capped: Parley, spender: httpx.AsyncClient) -> None:
    capped.script(ANSWER, ANSWER)
    assert (await spender.post("/chat", json=ASK)).status_code == 200
    assert (await spender.post("/chat", json=ASK)).status_code == 429
    await capped.clock.advance(60)
    assert (await spender.post("/chat", json=ASK)).status_code == 200

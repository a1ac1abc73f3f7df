"""What was used, over HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.ids import TurnId, UserId
from domain.usage import UsageRecord
from tests.api.offline_app import Parley

USAGE = "/api/v1/usage"
EMPTY = {
    "answers": 0,
    "input_tokens": 0,
    "cached_input_tokens": 0,
    "cache_written_tokens": 0,
    "output_tokens": 0,
    "reasoning_tokens": 0,
    "cost_usd": 0.0,
    "unpriced_answers": 0,
}


async def used(
    parley: Parley,
    turn: str,
    *,
    days_ago: int = 0,
    model: str = "swift-2",
    cost: int | None = 1500,
    user: UserId | None = None,
) -> None:
    async with parley.work() as db:
        await db.usage.put(
            UsageRecord(
                turn=TurnId(turn),
                user=user or parley.anna.id,
                at=parley.clock.now() - timedelta(days=days_ago),
                model=model,
                provider="acme",
                input_tokens=100,
                cached_input_tokens=40,
                output_tokens=20,
                reasoning_tokens=8,
                cost_micro_usd=cost,
            )
        )


async def shown(client: httpx.AsyncClient, **wanted: str) -> dict[str, Any]:
    answer = await client.get(USAGE, params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_nothing_used_is_an_empty_page_in_the_envelope(anna: httpx.AsyncClient) -> None:
    answer = await anna.get(USAGE)
    assert answer.json() == {
        "code": 200,
        "success": True,
        "message": "Usage retrieved successfully",
        "data": {
            "first_day": "2025-12-03",
            "last_day": "2026-01-01",
            "group_by": "day",
            "rows": [],
            "total": EMPTY,
        },
        "meta": None,
    }


async def test_days_are_added_up(parley: Parley, anna: httpx.AsyncClient) -> None:
    await used(parley, "a")
    await used(parley, "b", cost=None)
    await used(parley, "c", days_ago=3, cost=None)
    data = await shown(anna)
    assert data["rows"] == [
        EMPTY
        | {"day": "2025-12-29", "model": None, "provider": None, "answers": 1, "cost_usd": None}
        | {"input_tokens": 100, "cached_input_tokens": 40, "output_tokens": 20}
        | {"reasoning_tokens": 8, "unpriced_answers": 1},
        EMPTY
        | {"day": "2026-01-01", "model": None, "provider": None, "answers": 2, "cost_usd": 0.0015}
        | {"input_tokens": 200, "cached_input_tokens": 80, "output_tokens": 40}
        | {"reasoning_tokens": 16, "unpriced_answers": 1},
    ]
    assert (data["total"]["answers"], data["total"]["cost_usd"]) == (3, 0.0015)
    assert data["total"]["unpriced_answers"] == 2


async def test_groups_by_model_and_provider(parley: Parley, anna: httpx.AsyncClient) -> None:
    await used(parley, "a")
    await used(parley, "b", model="slow-1")
    models = (await shown(anna, group_by="model"))["rows"]
    assert [(row["model"], row["provider"]) for row in models] == [
        ("slow-1", "acme"),
        ("swift-2", "acme"),
    ]
    (provider,) = (await shown(anna, group_by="provider"))["rows"]
    assert (provider["provider"], provider["model"], provider["answers"]) == ("acme", None, 2)


async def test_a_period_includes_both_its_days(parley: Parley, anna: httpx.AsyncClient) -> None:
    for days in range(4):
        await used(parley, str(days), days_ago=days)
    wanted = {"from": "2025-12-30", "to": "2025-12-31"}
    assert [row["day"] for row in (await shown(anna, **wanted))["rows"]] == list(wanted.values())


async def test_the_owner_is_the_one_of_the_token(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await used(parley, "a", user=parley.boris.id)
    assert (await shown(anna))["total"] == EMPTY
    foreign = await anna.get(USAGE, params={"customer_id": "2"})
    nobody = await stranger.get(USAGE)
    assert (foreign.status_code, nobody.status_code) == (403, 401)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-01-01T00:00:00"}, "from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "from"),
        ({"group_by": "colour"}, "group_by"),
    ],
)
async def test_what_makes_no_sense_is_422(
    anna: httpx.AsyncClient, wanted: dict[str, str], field: str
) -> None:
    answer = await anna.get(USAGE, params=wanted)
    assert answer.status_code == 422
    assert field in str(answer.json()["data"])


async def test_a_database_that_is_away_is_503(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.work.away = True
    assert (await anna.get(USAGE)).status_code == 503

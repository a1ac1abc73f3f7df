"""Searching messages by their words, over HTTP; and pages of the list by cursor."""

from base64 import urlsafe_b64encode
from typing import Any

import httpx
import pytest

from tests.api.history_calls import SESSIONS, call
from tests.api.history_rows import talk
from tests.api.offline_app import Parley

SEARCH = "/api/v1/chat/search"


async def found(client: httpx.AsyncClient, status: int = 200, **wanted: Any) -> dict[str, Any]:
    answer = await client.get(SEARCH, params=wanted)
    assert answer.status_code == status, answer.text
    return answer.json()


def crafted(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def test_conversations_with_their_messages_and_marked_snippets(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    told = await talk(parley, "Birds", "Where do <b>owls</b> sleep?", "Most OWLS, in trees.")
    await talk(parley, "Fish", "Do fish sleep?")
    await talk(parley, "Foreign", "owls", owner=parley.boris.id)
    body = await found(anna, q='owls "in trees"')
    assert body["message"] == "Messages matched successfully"
    (result,) = body["data"]["results"]
    assert body["data"]["count"] == 1
    assert body["data"]["next_cursor"] is None
    assert result["session"]["session_id"] == told.id
    assert "messages" not in result["session"]
    (match,) = result["matches"]
    assert result["message_ids"] == [match["message_id"]]
    assert match["sender"] == "AI"
    assert match["snippet"] == [
        {"text": "Most ", "hit": False},
        {"text": "OWLS", "hit": True},
        {"text": ", ", "hit": False},
        {"text": "in trees", "hit": True},
        {"text": ".", "hit": False},
    ]


async def test_pages_follow_one_another(parley: Parley, anna: httpx.AsyncClient) -> None:
    talks = [await talk(parley, str(number), *["an owl"] * 5) for number in range(3)]
    first = (await found(anna, q="owl", limit=2))["data"]
    second = (await found(anna, q="owl", limit=2, cursor=first["next_cursor"]))["data"]
    told = [result["session"]["session_id"] for result in first["results"] + second["results"]]
    assert told == [one.id for one in reversed(talks)]
    assert second["next_cursor"] is None
    assert {len(result["message_ids"]) for result in first["results"]} == {5}
    assert {len(result["matches"]) for result in first["results"]} == {3}


@pytest.mark.parametrize("text", ["", "   ", '"', "* ( ) -", "%", "\0", "🦉" * 200, "a " * 20])
async def test_no_text_is_wrong(anna: httpx.AsyncClient, text: str) -> None:
    assert (await found(anna, q=text))["data"]["results"] == []


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "q"),
        ({"q": "x" * 1001}, "q"),
        ({"q": " ".join(f"w{number}" for number in range(33))}, "q"),
        ({"q": "owl", "limit": "0"}, "limit"),
        ({"q": "owl", "limit": "101"}, "limit"),
        ({"q": "owl", "cursor": "not one of ours"}, "cursor"),
        ({"q": "owl", "cursor": crafted('[1, "s", 1, 99999999999999999999]')}, "cursor"),
        ({"q": "owl", "cursor": crafted('[1, "s", 1, 1]')}, "cursor"),
    ],
)
async def test_what_makes_no_sense_is_422(
    anna: httpx.AsyncClient, wanted: dict[str, str], field: str
) -> None:
    assert field in str((await found(anna, 422, **wanted))["data"])


async def test_only_with_a_token_of_ones_own(
    anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await found(stranger, 401, q="owl")
    await found(anna, 403, q="owl", customer_id=2)


async def test_the_list_goes_on_at_a_cursor(parley: Parley, anna: httpx.AsyncClient) -> None:
    for name in "abc":
        await talk(parley, name, "x")

    async def page(**wanted: Any) -> tuple[list[str], str | None]:
        data = (await call(anna, "POST", f"{SESSIONS}/list", limit=2, **wanted))["data"]
        assert data["count"] == len(data["sessions"])
        return [one["session_name"] for one in data["sessions"]], data["next_cursor"]

    names, cursor = await page()
    await talk(parley, "d", "x")
    assert names == ["c", "b"]
    assert await page(cursor=cursor) == (["a"], None)
    assert (await page(cursor=None))[0] == (await page(cursor=""))[0] == ["d", "c"]


@pytest.mark.parametrize(
    "cursor",
    [
        "?",
        "a" * 401,
        crafted("{}"),
        crafted('["2026-01-01T00:00:00", "2026-01-01T00:00:00", "s"]'),
        crafted('["0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00Z", "s"]'),
    ],
)
async def test_a_cursor_of_nobody_is_422(anna: httpx.AsyncClient, cursor: str) -> None:
    refused = await call(anna, "POST", f"{SESSIONS}/list", 422, cursor=cursor)
    assert "cursor" in str(refused["data"])

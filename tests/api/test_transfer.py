"""An account out of one server and into another, over HTTP."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient
from tests.archives import RICH, archive, body, exported, imported, said, talk

EXPORT = "/api/v1/account/export"
IMPORT = "/api/v1/account/import"
MANY = archive([talk("t1"), *(said(number, "text") for number in range(1, 301))])


@pytest.fixture
async def small(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    """A server that takes little."""
    limits: dict[str, Any] = {
        "import_max_bytes": 20_000,
        "import_max_record_bytes": 2_000,
        "import_max_records": 9,
    }
    async with Parley(tmp_path, **limits).running() as running:
        yield running


def steps(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_in_and_out_again(parley: Parley, anna: httpx.AsyncClient) -> None:
    answer = await anna.post(IMPORT, content=archive(RICH))
    assert answer.status_code == 200, answer.text
    added = {"prompts": 3, "usage": 2, "conversations": 3, "messages": 6}
    assert steps(answer) == [
        {"type": "checked", "done": 14, "total": 14, "added": dict.fromkeys(added, 0)},
        {"type": "storing", "done": 14, "total": 14, "added": added},
        {"type": "stored", "done": 14, "total": 14, "added": added},
    ]
    out = await anna.get(EXPORT)
    assert out.headers["Content-Type"] == "application/x-ndjson"
    assert out.headers["Content-Disposition"] == 'attachment; filename="parley-2026-01-01.jsonl"'
    assert out.headers["X-Parley-Records"] == "14"
    head = json.loads(out.content.partition(b"\n")[0])
    assert (head["username"], head["version"]) == ("anna", 1)
    assert body(out.content) == body(archive(RICH))
    assert await exported(parley.work, parley.boris.id) != out.content
    for secret in (parley.anna.password_hash, parley.token):
        assert secret.encode() not in out.content


async def test_packed_and_in_again(anna: httpx.AsyncClient) -> None:
    await anna.post(IMPORT, content=gzip.compress(MANY))
    out = await anna.get(EXPORT, params={"gzip": "true"})
    assert out.headers["Content-Type"] == "application/gzip"
    assert body(gzip.decompress(out.content)) == body(MANY)
    again = steps(await anna.post(IMPORT, content=out.content))
    assert again[-1]["added"]["messages"] == 0


async def test_text_that_packs_all_too_well_comes_in_again(anna: httpx.AsyncClient) -> None:
    shouted = archive([talk("t"), said(1, "a" * 3_000_000)])
    await anna.post(IMPORT, content=shouted)
    out = await anna.get(EXPORT, params={"gzip": "true"})
    assert len(out.content) * 200 < len(shouted)
    again = await anna.post(IMPORT, content=out.content)
    assert again.status_code == 200, again.text
    assert steps(again)[-1]["type"] == "stored"


async def test_an_export_that_broke_off_goes_on(anna: httpx.AsyncClient) -> None:
    await anna.post(IMPORT, content=MANY)
    whole = (await anna.get(EXPORT)).content.splitlines(keepends=True)
    kept = whole[:150]
    sha = hashlib.sha256(b"".join(kept[1:])).hexdigest()
    rest = await anna.get(EXPORT, params={"after": 150, "sha256": sha})
    assert rest.content.splitlines(keepends=True) == whole[150:]
    changed = await anna.get(EXPORT, params={"after": 150, "sha256": "0" * 64})
    assert changed.status_code == 409
    assert "export it anew" in changed.json()["message"]


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        (b"", 422, "it is empty"),
        (b"hello", 422, "line 1: this is no header"),
        (archive(RICH)[:-20], 422, "line 16: this is no valid JSON"),
        (archive(RICH).decode().encode("utf-16"), 422, "it is no UTF-8 text (UTF-16, perhaps)"),
        (gzip.compress(gzip.compress(MANY, mtime=0), mtime=0), 422, "it is packed twice"),
        (gzip.compress(MANY, mtime=0)[:-500], 422, "the file: it breaks off"),
    ],
)
async def test_a_refused_archive_leaves_no_trace(
    parley: Parley, anna: httpx.AsyncClient, sent: bytes, status: int, why: str
) -> None:
    before = await exported(parley.work, parley.anna.id)
    answer = await anna.post(IMPORT, content=sent)
    assert answer.status_code == status, answer.text
    assert answer.json()["message"].startswith("The archive is refused: ")
    assert why in answer.json()["message"]
    assert answer.json()["data"] == {"field": "archive"}
    assert await exported(parley.work, parley.anna.id) == before


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (archive([talk("t1"), said(1, "x" * 3_000)]), "PARLEY_IMPORT_MAX_RECORD_BYTES"),
        (archive([talk("t1"), *(said(n) for n in range(1, 10))]), "PARLEY_IMPORT_MAX_RECORDS"),
        (MANY, "PARLEY_IMPORT_MAX_BYTES"),
        (gzip.compress(b"[" + b"1," * 10_000, mtime=0), "PARLEY_IMPORT_MAX_BYTES"),
        (gzip.compress(b" " * 40_000 + MANY, mtime=0), "PARLEY_IMPORT_MAX_BYTES"),
    ],
)
async def test_what_is_too_large_names_the_setting(small: Parley, sent: bytes, why: str) -> None:
    async with small.client() as client:
        answer = await client.post(IMPORT, content=sent, headers=small.headers)
        assert answer.status_code == 413, answer.text
        assert why in answer.json()["message"]
        assert body(await exported(small.work, small.anna.id)) == body(archive([]))


async def test_only_as_much_is_received_as_is_taken(small: Parley) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 4096
            yield b"x" * 4096

    async with small.client() as client:
        answer = await client.post(IMPORT, content=endless(), headers=small.headers)
    assert answer.status_code == 413
    assert "PARLEY_IMPORT_MAX_BYTES" in answer.json()["message"]
    assert sent < 50_000


async def test_what_stops_it_is_told_and_the_same_archive_completes_it(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    client = RawClient(parley.entry, "POST", IMPORT, headers=parley.headers, content=MANY)
    await client.until(b'"storing"')
    parley.work.fail_next()
    told = [json.loads(line) for line in (await client.whole()).splitlines()]
    assert told[-1]["type"] == "failed"
    assert told[-1]["code"] == "storage_unavailable"
    assert told[-1]["done"] < 301
    rest = steps(await anna.post(IMPORT, content=MANY))
    assert rest[-1]["added"]["messages"] == 301 - told[-1]["done"]
    assert body((await anna.get(EXPORT)).content) == body(MANY)


async def test_a_form_is_told_what_to_send(anna: httpx.AsyncClient) -> None:
    answer = await anna.post(IMPORT, files={"file": MANY})
    assert answer.status_code == 422
    assert "send the file itself" in answer.json()["message"]


async def test_one_at_a_time(parley: Parley, anna: httpx.AsyncClient) -> None:
    sending, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield MANY[:100]
        sending.set()
        await go_on.wait()
        yield MANY[100:]

    async with asyncio.TaskGroup() as group:
        first = group.create_task(anna.post(IMPORT, content=slowly()))
        await sending.wait()
        second = await anna.post(IMPORT, content=MANY)
        assert (second.status_code, second.headers["Retry-After"]) == (429, "5")
        go_on.set()
    assert steps(first.result())[-1]["type"] == "stored"
    assert (await anna.post(IMPORT, content=MANY)).status_code == 200


async def test_nobody_without_a_token(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(EXPORT)).status_code == 401
    assert (await stranger.post(IMPORT, content=MANY)).status_code == 401


async def test_what_others_have_is_left_alone(parley: Parley, anna: httpx.AsyncClient) -> None:
    await imported(parley.work, parley.boris.id, archive(RICH))
    before = await exported(parley.work, parley.boris.id)
    assert steps(await anna.post(IMPORT, content=archive(RICH)))[-1]["type"] == "stored"
    assert await exported(parley.work, parley.boris.id) == before
    mine = (await anna.get(EXPORT)).content
    assert mine.count(b'"type":"message"') == 6


async def test_a_client_that_leaves_before_its_archive_is_there(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    """Nobody is answered, nothing is stored, and the next one is let in."""
    client = RawClient(
        parley.entry, "POST", IMPORT, headers=parley.headers, content=MANY[:500], more=True
    )
    await client.hang_up()
    assert client.status == 499
    assert body(await exported(parley.work, parley.anna.id)) == body(archive([]))
    assert steps(await anna.post(IMPORT, content=MANY))[-1]["type"] == "stored"

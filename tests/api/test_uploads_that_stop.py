"""Clients that stop in the middle, and files that are read by somebody who leaves."""

import asyncio

import httpx
import pytest

from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient

MIB = 2**20
BOUNDARY = "the-boundary"
HEAD = f"""--{BOUNDARY}\r
Content-Disposition: form-data; name="customer_id"\r
\r
1\r
--{BOUNDARY}\r
Content-Disposition: form-data; name="category"\r
\r
provider.s3\r
--{BOUNDARY}\r
Content-Disposition: form-data; name="action"\r
\r
s3_upload\r
--{BOUNDARY}\r
Content-Disposition: form-data; name="file"; filename="a.txt"\r
\r
""".encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(parley: Parley, body: bytes, *, stops: bool = False, length: int = 0) -> RawClient:
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {**parley.headers, "Content-Type": kind}
    if length:
        headers["Content-Length"] = str(length)
    path = "/api/v1/storage/upload"
    return RawClient(parley.entry, "POST", path, headers=headers, content=body, more=stops)


async def left(parley: Parley) -> int:
    return len((await parley.files.page(parley.anna.id)).files)


@pytest.mark.parametrize("sent", [len(HEAD) - 5, len(HEAD), len(HEAD) + 10, len(HEAD) + 2 * MIB])
async def test_a_client_that_stops_in_the_middle_leaves_nothing(parley: Parley, sent: int) -> None:
    whole = HEAD + b"x" * 3 * MIB + END
    client = upload(parley, whole[:sent], stops=True)
    await client.hang_up()
    assert client.status == 499
    assert await left(parley) == 0


async def test_a_length_that_is_not_true_is_no_reason_to_believe_it(parley: Parley) -> None:
    """Servers see to it that bodies are as long as they say; nothing here relies on that."""
    huge = upload(parley, HEAD + b"x" + END, length=2**30)
    await huge.whole()
    assert huge.status == 413, "refused before anything is read"
    assert await left(parley) == 0
    for length in (1, 10_000):
        client = upload(parley, HEAD + b"words" + END, length=length)
        await client.whole()
        assert client.status == 200, client.body
    cut = upload(parley, HEAD + b"words", length=len(HEAD) + 5)
    await cut.whole()
    assert cut.status == 400
    assert await left(parley) == 2


async def test_reading_stops_when_the_reader_leaves(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    form = {"category": "a", "action": "b", "customer_id": "1"}
    found = await anna.post(
        "/api/v1/storage/upload", data=form, files={"file": ("a.txt", b"x" * 4 * MIB)}
    )
    path, _, query = found.json()["data"]["url"].partition("8000")[2].partition("?")
    stuck = asyncio.Event()
    client = RawClient(_slow(parley, stuck), "GET", path, query=query)
    await stuck.wait()
    await client.hang_up()
    assert client.status == 200
    assert 0 < len(client.body) <= 2 * MIB


def _slow(parley: Parley, stuck: asyncio.Event):
    """Return the application behind a connection that takes one piece and then no more."""

    async def app(scope, receive, send) -> None:
        async def take(message) -> None:
            await send(message)
            if message.get("body"):
                stuck.set()
                await asyncio.Event().wait()

        await parley.entry(scope, receive, take)

    return app

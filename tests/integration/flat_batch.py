"""Takes a large batch through its whole life and says how much memory that took; run by itself."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from application.background.going_on import GoingOn
from application.batch.show import FetchResults
from application.batch.submit import KIND, SubmitBatch
from application.ports.unit_of_work import UnitOfWork
from domain.batch import BatchCounts
from entrypoints.web.batch_body import BatchBody
from entrypoints.wiring.container import make_container
from entrypoints.wiring.databases import upgrade
from entrypoints.wiring.settings import Secret, Settings

PROMPT = "Tell me of the tide. " * 400


async def body(requests: int) -> AsyncIterator[bytes]:
    yield b'{"requests": ['
    for number in range(requests):
        asked = {"custom_id": f"request-{number}", "prompt": f"{number} {PROMPT}"}
        yield (b"," if number else b"") + json.dumps(asked).encode()
    yield b'], "model": "demo"}'


def peak_kib() -> int:
    # Unlike that of getrusage, this peak does not begin with what the parent once had.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def live(folder: Path, requests: int) -> dict[str, int]:
    settings = Settings(
        env="test",
        data_dir=folder,
        auth_secret=Secret("a secret of the tests, thirty-two bytes or more"),
        batch_polling_s=0.01,
    )
    container = make_container(settings)
    async with (await container.get(UnitOfWork))() as db:
        user = (await db.accounts.add("anna", "hash", None)).id
    submit = await container.get(SubmitBatch)
    fetch = await container.get(FetchResults)
    async with await container.get(GoingOn) as going_on:
        # What is imported with the first of anything is no growth, nor is what is read at a time.
        first = await submit(user, BatchBody(body(1000)))
        await going_on.over(KIND, first.id)
        before = peak_kib()
        job = await submit(user, BatchBody(body(requests)))
        await going_on.over(KIND, job.id)
        done = await fetch.check(user, job.id)
        size = read = 0
        async for piece in fetch.pieces(done):
            read += len(piece)
            size += sum(len(answer.result.text) for answer in piece)
    await container.close()
    assert done.counts == BatchCounts(requests)
    assert read == requests
    return {"grown_kib": peak_kib() - before, "read_kib": size // 1024}


if __name__ == "__main__":
    place = Path(sys.argv[1])
    upgrade(Settings(env="test", data_dir=place))
    print(json.dumps(asyncio.run(live(place, int(sys.argv[2])))))  # noqa: T201

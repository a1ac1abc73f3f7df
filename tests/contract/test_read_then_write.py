"""Units of work that read first and write later, more of them than there are connections."""

import asyncio

from adapters.sql.engine import DEFAULT
from application.ports.unit_of_work import UnitOfWork
from domain.ids import TurnId

AT_ONCE = (DEFAULT.size + DEFAULT.overflow) * 2


async def test_readers_that_become_writers_do_not_starve_the_writer(work: UnitOfWork) -> None:
    async def read_then_write(number: int) -> None:
        async with work() as db:
            assert await db.turns.find(TurnId(str(number))) is None
            await db.accounts.add(f"user {number}", "hash", None)

    async with asyncio.TaskGroup() as tasks:
        for number in range(AT_ONCE):
            tasks.create_task(read_then_write(number))
    async with work() as db:
        assert len(await db.accounts.all()) == AT_ONCE

"""What a process that only brings tables up to date imports."""

import asyncio

from adapters.sql import migrations


def upgrade_in_a_process(url: str) -> None:
    asyncio.run(migrations.upgrade("main", url))

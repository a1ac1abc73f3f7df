"""The machine's own clock."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from application.ports.clock import Clock


class SystemClock(Clock):
    """Wall time, real waiting, random ids."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def new_id(self) -> str:
        return str(uuid4())

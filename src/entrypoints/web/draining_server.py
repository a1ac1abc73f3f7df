"""uvicorn, which lets running turns end before it closes the sockets that watch them.

By itself it closes every socket first and tells the application afterwards: whoever watches an
answer would lose sight of it at each restart, although it is written to its end.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn

_LOOK_S = 0.1
"""How soon somebody who has no patience for the rest is heard; uvicorn looks as often."""


class DrainingServer(uvicorn.Server):
    """Drains, then shuts down as uvicorn does."""

    def __init__(
        self, config: uvicorn.Config, drain: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Remember what to wait for.

        Args:
            config: uvicorn's.
            drain: returns when nothing is running any more; cancelled when the process is told to
                stop a second time, it must hurry.
        """
        super().__init__(config)
        self._drain = drain

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, let what runs end, then close the others and stop."""
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        draining = asyncio.create_task(self._drain())
        await asyncio.sleep(0)  # It must have begun to be hurried: who is in a hurry may be early.
        while not (draining.done() or self.force_exit):
            await asyncio.wait({draining}, timeout=_LOOK_S)
        draining.cancel()  # Once: hurrying takes its moment too, in which answers are saved.
        await asyncio.wait({draining})
        if not draining.cancelled():
            draining.result()
        await super().shutdown(sockets)
        if self.force_exit:
            # uvicorn would leave the application as it stands, databases open and all.
            await self.lifespan.shutdown()

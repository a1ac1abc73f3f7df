"""A way to a real server that can be taken away and given back."""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self


class TcpProxy:
    """`with TcpProxy(host, port) as proxy:` forwards `proxy.port`, until `proxy.cut()`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._open = True
        self._mark: bytes | None = None
        self._delivered = False
        self._unanswered: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._run(self._cut())

    def restore(self) -> None:
        """Let new connections through again."""
        self._open = True

    def cut_at(self, mark: bytes, *, delivered: bool) -> None:
        """Reset the connection whose client says this next: unheard, or heard and unanswered."""
        self._mark, self._delivered = mark, delivered

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, sock=self._socket)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        there, away = await asyncio.open_connection(*self._target)
        self._writers |= {writer, away}
        for work in (self._ask(reader, away, writer), self._answer(there, writer)):
            pump = asyncio.create_task(work)
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _ask(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        async with aclosing(_chunks(source, sink)) as chunks:
            async for data in chunks:
                if self._mark is not None and self._mark in data:
                    self._mark = None
                    if not self._delivered:
                        client.transport.abort()
                        return
                    self._unanswered.add(client)
                sink.write(data)

    async def _answer(self, source: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        async with aclosing(_chunks(source, client)) as chunks:
            async for data in chunks:
                if client in self._unanswered:
                    client.transport.abort()
                    return
                client.write(data)

    async def _cut(self) -> None:
        self._open = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
        if self._pumps:
            await asyncio.wait(self._pumps)


async def _chunks(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter
) -> AsyncGenerator[bytes, None]:
    """Yield what comes, as fast as it goes on; then the other side is closed too."""
    try:
        while data := await source.read(65536):
            yield data
            await sink.drain()
    except OSError:
        return
    finally:
        sink.close()

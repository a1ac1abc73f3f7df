"""A bare file store: what any server has to do for a file that comes and goes, and nothing else.

A raw ASGI handler that writes a request's body to a disk as it comes, syncs it, and sends it back
in chunks: no framework, no token, no form to take apart, no look at the content, no owner, no
thread. It runs under the same uvicorn with the same options (given as JSON).
"""

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CHUNK = 1024 * 1024


class FileStore:
    """The ASGI application."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "file"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["method"] == "POST":
            await self._take(receive)
            await _answer(send, [b"ok"])
        else:
            await self._give(send)

    async def _take(self, receive: Receive) -> None:
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            while True:
                message = await receive()
                file.write(message.get("body", b""))
                if not message.get("more_body"):
                    break
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    async def _give(self, send: Send) -> None:
        size = str(self._path.stat().st_size).encode()
        headers = [(b"content-length", size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _answer(send: Send, body: list[bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"".join(body)})


def main() -> None:
    """Serve a folder with the options given."""
    folder, options = sys.argv[1:]
    uvicorn.run(FileStore(Path(folder)), **msgspec.json.decode(options))


if __name__ == "__main__":
    main()

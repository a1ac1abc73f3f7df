"""A client below HTTP libraries: it reads a body as it is sent, and it can hang up."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.types import ASGIApp


class RawClient:
    """One request, straight into the application."""

    def __init__(
        self,
        app: ASGIApp,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes = b"",
        more: bool = False,
        query: str = "",
    ) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._changed = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._request = [{"type": "http.request", "body": msgspec.json.encode(json)}]
        if json is None:
            self._request = [{"type": "http.request", "body": content, "more_body": more}]
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
            "client": ("127.0.0.1", 1),
            "server": ("parley.test", 80),
        }
        self._task = asyncio.create_task(self._serve(app, scope))

    async def _serve(self, app: ASGIApp, scope: Any) -> None:
        await app(scope, self._receive, self._send)

    async def _receive(self) -> Any:
        if self._request:
            return self._request.pop()
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            self.body += message.get("body", b"")
        self._changed.set()

    async def until(self, piece: bytes) -> bytes:
        """Return the body so far once the piece is in it."""
        while piece not in self.body:
            assert not self._task.done(), self.body
            self._changed.clear()
            await self._changed.wait()
        return self.body

    async def whole(self) -> bytes:
        """Return the body once the answer is complete."""
        await self._task
        return self.body

    async def hang_up(self) -> None:
        """Leave, and wait until the server is done with it."""
        self._hung_up.set()
        await self._task

"""Which methods a path takes, as `Allow` names them (RFC 9110, section 10.2.1)."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ALLOW = b"allow"


def allow(methods: Iterable[str]) -> str:
    """Return the value of `Allow`; where GET is, HEAD is too (`HeadRequests`)."""
    named = set(methods)
    return ", ".join(sorted(named | {"HEAD"} if "GET" in named else named))


class OptionsRequests:
    """Wraps the application, which answers OPTIONS with the methods of a path's first handler.

    A page of another origin that asks what it may send is answered by the rules of `cors`.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._allow: Mapping[str, bytes] = {
            route.path_format: allow(route.methods).encode()
            for route in routes
            if isinstance(route, HTTPRoute)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; whatever is no OPTIONS passes through."""
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return

        async def send_all_methods(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The router has written down by now which path it has found.
                path = cast("Mapping[str, Any]", scope).get("path_template", "")
                headers = [
                    (name, self._allow.get(path, value) if name.lower() == _ALLOW else value)
                    for name, value in message["headers"]
                ]
                await send({**message, "headers": headers})
            else:
                await send(message)

        await self._app(scope, receive, send_all_methods)

"""A server of tools without a server."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from application.ports.tool_server import Heard, ToolServer
from domain.errors import ParleyError
from domain.remote_tools import Listing, RemoteResult, RemoteTool
from domain.tool_server_errors import RemoteToolFailed, ToolServerGone

Does = Callable[[Mapping[str, Any], Heard], Awaitable[RemoteResult]]


class MemoryToolServer(ToolServer):
    """Offers what it is given, and does what it is told to."""

    def __init__(
        self,
        name: str,
        tools: Sequence[RemoteTool] = (),
        does: Mapping[str, Does] | None = None,
        fails: ParleyError | None = None,
    ) -> None:
        """Take the tools.

        Args:
            name: of the server.
            tools: what it offers; may be changed by `offer`.
            does: what comes of a call, by the tool's name.
            fails: what every use comes to, if anything; may be set later.
        """
        self.name = name
        self.fails = fails
        self.called: list[tuple[str, Mapping[str, Any]]] = []
        self._tools = tuple(tools)
        self._does = dict(does or {})
        self._known: Listing | None = None
        self._closed = False

    @property
    def known(self) -> Listing | None:
        return self._known

    def offer(self, tool: RemoteTool, does: Does) -> None:
        """Offer one more tool from now on."""
        self._tools = (*self._tools, tool)
        self._does[tool.name] = does

    async def listing(self) -> Listing:
        self._check()
        self._known = Listing(self._tools)
        return self._known

    async def call(self, tool: str, arguments: Mapping[str, Any], heard: Heard) -> RemoteResult:
        self._check()
        self.called.append((tool, arguments))
        if tool not in self._does:
            raise RemoteToolFailed(self.name, f"there is no tool {tool}")
        return await self._does[tool](arguments, heard)

    async def aclose(self) -> None:
        self._closed = True

    def _check(self) -> None:
        if self._closed:
            raise ToolServerGone(self.name, "is not used any more: Parley is shutting down")
        if self.fails is not None:
            raise self.fails

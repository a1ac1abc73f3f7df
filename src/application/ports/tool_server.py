"""Another server that offers tools."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from domain.remote_tools import Listing, Progress, RemoteResult

Heard = Callable[[Progress], None]


class ToolServer(Protocol):
    """One server that the operator has named. All that comes from it are the words of strangers.

    Nothing is connected or started before the first use. A connection is kept and shared by all
    users; a lost one is made again with the next use, though not too often.

    Raises:
        NotConfigured: the operator has left out something that it needs.
        ToolServerError: any failure of it, typed; never an SDK exception, and never a wait
            without an end.
    """

    name: str

    @property
    def known(self) -> Listing | None:
        """What it offered when it was last asked, however long ago that was."""
        ...

    async def listing(self) -> Listing:
        """Return what it offers now; it is asked only if that may have changed.

        Who has failed before is not waited for more than a moment. Cancelling stops the waiting
        and not the connecting.
        """
        ...

    async def call(self, tool: str, arguments: Mapping[str, Any], heard: Heard) -> RemoteResult:
        """Have a tool called, and return what came of it, a failure that it tells of included.

        The call is never repeated once it may have been heard. It has no time limit; cancelling
        tells the server and returns at once.

        Args:
            tool: in the server's own name.
            arguments: an object, as the tool's schema has it.
            heard: told of progress while the call runs.

        Raises:
            RemoteToolFailed: the server refuses the call itself, such as for an unknown tool.
        """
        ...

    async def aclose(self) -> None:
        """End the connection, and the process where it is one; calls that run are broken off."""
        ...

"""What has become of a connection: told by those who carry its bytes."""

import asyncio

from adapters.mcp.hiding import Hiding
from domain.tool_server_errors import ToolServerError


class SessionOver(Exception):
    """The server has forgotten the session, and not looked at the request."""


class Health:
    """The first failure is the one that counts: others follow from it."""

    def __init__(self, hiding: Hiding) -> None:
        """Take what must not be told of."""
        self._hiding = hiding
        self.over = asyncio.Event()
        """Nothing more can be asked."""
        self.failure: ToolServerError | None = None

    def fails(self, failure: ToolServerError) -> None:
        """Note why it is over."""
        if failure.detail is not None:
            failure.detail = self._hiding.text(failure.detail)
        self.failure = self.failure or failure
        self.over.set()

    def ends(self) -> None:
        """Note that it is over because nobody wants it any more."""
        self.over.set()

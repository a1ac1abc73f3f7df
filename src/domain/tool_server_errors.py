"""What can go wrong with a server of tools, named for what happened.

    ToolServerError
    ├── ToolServerUnreachable      absent, or it cannot be started
    ├── ToolServerUnauthorized     it does not accept our credentials
    ├── ToolServerTimeout          it hangs
    ├── ToolServerGone             it ended in the middle of something
    ├── ToolServerGarbled          what it sends is not the protocol
    ├── ToolServerFlooded          it sends more than can be taken
    ├── ToolServerDown             not tried again so soon
    └── RemoteToolFailed           it works; the tool says that it failed

A model is told the text; `detail` is for the operator alone.
"""

from domain.errors import ParleyError


class ToolServerError(ParleyError):
    """A server of tools failed."""

    code = "tool_server_error"

    def __init__(self, server: str, why: str, detail: str | None = None) -> None:
        super().__init__(f"The tool server {server} {why}")
        self.server = server
        self.why = why
        self.detail = detail


class ToolServerUnreachable(ToolServerError):
    """It is not there, or it cannot be started."""

    code = "tool_server_unreachable"


class ToolServerUnauthorized(ToolServerError):
    """It does not accept the credentials that the operator has set."""

    code = "tool_server_unauthorized"


class ToolServerTimeout(ToolServerError):
    """It did not answer in time."""

    code = "tool_server_timeout"


class ToolServerGone(ToolServerError):
    """It ended, or broke the connection; whether it did what it was asked, nobody knows."""

    code = "tool_server_gone"


class ToolServerGarbled(ToolServerError):
    """It sent something that is not the protocol."""

    code = "tool_server_garbled"


class ToolServerFlooded(ToolServerError):
    """It sent too much, or too often."""

    code = "tool_server_flooded"


class ToolServerDown(ToolServerError):
    """It failed so often that it is left alone for `retry_after_s` seconds."""

    code = "tool_server_down"

    def __init__(self, server: str, because: ToolServerError, retry_after_s: float) -> None:
        again = f"{because.why}; it is tried again in {retry_after_s:.0f} s"
        super().__init__(server, again, because.detail)
        self.retry_after_s = retry_after_s


class RemoteToolFailed(ToolServerError):
    """The tool, or its server, says that the call failed; what it says are a stranger's words."""

    code = "remote_tool_failed"

    def __init__(self, server: str, said: str) -> None:
        super().__init__(server, f"says: {said}")
        self.said = said

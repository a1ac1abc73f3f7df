"""What the SDK raises → what happened."""

from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, PARSE_ERROR, REQUEST_TIMEOUT
from pydantic import ValidationError

from adapters.mcp.health import SessionOver
from adapters.mcp.hiding import Hiding
from domain.tool_server_errors import (
    RemoteToolFailed,
    ToolServerError,
    ToolServerGarbled,
    ToolServerGone,
    ToolServerTimeout,
    ToolServerUnauthorized,
    ToolServerUnreachable,
)

UNREACHABLE, UNAUTHORIZED, FAILING, SILENT, GARBLED = -32950, -32951, -32952, -32953, -32954
"""Codes of ours, by which `http.py` tells of what is no answer of the server."""
NOBODY_THERE = frozenset({UNREACHABLE, UNAUTHORIZED})
"""Nobody who might be spoken to in another way."""

LONGEST = 2000
_OVER = "Session terminated"
_NO_PROTOCOL = "Unexpected content type"
_INPUT_WANTED = "Server returned InputRequiredResult"
_NOT_THERE = "Not Found"


def meaning(server: str, failure: Exception, hiding: Hiding) -> Exception:
    """Return the error of ours; `SessionOver` where the request may be made again."""
    if isinstance(failure, ToolServerError):
        return failure
    if isinstance(failure, TimeoutError):
        return ToolServerTimeout(server, "did not answer in time")
    if isinstance(failure, MCPError):
        return _of_protocol(server, failure, hiding)
    if isinstance(failure, ValidationError):
        return _garbled(server)
    if isinstance(failure, RuntimeError) and str(failure).startswith(_INPUT_WANTED):
        # Sampling, elicitation and roots: whoever holds the keys must not be asked by a stranger.
        return RemoteToolFailed(server, "it wants to ask something back, which is not allowed")
    # Broken pipes and the like, among them what anyio raises when a stream is closed.
    return ToolServerGone(server, "broke the connection", type(failure).__name__)


def _of_protocol(server: str, failure: MCPError, hiding: Hiding) -> Exception:
    said = hiding.text(failure.message)[:LONGEST]
    match failure.code:
        case code if code == UNREACHABLE:
            return ToolServerUnreachable(server, "cannot be reached", said)
        case code if code == UNAUTHORIZED:
            return ToolServerUnauthorized(server, "does not accept our credentials", said)
        case code if code == FAILING:
            return ToolServerUnreachable(server, "is out of order", said)
        case code if code in (SILENT, REQUEST_TIMEOUT):
            return ToolServerTimeout(server, "did not answer in time")
        case code if code in (GARBLED, PARSE_ERROR):
            return _garbled(server, said)
        case code if code == CONNECTION_CLOSED:
            return ToolServerGone(server, "broke the connection", said)
        case _:
            pass
    if failure.message == _OVER:
        return SessionOver()
    if failure.message.startswith(_NO_PROTOCOL):
        return _garbled(server, said)
    return RemoteToolFailed(server, said)


def _garbled(server: str, detail: str | None = None) -> ToolServerGarbled:
    return ToolServerGarbled(server, "does not speak the Model Context Protocol", detail)


def of_start(failure: Exception, server: str, hiding: Hiding) -> Exception:
    """Return why no session came about: a refusal there is one of the whole server."""
    found = meaning(server, failure, hiding)
    if isinstance(found, SessionOver):
        return ToolServerGone(server, "broke the connection")
    if isinstance(found, RemoteToolFailed):
        if found.said == _NOT_THERE:
            return ToolServerUnreachable(server, "is not at its address", "404")
        return ToolServerUnreachable(server, "refuses the connection", found.said)
    return found

"""The user's word on a tool call, as clients send it."""

from application.agent.approvals import Word
from domain.errors import InvalidRequest
from entrypoints.web.wire.client_message import ClientMessage

REMEMBERED = "conversation"


def approval_from(message: ClientMessage) -> Word:
    """Return the word of a `tool_approval` message.

    Raises:
        InvalidRequest: it names no call, or says neither yes nor no.
    """
    call, approved = message.text("call_id"), message.found.get("approved")
    if call is None:
        raise InvalidRequest("tool_approval needs the call_id", "call_id")
    if not isinstance(approved, bool):
        raise InvalidRequest("tool_approval needs approved: true or false", "approved")
    return Word(call, approved, message.text("remember") == REMEMBERED)

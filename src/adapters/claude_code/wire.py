"""The shapes of Claude Code's line-delimited JSON, as far as they are read.

Which lines there are, and what may be missing, is as Anthropic's Agent SDK for Python takes it (its
message parser, seen 2026-11). Each kind of line is decoded by itself, because lines of kinds that
are not read may use the same names for other things.
"""

import json
from typing import Any

import msgspec
from msgspec import Struct

from domain.turn.metering import Usage


class Head(Struct, frozen=True, gc=False):
    """What kind of line it is."""

    type: str = ""
    subtype: str | None = None


class Delta(Struct, frozen=True, gc=False):
    """A piece of a block of text or thinking; pieces of other blocks have neither."""

    text: str = ""
    thinking: str = ""


class MessageHead(Struct, frozen=True, gc=False):
    """A message that begins."""

    id: str = ""


class Partial(Struct, frozen=True, gc=False):
    """One event of the Messages stream behind it."""

    type: str = ""
    message: MessageHead | None = None
    delta: Delta | None = None


class PartialLine(Struct, frozen=True, gc=False):
    """A piece of a message that is being written."""

    event: Partial
    parent_tool_use_id: str | None = None
    """Set for what a sub-agent says."""


class InitLine(Struct, frozen=True):
    """The session that is begun or gone on with."""

    session_id: str
    model: str = ""
    tools: list[str] = []
    permission_mode: str = msgspec.field(default="", name="permissionMode")
    claude_code_version: str = ""


class Content(Struct, frozen=True):
    """The content of a message; old lines hold plain text in place of blocks."""

    id: str = ""
    content: list[dict[str, Any]] | str = ""

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The blocks; text that is none counts as one."""
        if isinstance(self.content, str):
            return [{"type": "text", "text": self.content}] if self.content else []
        return self.content


class MessageLine(Struct, frozen=True):
    """A whole message: of the model, or with the results of its tools."""

    message: Content
    parent_tool_use_id: str | None = None
    error: str | None = None
    """In place of an answer: which kind of error the message tells of."""


class _WireUsage(Struct, frozen=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class ResultLine(Struct, frozen=True):
    """The end of the work on one question, its cost being that of all rounds together."""

    subtype: str = ""
    session_id: str = ""
    is_error: bool = False
    result: str | None = None
    errors: list[str] = []
    api_error_status: int | None = None
    stop_reason: str | None = None
    num_turns: int = 0
    duration_ms: int = 0
    total_cost_usd: float | None = None
    usage: _WireUsage | None = None

    @property
    def words(self) -> str:
        """What it says of itself."""
        return self.result or "; ".join(self.errors)

    def counted(self) -> Usage | None:
        """Return the tokens in our words, in which all that was sent is input."""
        if self.usage is None:
            return None
        read = self.usage.cache_read_input_tokens or 0
        written = self.usage.cache_creation_input_tokens or 0
        sent = (self.usage.input_tokens or 0) + read + written
        said = self.usage.output_tokens or 0
        return Usage(sent, said, sent + said, read, 0, written)


def without_halves(line: bytes) -> bytes:
    """Return the line with half characters replaced, which are not JSON to everybody.

    JavaScript cuts long texts between the two halves of a character, and writes down what is left.

    Raises:
        ValueError: the line is no JSON.
    """
    return json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "replace")


decode_head = msgspec.json.Decoder(Head).decode
decode_partial = msgspec.json.Decoder(PartialLine).decode
decode_init = msgspec.json.Decoder(InitLine).decode
decode_message = msgspec.json.Decoder(MessageLine).decode
decode_result = msgspec.json.Decoder(ResultLine).decode

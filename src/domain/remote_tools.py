"""Tools of other servers: what they are, what they answer, and who may use which."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

ANY = "*"
"""Stands for every tool of a server in a list of allowed ones."""
LONGEST_NAME = 63
"""Of a tool, at the strictest of the providers."""
SERVER_NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
"""No underscore: the two between server and tool are the first in any name."""

_BETWEEN = "__"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class RemoteTool(Struct, frozen=True):
    """A tool in the words of its server, cut to what a model can be told."""

    name: str
    purpose: str
    parameters: Mapping[str, Any]
    """The JSON Schema of an object, without references."""
    claims_read_only: bool = False


class Listing(Struct, frozen=True):
    """What a server offers."""

    tools: tuple[RemoteTool, ...]
    left_out: Mapping[str, str] = {}
    """Why tools of it are of no use here, by their names."""


class RemoteText(Struct, frozen=True):
    """Words of an answer."""

    text: str


class RemoteBlob(Struct, frozen=True):
    """A picture, a sound or a document of an answer."""

    content: bytes
    mime_type: str
    name: str


class RemoteLink(Struct, frozen=True):
    """Something that the server knows more about."""

    uri: str
    name: str


RemotePart = RemoteText | RemoteBlob | RemoteLink


class RemoteResult(Struct, frozen=True):
    """What one call came to."""

    parts: tuple[RemotePart, ...] = ()
    structured: Any = None
    """The same as data, where there is such."""
    failed: bool = False
    """The parts say why."""


class Progress(Struct, frozen=True):
    """How far a call has come."""

    done: float
    total: float | None = None
    message: str | None = None


class ServerTerms(Struct, frozen=True, kw_only=True):
    """What the operator lets a server be used for."""

    name: str
    profiles: Mapping[str, tuple[str, ...]]
    """The allowed tools by profile, in the server's own names."""
    read_only: frozenset[str] = frozenset()
    """Tools that the operator has looked at, too, and found to change nothing."""
    call_timeout_s: float = 60

    def allows(self, profile: str, tool: str) -> bool:
        """Return whether turns of the profile may call the tool."""
        allowed = self.profiles.get(profile, ())
        return tool in allowed or ANY in allowed

    def runs_unasked(self, tool: RemoteTool) -> bool:
        """Return whether calls need nobody's approval.

        The server's word alone is not enough: it may be wrong, or change from one day to the
        next. Neither is the operator's, where the server itself says otherwise.
        """
        return tool.claims_read_only and tool.name in self.read_only

    def offered_name(self, tool: str) -> str:
        """Return the name under which models know a tool of the server.

        It begins with the server's, so that two servers never meet. What providers do not take in
        a name is replaced, and a mark of the whole name added, so that two tools do not meet
        either.
        """
        plain = f"{self.name}{_BETWEEN}{_UNSAFE.sub('_', tool)}"
        if plain == f"{self.name}{_BETWEEN}{tool}" and len(plain) <= LONGEST_NAME:
            return plain
        mark = hashlib.sha256(tool.encode(errors="replace")).hexdigest()[:8]
        return f"{plain[: LONGEST_NAME - len(mark) - 1]}_{mark}"

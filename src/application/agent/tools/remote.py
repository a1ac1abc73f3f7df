"""A tool that another server runs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from application.agent.tool import Tool, ToolContext
from application.files.keep_file import KeepFile
from application.ports.clock import Clock
from application.ports.tool_server import ToolServer
from domain.errors import FileRefused, ParleyError
from domain.files.keys import address_of
from domain.ids import UserId
from domain.remote_tools import (
    Progress,
    RemoteBlob,
    RemoteLink,
    RemoteResult,
    RemoteText,
    RemoteTool,
    ServerTerms,
)
from domain.tool_server_errors import RemoteToolFailed
from domain.tools import ToolSpec
from domain.turn.agent_events import ToolProgressed

MOST_FILE_BYTES = 10_000_000
MOST_FILES = 8
"""Of one result."""
LONGEST_FAILURE = 2000
MOST_NEWS = 100
"""Of the progress of one call."""
_BETWEEN_NEWS = timedelta(seconds=0.25)


class CallRemote(Tool):
    """Whatever the server says is data, and its word on what it does is not taken alone."""

    takes = None

    def __init__(
        self, server: ToolServer, terms: ServerTerms, tool: RemoteTool, keep: KeepFile, clock: Clock
    ) -> None:
        """Take the tool.

        Args:
            server: who runs it.
            terms: what the operator says of the server.
            tool: as the server describes it.
            keep: keeps pictures and the like for the user.
            clock: for how often progress is told.
        """
        self.spec = ToolSpec(
            terms.offered_name(tool.name),
            tool.purpose,
            tool.parameters,
            acts=not terms.runs_unasked(tool),
            outside=True,
            described_outside=True,
            limit_s=terms.call_timeout_s,
        )
        self._server = server
        self._tool = tool.name
        self._keep = keep
        self._clock = clock

    async def __call__(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Mapping[str, Any]:
        """Return what came of it: texts, data, and the addresses of what was kept as a file.

        Raises:
            NotConfigured, ToolServerError: as the server.
        """
        news = _News(self.spec.name, context, self._clock)
        result = await self._server.call(self._tool, arguments, news.heard)
        if result.failed:
            said = _text(result)[:LONGEST_FAILURE] or "it failed, without a word"
            raise RemoteToolFailed(self._server.name, said)
        return await self._told(result, context.user)

    async def _told(self, result: RemoteResult, user: UserId) -> Mapping[str, Any]:
        told: dict[str, Any] = {}
        if text := _text(result):
            told["text"] = text
        if result.structured is not None:
            told["data"] = result.structured
            if _says_the_same(text, result.structured):
                del told["text"]
        if links := [part for part in result.parts if isinstance(part, RemoteLink)]:
            told["links"] = [{"uri": link.uri, "name": link.name} for link in links]
        if blobs := [part for part in result.parts if isinstance(part, RemoteBlob)]:
            told["files"] = [await self._kept(blob, user) for blob in blobs[:MOST_FILES]]
            if len(blobs) > MOST_FILES:
                told["files_left_out"] = len(blobs) - MOST_FILES
        return told

    async def _kept(self, blob: RemoteBlob, user: UserId) -> Mapping[str, Any]:
        about = {"name": blob.name[:100], "mime_type": blob.mime_type[:100]}
        try:
            file = await self._keep(user, blob.name, blob.mime_type, blob.content, MOST_FILE_BYTES)
        except FileRefused as error:
            return about | {"not_kept": str(error)}
        return about | {"url": address_of(file.key)}


class AbsentRemote(Tool):
    """Stands for an allowed tool of a server that cannot be asked what it offers.

    So the model can say what is the matter, instead of that there is no such thing.
    """

    takes = None

    def __init__(self, name: str, why: ParleyError) -> None:
        """Take the name under which models know the tool, and why it is not there."""
        nothing: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        self.spec = ToolSpec(name, f"Not available now: {why}", nothing, outside=True)
        self._why = why

    async def __call__(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Mapping[str, Any]:
        """Fail.

        Raises:
            NotConfigured, ToolServerError: always, the same.
        """
        raise self._why


class _News:
    """Passes on how far a call is, not more often than anybody can read."""

    def __init__(self, tool: str, context: ToolContext, clock: Clock) -> None:
        self._tool = tool
        self._context = context
        self._clock = clock
        self._told = 0
        self._next = clock.now()

    def heard(self, progress: Progress) -> None:
        now = self._clock.now()
        if self._told >= MOST_NEWS or now < self._next:
            return
        self._told += 1
        self._next = now + _BETWEEN_NEWS
        message = None if progress.message is None else progress.message[:200]
        self._context.tell(
            ToolProgressed(self._context.call, self._tool, progress.done, progress.total, message)
        )


def _text(result: RemoteResult) -> str:
    return "\n\n".join(part.text for part in result.parts if isinstance(part, RemoteText)).strip()


def _says_the_same(text: str, structured: Any) -> bool:
    """Return whether the text is the data once more, for clients that know of no data."""
    try:
        return msgspec.json.decode(text) == structured
    except (msgspec.DecodeError, RecursionError):
        return False

"""The SDK's objects → ours. All that is in them are the words of strangers."""

import base64
import binascii
from collections.abc import Iterable

import mcp_types as wire
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from adapters.mcp.hiding import Hiding
from adapters.mcp.limits import MOST_PARTS, MOST_TOOLS
from domain.foreign_schemas import UnfitSchema, fitting
from domain.remote_tools import (
    Listing,
    RemoteBlob,
    RemoteLink,
    RemotePart,
    RemoteResult,
    RemoteText,
    RemoteTool,
)

LONGEST_PURPOSE = 1000
_LONGEST_TOOL_NAME = 128


def listing(tools: Iterable[wire.Tool], hiding: Hiding) -> Listing:
    """Return what is offered. It takes its time: for a thread."""
    found: dict[str, RemoteTool] = {}
    left_out: dict[str, str] = {}
    for tool in tools:
        name = hiding.text(tool.name)
        if name in found or name in left_out:
            continue
        if len(found) >= MOST_TOOLS:
            left_out[name] = f"only {MOST_TOOLS} tools of one server are used"
            continue
        try:
            found[name] = _tool(name, tool, hiding)
        except UnfitSchema as error:
            left_out[name[:_LONGEST_TOOL_NAME]] = str(error)
    return Listing(tuple(found.values()), left_out)


def _tool(name: str, tool: wire.Tool, hiding: Hiding) -> RemoteTool:
    if not name or len(name) > _LONGEST_TOOL_NAME:
        raise UnfitSchema("its name is empty, or too long")
    parameters = fitting(hiding.value(tool.input_schema))
    try:
        Draft202012Validator.check_schema(parameters)
    except SchemaError as error:
        raise UnfitSchema(f"its schema is none: {error.message[:200]}") from error
    purpose = (tool.description or tool.title or tool.name).strip()
    claims = tool.annotations is not None and tool.annotations.read_only_hint is True
    return RemoteTool(name, hiding.text(purpose)[:LONGEST_PURPOSE], parameters, claims)


def result(answer: wire.CallToolResult, hiding: Hiding) -> RemoteResult:
    """Return what a call came to."""
    parts = [_part(block, hiding) for block in answer.content[:MOST_PARTS]]
    if (more := len(answer.content) - MOST_PARTS) > 0:
        parts.append(RemoteText(f"[{more} more parts are left out]"))
    return RemoteResult(tuple(parts), hiding.value(answer.structured_content), answer.is_error)


def _part(block: wire.ContentBlock, hiding: Hiding) -> RemotePart:
    match block:
        case wire.TextContent():
            return RemoteText(hiding.text(block.text))
        case wire.ImageContent() | wire.AudioContent():
            return _blob(block.data, block.mime_type, block.type)
        case wire.ResourceLink():
            return RemoteLink(hiding.text(block.uri), hiding.text(block.title or block.name))
        case wire.EmbeddedResource():
            return _resource(block.resource, hiding)


def _resource(
    inside: wire.TextResourceContents | wire.BlobResourceContents, hiding: Hiding
) -> RemotePart:
    if isinstance(inside, wire.TextResourceContents):
        return RemoteText(hiding.text(inside.text))
    mime_type = inside.mime_type or "application/octet-stream"
    return _blob(inside.blob, mime_type, hiding.text(inside.uri.rsplit("/", 1)[-1]))


def _blob(data: str, mime_type: str, name: str) -> RemotePart:
    try:
        return RemoteBlob(base64.b64decode(data, validate=True), mime_type, name or "file")
    except (binascii.Error, ValueError):
        return RemoteText(f"[a part of the type {mime_type[:80]} cannot be read]")

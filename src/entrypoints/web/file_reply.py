"""A stored file as a response: whole, in part, or not at all because the client has it."""

import re
from collections.abc import Mapping
from contextlib import aclosing
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send
from msgspec import Struct

from application.ports.files import Files
from domain.files.stored import StoredFile
from entrypoints.web.presence import ClientGone, while_there

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

SAFE_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}
"""Whatever a file turns out to be, it runs nothing."""


class Part(Struct, frozen=True):
    """Which bytes of a file are sent; both ends are included."""

    first: int
    last: int


class Unsatisfiable(Exception):
    """The file has none of the bytes that were asked for."""


def etag_of(file: StoredFile) -> str:
    """Return what is another one for other content: names can be used again after a deletion."""
    return f'"{int(file.stored_at.timestamp() * 1_000_000):x}-{file.size_bytes:x}"'


def unchanged(file: StoredFile, headers: Mapping[str, str]) -> bool:
    """Return whether the client has this very content already (RFC 9110, 13.2.2)."""
    if (tags := headers.get("if-none-match")) is not None:
        found = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in found or etag_of(file) in found
    since = headers.get("if-modified-since")
    return since is not None and not _newer(file, since)


def part_of(file: StoredFile, headers: Mapping[str, str]) -> Part | None:
    """Return the bytes that are asked for, or None for the whole.

    Several ranges at once, and units other than bytes, are answered with the whole.

    Raises:
        Unsatisfiable: there are no such bytes.
    """
    found = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if found is None or not _still(file, headers.get("if-range")):
        return None
    first, last, size = found[1], found[2], file.size_bytes
    if not first and not last:
        return None
    if not first:
        part = Part(max(0, size - int(last)), size - 1)
    else:
        part = Part(int(first), min(int(last), size - 1) if last else size - 1)
        if last and int(last) < int(first):
            return None
    if part.first > part.last:
        raise Unsatisfiable
    return part


class FileReply(Response[Any]):
    """Sends a part of a file as it is read; reading stops when the client leaves."""

    def __init__(self, files: Files, file: StoredFile, part: Part | None, max_age: int) -> None:
        """Take what to send; the whole where there is no part."""
        whole = Part(0, file.size_bytes - 1)
        self._files, self._file, self._part = files, file, part or whole
        headers = {
            **headers_of(file, max_age),
            "Content-Type": file.mime_type,
            "Content-Length": str(self._part.last - self._part.first + 1),
            "Content-Disposition": file.disposition,
        }
        if part is not None:
            headers["Content-Range"] = f"bytes {part.first}-{part.last}/{file.size_bytes}"
        super().__init__(None, headers=headers, status_code=200 if part is None else 206)

    def to_asgi_response(self, *_: Any, **kwargs: Any) -> ASGIResponse:
        """Return the response proper; what the route adds (headers) is kept."""
        return _FileBody(
            self._files,
            self._file,
            self._part,
            headers={**(kwargs.get("headers") or {}), **self.headers},
            status_code=self.status_code,
            is_head_response=kwargs.get("is_head_response", False),
        )


class _FileBody(ASGIResponse):
    _should_set_content_length = False

    def __init__(self, files: Files, file: StoredFile, part: Part, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._files, self._file, self._part = files, file, part

    async def send_body(self, send: Send, receive: Receive) -> None:
        async def copy() -> None:
            reading = self._files.read(
                self._file.owner, self._file.key, self._part.first, self._part.last
            )
            async with aclosing(reading) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})

        try:
            await while_there(receive, copy())
        except (ClientGone, OSError):
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def headers_of(file: StoredFile, max_age: int) -> dict[str, str]:
    """Return what is said of a file, sent or not."""
    return {
        **SAFE_HEADERS,
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={max_age}",
        "ETag": etag_of(file),
        "Last-Modified": format_datetime(file.stored_at, usegmt=True),
    }


def _still(file: StoredFile, condition: str | None) -> bool:
    if condition is None or condition.startswith('"'):
        return condition is None or condition == etag_of(file)
    return not condition.startswith("W/") and not _newer(file, condition)


def _newer(file: StoredFile, date: str) -> bool:
    try:
        return file.stored_at.replace(microsecond=0) > parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return True

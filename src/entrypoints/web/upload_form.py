"""A form with one file in it, read as it comes: only the fields beside the file are held."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

from litestar import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from domain.errors import FileRefused, FileTooLarge, InvalidRequest
from entrypoints.web.presence import body_of

MOST_BESIDE = 1024 * 1024
"""Bytes of a form that are not its file's."""
_MOST_PARTS = 32
_LONGEST_LINE = 20_000
"""Of a part's head: room for a name of four thousand characters, whatever they are."""

Event = MultipartSegment | bytes | bytearray | None
AnyRequest = Request[Any, Any, Any]


class UploadForm:
    """Ask for `file_name` first, then for `chunks`; close it in the end."""

    def __init__(
        self,
        request: AnyRequest,
        most_bytes: int,
        check: Callable[[str, str], None],
        complete: Callable[[], None],
    ) -> None:
        """Take the request, of which nothing was read.

        Args:
            request: its body is the form.
            most_bytes: of the file.
            check: of each field's name and value, as it comes; raises what is wrong with it.
            complete: called at the end of the form; raises what is missing.

        Raises:
            FileTooLarge: it says so itself.
            InvalidRequest: it is no form.
        """
        kind, options = request.content_type
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise InvalidRequest("The body must be multipart/form-data, with a boundary")
        self._most_bytes = most_bytes
        if (request.content_length or 0) > most_bytes + MOST_BESIDE:
            raise FileTooLarge(most_bytes)
        self._check = check
        self._complete = complete
        self._beside = 0
        self._events = self._parsed(request, options["boundary"])

    async def aclose(self) -> None:
        """Read no further."""
        await self._events.aclose()

    async def file_name(self) -> str:
        """Read up to the file; return what the client calls it.

        Raises:
            InvalidRequest: there is no file in the form.
            FileRefused: the form is broken.
        """
        name = await self._next_file()
        if name is None:
            self._complete()
            raise InvalidRequest("file is missing", "file")
        return name

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the file, then read the form to its end: only a whole form's file is a file.

        Raises:
            ClientGone: the client stopped in the middle.
            FileRefused: the form is broken, or holds another file.
            ParleyError: whatever the checks found.
        """
        async for event in self._events:
            if event is None:
                break
            if isinstance(event, bytes | bytearray):
                yield bytes(event)
        await self.rest()

    async def rest(self) -> None:
        """Read the form to its end; what is left of the file is dropped."""
        if await self._next_file() is not None:
            raise FileRefused("There is more than one file in the form")
        self._complete()

    async def _next_file(self) -> str | None:
        field: str | None = None
        pieces: list[bytes] = []
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                if event.filename is not None:
                    return event.filename
                field, pieces = event.name, []
            elif event is not None:
                if field is not None:
                    self._make_room(len(event))
                    pieces.append(bytes(event))
            elif field is not None:
                self._take(field, b"".join(pieces))
                field = None
        return None

    def _take(self, name: str, value: bytes) -> None:
        try:
            text = value.decode()
        except UnicodeDecodeError as error:
            raise FileRefused(f"{name[:80]} is not UTF-8", name[:80]) from error
        self._check(name, text)

    def _make_room(self, size: int) -> None:
        self._beside += size
        if self._beside > MOST_BESIDE:
            raise FileRefused("The form holds too much beside its file")

    async def _parsed(self, request: AnyRequest, boundary: str) -> AsyncGenerator[Event, None]:
        left = self._most_bytes + MOST_BESIDE
        try:
            with PushMultipartParser(
                boundary, max_header_size=_LONGEST_LINE, max_segment_count=_MOST_PARTS
            ) as parser:
                async for chunk in body_of(request):
                    left -= len(chunk)
                    if left < 0:
                        raise FileTooLarge(self._most_bytes)
                    for event in parser.parse(chunk):
                        yield event
        except MultipartError as error:
            raise FileRefused(f"The form is broken: {error}") from error

"""What is used of `multipart`.

`python-multipart`, which comes with the SDK of MCP, has a folder of the same name. It makes way for
the module when the program runs, but type checkers see the folder.
"""

from collections.abc import Iterable
from typing import Self

class MultipartError(ValueError): ...

class MultipartSegment:
    name: str
    filename: str | None

class PushMultipartParser:
    def __init__(
        self, boundary: str, *, max_header_size: int = ..., max_segment_count: int = ...
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *failure: object) -> None: ...
    def parse(self, chunk: bytes) -> Iterable[MultipartSegment | bytearray | None]: ...

"""The places for files that the suites run on."""

import copy
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from adapters.disk.files import DiskFiles
from adapters.memory.clock import ManualClock
from adapters.memory.files import MemoryFiles
from adapters.s3.client import Bucket
from adapters.s3.files import S3Files
from application.ports.files import Files
from domain.files.stored import StoredFile
from domain.ids import FileKey

BUCKET = "parley-files"
ACCOUNT = "123456789012"
"""Whose buckets moto keeps unless it is told."""


class Place(Struct):
    """The adapter, what is in the place by its own account, and a fast way to fill it."""

    files: Files
    left: Callable[[], list[str]]
    fill: Callable[[list[FileKey]], None]


def memory() -> Place:
    files = MemoryFiles(ManualClock())

    def fill(keys: list[FileKey]) -> None:
        for key in keys:
            files._contents[key] = b"x"
            files._stored[key] = StoredFile(key, 1, ManualClock().now())

    return Place(files, lambda: sorted(files._contents), fill)


def disk(root: Path) -> Place:
    def left() -> list[str]:
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())

    def fill(keys: list[FileKey]) -> None:
        for folder in {(root / key).parent for key in keys}:
            folder.mkdir(parents=True)
        for key in keys:
            (root / key).touch()

    return Place(DiskFiles(root), left, fill)


@contextmanager
def s3_server() -> Generator[str, None, None]:
    """Run moto's server, a bucket in it, and give its address.

    It is in this process, so that a test can look inside.
    """
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        httpx.put(f"http://{host}:{port}/{BUCKET}").raise_for_status()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def inside() -> Any:
    """Return the bucket as the server itself knows it."""
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"].buckets[BUCKET]


def bucket_at(address: str) -> Bucket:
    return Bucket(BUCKET, "us-east-1", "a key", "a secret", address)


@asynccontextmanager
async def s3(address: str) -> AsyncGenerator[Place, None]:
    from moto.s3.models import FakeKey

    found = inside()
    found.keys.clear()
    found.multiparts.clear()

    def left() -> list[str]:
        return sorted([*found.keys, *(each.key_name for each in found.multiparts.values())])

    def fill(keys: list[FileKey]) -> None:
        one = FakeKey("", b"x", account_id=ACCOUNT, region_name="aws")
        for key in keys:
            found.keys[key] = copy.copy(one)
            found.keys[key].name = key

    files = S3Files(bucket_at(address), ManualClock(datetime.now(UTC)))
    yield Place(files, left, fill)
    await files.aclose()

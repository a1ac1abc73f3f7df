"""Files up and down: Parley beside a handler that does no more than write and read them."""

import http.client
import json
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.processes import MIB, Parley, Server, file_store
from benchmarks.report import Row

SHARE = 0.7
GROWTH_MIB = 20.0
LARGE = 64 * MIB
SMALL = 256 * 1024
SMALLS = 40
"""So many of them count as one measurement: a single one is over too soon."""
_EDGE = "the-boundary"
_WEBM = b"\x1a\x45\xdf\xa3"
_FIELDS = {"category": "provider.s3", "action": "s3_upload", "customer_id": "1"}


class FilesOf:
    """One server, and the client's connection to it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=120)
        self._place = "/"

    def up(self, size: int) -> None:
        """Send a file of so many bytes."""
        self._ask("POST", "/", _WEBM + bytes(size - len(_WEBM)))

    def down(self, size: int) -> None:
        """Get the last file sent, and see that it is whole."""
        self._connection.request("GET", self._place)
        answer = self._connection.getresponse()
        got = 0
        while chunk := answer.read(MIB):
            got += len(chunk)
        if (answer.status, got) != (200, size):
            raise RuntimeError(f"{answer.status}, {got} of {size} bytes")

    def _ask(self, method: str, path: str, body: bytes, **headers: str) -> bytes:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said[:200]!r}")
        return said


class FilesOfParley(FilesOf):
    """The same as clients do it: a form, a token, and a signed link in the answer."""

    def up(self, size: int) -> None:
        """Send a file of so many bytes in a form."""
        kind = f"multipart/form-data; boundary={_EDGE}"
        token = f"Bearer {self._server.token}"
        body = _form(_WEBM + bytes(size - len(_WEBM)))
        headers = {"Content-Type": kind, "Authorization": token}
        said = json.loads(self._ask("POST", "/api/v1/storage/upload", body, **headers))
        self._place = re.sub(r"^https?://[^/]+", "", said["data"]["url"])


def rows(parley: Parley, folder: Path, rounds: int) -> list[Row]:
    """Return the lines of the table: large files, small ones, and the memory that they took."""
    found: list[Row] = []
    with parley.served(PARLEY_UPLOAD_BYTES=str(2 * LARGE)) as server, file_store(folder) as store:
        ours, bare = FilesOfParley(server), FilesOf(store)
        for target in (ours, bare):
            target.up(SMALL)
            target.down(SMALL)
        before = server.most_bytes()
        for name, size, times in (("64 MiB", LARGE, 1), ("256 KiB", SMALL, SMALLS)):
            ups: list[tuple[float, float]] = []
            downs: list[tuple[float, float]] = []
            for _ in range(rounds):
                ups.append(_both(ours.up, bare.up, size, times))
                downs.append(_both(ours.down, bare.down, size, times))
            found.append(_row(f"a file of {name}, up: MiB/s", ups, promised=size == LARGE))
            found.append(_row(f"a file of {name}, down: MiB/s", downs, promised=size == LARGE))
        grown = (server.most_bytes() - before) / MIB
    met = grown <= GROWTH_MIB
    found.append(Row("memory that all of it took: MiB", grown, 0, 0, f"<= {GROWTH_MIB:g}", met))
    return found


def _both(
    ours: Callable[[int], None], bare: Callable[[int], None], size: int, times: int
) -> tuple[float, float]:
    return _speed(ours, size, times), _speed(bare, size, times)


def _speed(work: Callable[[int], None], size: int, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work(size)
    return size * times / MIB / (time.perf_counter() - began)


def _row(what: str, pairs: list[tuple[float, float]], *, promised: bool) -> Row:
    # What a request costs, whatever its size, is not what is held against a bare handler.
    ratio = statistics.median(mine / limit for mine, limit in pairs)
    mine, limit = (statistics.median(each) for each in zip(*pairs, strict=True))
    if not promised:
        return Row(what, mine, limit, ratio)
    return Row(what, mine, limit, ratio, f">= {SHARE:g} x", ratio >= SHARE)


def _form(content: bytes) -> bytes:
    fields = "".join(
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in _FIELDS.items()
    )
    file = f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="a.webm"\r\n\r\n'
    return (fields + file).encode() + content + f"\r\n--{_EDGE}--\r\n".encode()

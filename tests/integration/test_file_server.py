"""Files of a real server: what they cost while they come and go."""

import http.client
import json
import re
import select
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.integration.live_server import ProcessServer

pytestmark = pytest.mark.integration

MIB = 2**20
GIB = 2**30
BOUNDARY = "the-boundary"
FORM = {"category": "provider.s3", "action": "s3_upload", "customer_id": "1"}
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def served(folder: Path) -> Generator[ProcessServer, None, None]:
    with ProcessServer({"PARLEY_DATA_DIR": str(folder)}) as server:
        yield server


@pytest.fixture(scope="module")
def token(served: ProcessServer) -> str:
    """Return the token that a first start shows."""
    words = "".join(served.output).split()
    return words[words.index("token") + 1]


@pytest.fixture
def anna(served: ProcessServer, token: str) -> Generator[httpx.Client, None, None]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://{served.address}", headers=headers) as client:
        yield client


def uploaded(client: httpx.Client, content: bytes) -> str:
    answer = client.post("/api/v1/storage/upload", data=FORM, files={"file": ("a.txt", content)})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["url"]


@pytest.mark.parametrize("version", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nConnection: close\r\n"])
def test_who_sends_on_after_a_refusal_and_then_leaves_hears_of_it(
    served: ProcessServer, version: bytes
) -> None:
    size = 16 * MIB
    host, _, port = served.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as sender:
        head = b"POST /nowhere %sHost: here\r\nContent-Length: %d\r\n\r\n"
        sender.sendall(head % (version, size))
        assert sender.recv(12) == b"HTTP/1.1 404"  # Before the body; a proxy looks only after it.
        for _ in range(16):
            sender.sendall(b"x" * MIB)
        rest = b"".join(iter(lambda: sender.recv(65536), b""))
    assert b'"message":"Not found"' in rest


def fetched(url: str) -> int:
    """Return how many bytes there are."""
    with httpx.stream("GET", url) as answer:
        return sum(map(len, answer.iter_bytes()))


def most_memory(server: ProcessServer) -> int:
    """Return the most that the process ever held, in bytes."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def endless() -> Iterator[bytes]:
    yield HEAD.encode()
    for _ in range(GIB // MIB):
        yield b"x" * MIB


def refused(server: ProcessServer, token: str, headers: dict[str, str]) -> tuple[int, int]:
    """Send the beginning of a gigabyte until there is an answer; return its status, and how much
    was sent by then."""
    connection = http.client.HTTPConnection(server.address, timeout=30)
    connection.putrequest("POST", "/api/v1/storage/upload")
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for name, value in {
        "Authorization": f"Bearer {token}",
        "Content-Type": kind,
        **headers,
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    sent = 0
    for piece in endless():
        if select.select([connection.sock], [], [], 0)[0]:
            break
        chunk = piece if "Content-Length" in headers else b"%x\r\n%b\r\n" % (len(piece), piece)
        connection.send(chunk)
        sent += len(piece)
    answer = connection.getresponse()
    assert json.loads(answer.read())["success"] is False
    connection.close()
    return answer.status, sent


@pytest.mark.skipif(not psutil.LINUX, reason="no /proc: what a process held at most is not known")
def test_a_gigabyte_is_refused_for_next_to_nothing(
    served: ProcessServer, token: str, anna: httpx.Client, folder: Path
) -> None:
    # So that everything is imported, and every buffer as large as it becomes.
    fetched(uploaded(anna, b"x" * 4 * MIB))
    before = most_memory(served)
    status, sent = refused(served, token, {"Content-Length": str(GIB)})
    assert (status, sent < 64 * MIB) == (413, True)
    status, sent = refused(served, token, {"Transfer-Encoding": "chunked"})
    assert (status, 25 * MIB < sent < 64 * MIB) == (413, True)
    url = uploaded(anna, b"x" * 24 * MIB)
    assert url.startswith(f"http://{served.address}/files/1/")
    assert fetched(url) == 24 * MIB
    assert most_memory(served) - before < 16 * MIB
    assert list((folder / "files" / ".drafts").iterdir()) == []

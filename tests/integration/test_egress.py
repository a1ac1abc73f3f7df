"""Addresses are followed over real sockets: redirects, limits, and servers that misbehave."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.transport.egress import Egress, EgressLimits
from domain.errors import DownloadFailed, DownloadRefused, DownloadTooLarge
from tests.simulators.replies import Cut, End, Hang, Reply, Step, raw
from tests.simulators.server import Simulator

pytestmark = pytest.mark.integration

LIMIT = 100_000
PNG = b"\x89PNG\r\n\x1a\nthe rest of it"


class Names:
    """A resolver that gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


@pytest.fixture
def server() -> Generator[Simulator, None, None]:
    with Simulator(raw(PNG, "image/png")) as running:
        yield running


def port_of(server: Simulator) -> int:
    return int(server.address.rpartition(":")[2])


def trusting(server: Simulator, **limits: float) -> Egress:
    """Return the way out under which the server on loopback may be reached by its number."""
    place = server.address.removeprefix("http://")
    return Egress([place], EgressLimits(**limits))  # pyright: ignore[reportArgumentType]


def guarded(server: Simulator, names: Names) -> Egress:
    """Return a way out with all its guards, to which 127.0.0.1 alone is a public address."""
    limits = EgressLimits(ports=(port_of(server),))
    return Egress(limits=limits, lookup=names, public=lambda address: address == "127.0.0.1")


def self_signed(file: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, pkcs8, plain) + certificate.public_bytes(pem))
    return file


def moved(to: str, status: int = 302) -> Reply:
    return Reply([], status, {"location": to})


def as_it_is(*steps: Step) -> Reply:
    """Return an answer whose every byte is given."""
    return Reply([], before=[*steps, End()])


async def test_a_trusted_place_is_fetched(server: Simulator) -> None:
    assert trusting(server).check(server.address) is False, "nobody else can fetch it"
    found = await trusting(server).fetch(f"{server.address}/a.png?b=c#d")
    assert (found.content, found.mime_type) == (PNG, "image/png")
    assert server.requests[0].path == "/a.png?b=c"


async def test_loopback_is_refused_without_trust(server: Simulator) -> None:
    with pytest.raises(DownloadRefused):
        await Egress().fetch(server.address)
    assert server.requests == []


async def test_a_name_is_looked_up_once_and_that_address_connected_to(server: Simulator) -> None:
    names = Names("127.0.0.1", "10.0.0.1")
    found = await guarded(server, names).fetch(f"http://files.example:{port_of(server)}/")
    assert found.content == PNG
    assert names.asked == ["files.example"]
    assert server.requests[0].headers["host"] == f"files.example:{port_of(server)}"


async def test_a_redirect_is_looked_up_and_checked_again(server: Simulator) -> None:
    server.script(moved("/again"))
    names = Names("127.0.0.1", "10.0.0.1")
    with pytest.raises(DownloadRefused, match="public"):
        await guarded(server, names).fetch(f"http://files.example:{port_of(server)}/")
    assert names.asked == ["files.example"] * 2
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(server: Simulator, status: int) -> None:
    server.script(moved("/b?c=d", status))
    assert (await trusting(server).fetch(f"{server.address}/a")).content == PNG
    assert [request.path for request in server.requests] == ["/a", "/b?c=d"]


@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "//127.0.0.1:1/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://me:secret@8.8.8.8/",
        "file:///etc/passwd",
        "data:text/plain,hello",
    ],
)
async def test_a_redirect_does_not_lead_inside(server: Simulator, to: str) -> None:
    server.script(moved(to))
    with pytest.raises(DownloadRefused):
        await trusting(server).fetch(server.address)
    assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [moved("http://[::1"), Reply([], 302)])
async def test_a_redirect_to_nowhere(server: Simulator, reply: Reply) -> None:
    server.script(reply)
    with pytest.raises(DownloadFailed, match="moved to nowhere"):
        await trusting(server).fetch(server.address)


async def test_redirects_come_to_an_end(server: Simulator) -> None:
    server.default = moved("/again")
    with pytest.raises(DownloadFailed, match="without end"):
        await trusting(server).fetch(server.address)
    assert len(server.requests) == 4


async def test_nothing_is_sent_along(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    cookie = {"set-cookie": "session=secret; Path=/", "location": "/again"}
    server.script(Reply([], 302, cookie))
    await trusting(server).fetch(server.address)
    sent = server.requests[1].headers
    assert set(sent) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_an_endless_body_is_cut_off(server: Simulator) -> None:
    server.script(Reply([b"x" * 50_000] * 40 + [Hang()]))
    with pytest.raises(DownloadTooLarge, match=r"larger than 0\.1 MB"):
        await trusting(server).fetch(server.address, LIMIT)
    await server.requests[0].client_left()


@pytest.mark.parametrize(
    "packed", [gzip.compress(bytes(50_000_000), mtime=0), zlib.compress(bytes(10**7))]
)
async def test_a_packed_bomb_is_counted_unpacked(server: Simulator, packed: bytes) -> None:
    assert len(packed) < LIMIT
    kind = "gzip" if packed[0] == 0x1F else "deflate"
    server.script(Reply([packed], headers={"content-encoding": kind}))
    with pytest.raises(DownloadTooLarge):
        await trusting(server).fetch(server.address, LIMIT)


async def test_what_is_packed_is_unpacked(server: Simulator) -> None:
    server.script(Reply([gzip.compress(PNG)], headers={"content-encoding": "gzip"}))
    assert (await trusting(server).fetch(server.address)).content == PNG


async def test_a_length_that_is_too_much_is_not_waited_for(server: Simulator) -> None:
    server.script(as_it_is(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", Hang()))
    with pytest.raises(DownloadTooLarge):
        await trusting(server).fetch(server.address, LIMIT)


@pytest.mark.parametrize(
    "reply",
    [
        as_it_is(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
        as_it_is(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nshort"),
        as_it_is(b"SSH-2.0-OpenSSH_9.9\r\n"),
        as_it_is(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"),
        as_it_is(),
        Reply([b"a", Cut()]),
        Reply([b"a", End()]),
        Reply([b"not gzip"], headers={"content-encoding": "gzip"}),
        Reply([b"whatever"], headers={"content-encoding": "br"}),
        Reply([b"no"], 404),
        Reply([b"no"], 500),
        Reply([b"part"], 206),
        Reply([]),
    ],
)
async def test_a_server_that_misbehaves(server: Simulator, reply: Reply) -> None:
    server.default = reply
    with pytest.raises(DownloadFailed):
        await trusting(server).fetch(server.address)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "certificate.pem"))
    heard: list[asyncio.StreamReader] = []
    server = await asyncio.start_server(lambda one, _: heard.append(one), "127.0.0.1", ssl=context)
    place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        with pytest.raises(DownloadFailed, match="certificate"):
            await Egress([place]).fetch(f"https://{place}/")
    assert heard == []


@pytest.mark.parametrize("reply", [Reply([], before=[Hang()]), Reply([b"a", Hang()])])
async def test_a_slow_server_is_left(server: Simulator, reply: Reply) -> None:
    server.script(reply)
    with pytest.raises(DownloadFailed, match=r"longer than 0\.2 seconds"):
        await trusting(server, total_s=0.2).fetch(server.address)
    for request in server.requests:  # On a busy machine it may not even have got there.
        await request.client_left()


async def test_pieces_are_had_before_the_rest_is_there(server: Simulator) -> None:
    server.script(Reply([b"a", Hang()]))
    pieces = trusting(server).stream(server.address, LIMIT)
    assert await anext(pieces) == b"a"
    await pieces.aclose()
    await server.requests[0].client_left()


async def test_a_piece_that_does_not_come(server: Simulator) -> None:
    server.script(Reply([b"a", Hang()]))
    pieces = trusting(server, total_s=0.2).stream(server.address, LIMIT)
    assert await anext(pieces) == b"a"
    with pytest.raises(DownloadFailed, match=r"longer than 0\.2 seconds"):
        await anext(pieces)
    await server.requests[0].client_left()


async def test_pieces_that_break_off(server: Simulator) -> None:
    server.script(Reply([b"a", Cut()]))
    pieces = trusting(server).stream(server.address, LIMIT)
    with pytest.raises(DownloadFailed, match="broken"):
        _ = [piece async for piece in pieces]


async def test_nobody_listens() -> None:
    with Simulator(raw(PNG)) as gone:
        egress = trusting(gone)
    with pytest.raises(DownloadFailed, match="cannot be reached"):
        await egress.fetch(gone.address)


async def test_the_content_counts_and_not_its_label(server: Simulator) -> None:
    server.script(raw(b"<html>log in first</html>", "image/png"), raw(PNG, "text/html"))
    page = await trusting(server).fetch(server.address)
    assert (page.mime_type, page.is_text) == ("text/plain", True)
    assert (await trusting(server).fetch(server.address)).mime_type == "image/png"

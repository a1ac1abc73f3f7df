"""What every way of following addresses promises."""

import base64
from collections.abc import Callable, Generator

import pytest

from adapters.memory.downloads import MemoryDownloads
from adapters.transport.egress import Egress, EgressLimits
from application.ports.downloads import Downloads
from domain.errors import DownloadFailed, DownloadRefused, DownloadTooLarge
from tests.simulators.replies import Reply, raw
from tests.simulators.server import Request, Simulator

PNG = b"\x89PNG\r\n\x1a\nthe rest of it"
Web = tuple[Downloads, Callable[[bytes], str]]
"""The adapter, and what puts content on the web and returns its URL."""


def memory() -> Generator[Web, None, None]:
    downloads = MemoryDownloads()

    def put(content: bytes) -> str:
        url = f"https://files.example/{len(downloads.pages)}"
        downloads.pages[url] = content
        return url

    yield downloads, put


def egress() -> Generator[Web, None, None]:
    pages: list[bytes] = []

    def answer(request: Request) -> Reply:
        found = request.path.strip("/")
        return raw(pages[int(found)], "text/html") if found.isdigit() else raw(b"no", status=404)

    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    with Simulator(answer) as server:
        port = int(server.address.rpartition(":")[2])
        place = f"http://files.example:{port}"

        def put(content: bytes) -> str:
            pages.append(content)
            return f"{place}/{len(pages) - 1}"

        limits = EgressLimits(ports=(80, 443, port))
        yield Egress(limits=limits, lookup=lookup, public=lambda _: True), put


@pytest.fixture(params=[memory, egress])
def web(request: pytest.FixtureRequest) -> Generator[Web, None, None]:
    yield from request.param()


async def test_content_comes_with_its_true_type(web: Web) -> None:
    downloads, put = web
    found = await downloads.fetch(put(PNG))
    assert (found.content, found.mime_type, found.is_text) == (PNG, "image/png", False)
    assert (await downloads.fetch(put(b"words"))).is_text


async def test_what_is_public_others_can_fetch_too(web: Web) -> None:
    downloads, put = web
    assert downloads.check(put(PNG)) is True
    assert downloads.check("https://elsewhere.example/a.png") is True


async def test_as_much_as_is_allowed_and_no_more(web: Web) -> None:
    downloads, put = web
    url = put(b"12345")
    assert (await downloads.fetch(url, 5)).content == b"12345"
    with pytest.raises(DownloadTooLarge):
        await downloads.fetch(url, 4)


async def test_what_is_not_there_failed(web: Web) -> None:
    downloads, put = web
    with pytest.raises(DownloadFailed, match="404"):
        await downloads.fetch(put(PNG).rpartition("/")[0] + "/missing")


async def test_nothing_is_no_content(web: Web) -> None:
    downloads, put = web
    for url in (put(b""), "data:text/plain,"):
        with pytest.raises(DownloadFailed, match="empty"):
            await downloads.fetch(url)


async def test_data_urls_are_unpacked_here(web: Web) -> None:
    downloads, _ = web
    url = f"data:image/jpeg;base64,{base64.b64encode(PNG).decode()}"
    assert downloads.check(url) is False
    found = await downloads.fetch(url)
    assert (found.content, found.mime_type) == (PNG, "image/png")
    found = await downloads.fetch("DATA:text/csv,a%2Cb")
    assert (found.content, found.mime_type, found.is_text) == (b"a,b", "text/csv", True)
    with pytest.raises(DownloadTooLarge):
        await downloads.fetch(url, 4)


@pytest.mark.parametrize("url", ["data:", "data:image/png;base64,!!!", "data:;base64,A", "data:x"])
async def test_a_broken_data_url_is_refused(web: Web, url: str) -> None:
    with pytest.raises(DownloadRefused):
        await web[0].fetch(url)


@pytest.mark.parametrize(
    "url", ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1/", "http://localhost/", ""]
)
async def test_what_is_refused_is_refused_before_and_while_fetching(web: Web, url: str) -> None:
    with pytest.raises(DownloadRefused):
        web[0].check(url)
    with pytest.raises(DownloadRefused):
        await web[0].fetch(url)


async def joined(downloads: Downloads, url: str, most_bytes: int) -> bytes:
    return b"".join([piece async for piece in downloads.stream(url, most_bytes)])


async def test_what_is_large_comes_in_pieces(web: Web) -> None:
    downloads, put = web
    content = bytes(300_000)
    assert await joined(downloads, put(content), len(content)) == content
    with pytest.raises(DownloadTooLarge):
        await joined(downloads, put(content), len(content) - 1)
    with pytest.raises(DownloadFailed):
        await joined(downloads, put(b""), 9)


async def test_pieces_come_from_the_same_places_only(web: Web) -> None:
    downloads, _ = web
    inline = "data:text/plain;base64,aGk="
    assert await joined(downloads, inline, 9) == b"hi"
    with pytest.raises(DownloadRefused):
        await joined(downloads, "http://127.0.0.1/", 9)

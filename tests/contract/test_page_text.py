"""What every reader of web pages promises."""

import time

import pytest

from adapters.html.text import HtmlLimits, ResiliparseReader
from adapters.memory.page_text import MemoryPageReader
from application.ports.page_text import PageReader
from domain.errors import DownloadFailed

PAGE = """<!doctype html><html><head><title> Tides &amp; time </title><style>p {}</style>
<script>alert("evil")</script></head><body><nav><a href="/">Home</a></nav><article>
<h1>Why the sea rises</h1><p>It rises twice a day.</p>
<p>See <a href="https://x.example/moon">the Moon</a>. Olá, größer, 潮.</p>
</article><footer>Imprint</footer></body></html>"""


@pytest.fixture(params=["memory", "resiliparse"])
def reader(request: pytest.FixtureRequest) -> PageReader:
    return MemoryPageReader() if request.param == "memory" else ResiliparseReader()


async def test_what_a_page_says_is_read_and_its_scripts_are_not(reader: PageReader) -> None:
    page = await reader.read(PAGE.encode())
    assert page.title == "Tides & time"
    assert "It rises twice a day." in page.text
    assert "Olá, größer, 潮" in page.text
    assert "https://x.example/moon" in page.text
    assert "evil" not in page.text


@pytest.mark.parametrize("content", [b"", b"plain words", b"<p>open <b>ends", b"\xff\xfe<a"])
async def test_whatever_calls_itself_html_is_read(reader: PageReader, content: bytes) -> None:
    assert isinstance((await reader.read(content)).text, str)


async def test_a_page_that_takes_too_long_is_given_up() -> None:
    deep = b"<div>" * 100_000 + b"x"
    began = time.monotonic()
    with pytest.raises(DownloadFailed, match="takes"):
        await ResiliparseReader(HtmlLimits(longest_s=0.5)).read(deep)
    assert time.monotonic() - began < 5

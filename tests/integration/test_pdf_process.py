"""PDFs are read by a process apart, which cannot harm the server."""

import asyncio
import zlib

import psutil
import pytest

from adapters.pdf.text import PdfLimits, PypdfText
from domain.errors import DocumentUnreadable
from tests.pdf import LOCKED, pdf, pdf_of

pytestmark = pytest.mark.integration


def children() -> set[psutil.Process]:
    """Return the processes that this one has started and not yet taken leave of."""
    return set(psutil.Process().children())


async def test_a_document_with_a_password() -> None:
    with pytest.raises(DocumentUnreadable, match="encrypted"):
        await PypdfText().read(pdf("Secret", trailer=LOCKED))


async def test_a_document_without_pages() -> None:
    with pytest.raises(DocumentUnreadable, match="no pages"):
        await PypdfText().read(pdf())


async def test_a_wrong_table_of_contents_is_mended() -> None:
    document = pdf("One", "Two").replace(b"startxref\n", b"startxref\n9")
    assert (await PypdfText().read(document)).pages == ("One", "Two")


async def test_characters_are_bounded() -> None:
    reader = PypdfText(PdfLimits(characters=10))
    read = await reader.read(pdf("a" * 8, "b" * 8, "c" * 8))
    assert (read.pages, read.total) == (("a" * 8, "b" * 2), 3)


async def test_time_is_bounded_and_the_process_ended() -> None:
    before = children()
    with pytest.raises(DocumentUnreadable, match="too long"):
        await PypdfText(PdfLimits(longest_s=0.01)).read(pdf("One"))
    assert children() <= before


async def test_cancelling_ends_the_process() -> None:
    before = children()
    reading = asyncio.create_task(PypdfText().read(pdf("One")))
    while children() <= before:  # noqa: ASYNC110 - starting a process tells nobody else
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait({reading})
    assert reading.cancelled()
    assert children() <= before


async def test_memory_is_bounded() -> None:
    # A page that unpacks to 60 MB of drawing commands, each of which becomes many objects.
    packed = zlib.compress(b"0 0 9 9 re f\n" * 5_000_000)
    document = pdf_of([packed]).replace(
        b"<< /Length %d >>" % len(packed), b"<< /Length %d /Filter /FlateDecode >>" % len(packed)
    )
    with pytest.raises(DocumentUnreadable, match="memory"):
        await PypdfText(PdfLimits(memory_bytes=150_000_000, longest_s=10)).read(document)


async def test_the_environment_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    monkeypatch.setenv("PYTHONPATH", "nowhere")
    assert (await PypdfText().read(pdf("One"))).pages == ("One",)

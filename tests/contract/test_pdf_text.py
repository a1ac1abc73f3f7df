"""What every reader of PDFs promises."""

from collections.abc import Callable

import pytest

from adapters.memory.pdf_text import MemoryPdfText, written
from adapters.pdf.text import PypdfText
from application.ports.pdf_text import PdfText
from domain.errors import DocumentUnreadable
from tests.pdf import pdf

Reader = tuple[PdfText, Callable[..., bytes]]
"""The adapter, and what makes a document of pages that it can read."""


@pytest.fixture(params=["memory", "pypdf"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return (MemoryPdfText(), written) if request.param == "memory" else (PypdfText(), pdf)


async def test_pages_come_in_order(reader: Reader) -> None:
    pdf_text, made = reader
    read = await pdf_text.read(made("One", "Two second"))
    assert (read.pages, read.total) == (("One", "Two second"), 2)


async def test_a_page_without_text_keeps_its_place(reader: Reader) -> None:
    pdf_text, made = reader
    assert (await pdf_text.read(made("One", "", "Three"))).pages == ("One", "", "Three")


async def test_no_more_than_fifty_pages_are_read_and_all_are_counted(reader: Reader) -> None:
    pdf_text, made = reader
    read = await pdf_text.read(made(*(f"Page {number}" for number in range(60))))
    assert (len(read.pages), read.pages[-1], read.total) == (50, "Page 49", 60)


@pytest.mark.parametrize("content", [b"", b"not a PDF", b"%PDF-1.4\n", b"%PDF-1.7\n" + bytes(999)])
async def test_garbage_is_no_document(reader: Reader, content: bytes) -> None:
    with pytest.raises(DocumentUnreadable, match="damaged"):
        await reader[0].read(content)

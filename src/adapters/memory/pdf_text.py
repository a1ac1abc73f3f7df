"""PDFs that are text already."""

from application.ports.pdf_text import PdfPages, PdfText
from domain.errors import DocumentUnreadable

MARK = b"%PDF-memory\n"


class MemoryPdfText(PdfText):
    """Reads what `written` made: a mark, then pages with form feeds between them."""

    def __init__(self, most_pages: int = 50) -> None:
        self._most_pages = most_pages

    async def read(self, content: bytes) -> PdfPages:
        if not content.startswith(MARK):
            raise DocumentUnreadable("it is damaged, or no PDF at all")
        pages = content.removeprefix(MARK).decode().split("\f")
        return PdfPages(tuple(pages[: self._most_pages]), len(pages))


def written(*pages: str) -> bytes:
    """Return a document of these pages."""
    return MARK + "\f".join(pages).encode()

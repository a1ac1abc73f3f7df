"""PDFs as text, for models that cannot read them."""

from typing import Protocol

from msgspec import Struct


class PdfPages(Struct, frozen=True):
    """The text of a PDF's first pages."""

    pages: tuple[str, ...]
    """In order; a page that is a picture is empty text. Fewer than `total` where the reader's
    limit was reached."""
    total: int
    """How many pages the document has: 1 or more."""


class PdfText(Protocol):
    """Takes the text out of a PDF."""

    async def read(self, content: bytes) -> PdfPages:
        """Return the text; the work happens off the event loop, and cancelling ends it.

        Raises:
            DocumentUnreadable: it needs a password, is damaged or no PDF, has no pages, or takes
                more time or memory than reading may take.
        """
        ...

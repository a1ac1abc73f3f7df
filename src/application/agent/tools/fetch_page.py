"""What a page on the web says."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from application.ports.downloads import Downloaded, Downloads
from application.ports.page_text import PageReader, PageText
from application.ports.pdf_text import PdfText
from domain.errors import DownloadFailed
from domain.tools import ToolSpec, parameters_of

_PDF = "application/pdf"
_MOST_BYTES = 10_000_000


class FetchPageArguments(Struct, frozen=True):
    """Which page."""

    url: Annotated[
        str, Meta(pattern=r"^https?://\S+$", max_length=2000, description="As it was found.")
    ]


class FetchPage(Tool):
    """Goes out by the server's one way out, to public places only.

    Once something from outside has been read, an address that nobody has written may carry what
    strangers want to know: the user is asked first.
    """

    spec = ToolSpec(
        "fetch_page",
        "Read a web page or PDF. Use addresses exactly as they were given or found.",
        parameters_of(FetchPageArguments),
        outside=True,
        limit_s=60,
    )
    takes = FetchPageArguments

    def __init__(self, downloads: Downloads, pages: PageReader, pdf: PdfText) -> None:
        self._downloads = downloads
        self._pages = pages
        self._pdf = pdf

    def needs_approval(self, arguments: FetchPageArguments, context: ToolContext) -> bool:
        """Return whether the model has made the address up, and strangers may have had a say."""
        return context.places.read_outside and not context.places.knows(arguments.url)

    async def __call__(
        self, arguments: FetchPageArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the page's title and text.

        Raises:
            DownloadRefused: it is in no public place.
            DownloadFailed: it cannot be loaded, or is no text.
        """
        found = await self._downloads.fetch(arguments.url, _MOST_BYTES)
        page = await self._read(found)
        return {"url": arguments.url, "title": page.title, "text": page.text}

    async def _read(self, found: Downloaded) -> PageText:
        if found.mime_type == _PDF:
            read = await self._pdf.read(found.content)
            return PageText("", "\n\n".join(page for page in read.pages if page))
        if found.is_html:
            return await self._pages.read(found.content)
        if found.is_text:
            return PageText("", found.content.decode(errors="replace"))
        raise DownloadFailed("The page", f"it is {found.mime_type}")

"""What is fetched from outside on behalf of users, and how it is read."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.html.text import ResiliparseReader
from adapters.pdf.text import PypdfText
from adapters.transport.egress import Egress
from application.ports.downloads import Downloads
from application.ports.page_text import PageReader
from application.ports.pdf_text import PdfText
from entrypoints.wiring.settings import Settings


class OutsideProvider(Provider):
    """Nothing connects, and no process is started, before there is something to fetch or read."""

    scope = Scope.APP

    @provide
    def downloads(self, settings: Settings) -> Downloads:
        """Public places, and those that the operator vouches for."""
        return Egress(settings.egress_allow)

    @provide
    def page_reader(self) -> PageReader:
        """A process of its own for each page."""
        return ResiliparseReader()

    @provide
    def pdf_text(self) -> PdfText:
        """A process of its own for each document."""
        return PypdfText()

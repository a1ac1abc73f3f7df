"""Pages read with the standard library: enough where no stranger is about."""

from html.parser import HTMLParser

from application.ports.page_text import PageReader, PageText

_UNSEEN = frozenset({"script", "style", "title", "nav", "footer", "head"})


class MemoryPageReader(PageReader):
    """All text that is not navigation, one line each; links with their addresses."""

    async def read(self, content: bytes) -> PageText:
        page = _Page()
        page.feed(content.decode(errors="replace"))
        page.close()
        return PageText(page.title.strip(), "\n".join(page.lines))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.lines: list[str] = []
        self._within: list[str] = []
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._within.append(tag)
        self._link = dict(attrs).get("href") or "" if tag == "a" else self._link

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            self._within.remove(tag)
        self._link = "" if tag == "a" else self._link

    def handle_data(self, data: str) -> None:
        if "title" in self._within:
            self.title += data
        elif data.strip() and not self._within:
            self.lines.append(f"{data.strip()} ({self._link})" if self._link else data.strip())

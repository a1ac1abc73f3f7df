"""A web of a few pages, without a network."""

from collections.abc import AsyncGenerator, Iterable, Mapping

from adapters.transport.addresses import Target, TrustedHosts, read_target
from adapters.transport.attachments import is_inline
from adapters.transport.egress import unpacked
from application.ports.downloads import MOST_BYTES, Downloaded, Downloads
from domain.errors import DownloadFailed, DownloadTooLarge, ParleyError
from domain.files.content_types import type_of


class MemoryDownloads(Downloads):
    """Holds content by its URL; every other address is answered with 404."""

    def __init__(
        self,
        pages: Mapping[str, bytes | ParleyError] | None = None,
        trusted: Iterable[str] = (),
    ) -> None:
        """Take the content behind each URL, or the error that fetching it meets.

        Args:
            pages: by URL.
            trusted: `host` or `host:port`, allowed although not public.
        """
        self.pages = dict(pages or {})
        self._trusted = TrustedHosts(trusted)
        self.asked: list[str] = []
        """The http(s) URLs that were fetched, in order."""

    def check(self, url: str) -> bool:
        return not is_inline(url) and not self._target(url).trusted

    async def fetch(self, url: str, most_bytes: int = MOST_BYTES) -> Downloaded:
        if is_inline(url):
            return unpacked(url, most_bytes)
        host = self._target(url).host
        self.asked.append(url)
        content = self.pages.get(url)
        if isinstance(content, ParleyError):
            raise content
        if content is None:
            raise DownloadFailed(host, "its server answered 404")
        if len(content) > most_bytes:
            raise DownloadTooLarge(host, most_bytes)
        if not content:
            raise DownloadFailed(host, "it is empty")
        return Downloaded(content, *type_of(content))

    async def stream(self, url: str, most_bytes: int) -> AsyncGenerator[bytes, None]:
        yield (await self.fetch(url, most_bytes)).content

    def _target(self, url: str) -> Target:
        return read_target(url, self._trusted)

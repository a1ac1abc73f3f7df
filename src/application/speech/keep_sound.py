"""Sound that was spoken, as a file of its owner or as a data URL."""

import base64
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import AbstractAsyncContextManager, aclosing

from msgspec import Struct

from application.files.keep_file import KeepFile
from application.files.links import FileLinks
from application.ports.scratch import Scratch, Sheet
from domain.errors import FileTooLarge
from domain.files.keys import address_of
from domain.ids import UserId
from domain.speech.audio import PLAIN_PCM_HZ, SAMPLE_BYTES, Encoding, wav_header
from domain.speech.orders import SpeechOrder

NAME = "tts_audio"
MOST_BYTES = 512 * 1024 * 1024
"""More than the longest text takes, in the format that takes most."""
MOST_INLINE_BYTES = 24 * 1024 * 1024
"""Of what is given as a data URL."""
_HEADER_BYTES = 1024


class KeptSound(Struct, frozen=True):
    """Where it is."""

    url: str
    """A link, or a data URL."""
    address: str
    """What is kept in the history; of a data URL, the same."""
    inline_bytes: int | None = None
    """Of a data URL: how much it holds."""


class KeepSound:
    """Whatever its length, little of it is in memory at once; only a data URL is held as a whole.

    Samples become a WAV file whose header is true.
    """

    def __init__(self, keep: KeepFile, links: FileLinks, scratch: Scratch) -> None:
        self._keep = keep
        self._links = links
        self._scratch = scratch

    def sheet(self) -> AbstractAsyncContextManager[Sheet]:
        """Begin an empty sheet for the sound, as the provider gives it."""
        return self._scratch.sheet()

    def check(self, sheet: Sheet, *, keep: bool) -> None:
        """Refuse what is too much already.

        Raises:
            FileTooLarge: there is more than a file, or a data URL, may hold.
        """
        most = MOST_BYTES if keep else MOST_INLINE_BYTES
        if sheet.size_bytes > most:
            raise FileTooLarge(most)

    async def __call__(
        self, owner: UserId, sheet: Sheet, order: SpeechOrder, *, keep: bool
    ) -> KeptSound:
        """Return where the sound on a sheet is kept.

        Raises:
            FileTooLarge: as `check`.
            FileRefused: sound in this format is not kept.
            FilesUnavailable: it could not be stored.
        """
        self.check(sheet, keep=keep)
        form = order.format
        media_type = "audio/wav" if form.encoding is Encoding.PCM16 else form.media_type
        content = _file(order, sheet)
        if keep:
            name = f"{NAME}.{form.extension}"
            stored = await self._keep(owner, name, media_type, content, MOST_BYTES + _HEADER_BYTES)
            return KeptSound(self._links.link(stored.key), address_of(stored.key))
        whole = b"".join([chunk async for chunk in content])
        url = f"data:{media_type};base64,{base64.b64encode(whole).decode('ascii')}"
        return KeptSound(url, url, len(whole))


def _file(order: SpeechOrder, sheet: Sheet) -> AsyncIterable[bytes]:
    if order.format.encoding in (Encoding.PCM16, Encoding.WAV):
        return _as_wav(order.asked_format.rate_hz or PLAIN_PCM_HZ, sheet)
    return sheet.read()


async def _as_wav(rate_hz: int, sheet: Sheet) -> AsyncGenerator[bytes, None]:
    """Yield a WAV file; half a sample at the end is made whole."""
    half = sheet.size_bytes % SAMPLE_BYTES
    yield wav_header(sheet.size_bytes + half, rate_hz)
    async with aclosing(sheet.read()) as chunks:
        async for chunk in chunks:
            yield chunk
    if half:
        yield b"\0"

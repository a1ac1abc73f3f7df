"""A text, spoken into a file."""

import base64
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

from msgspec import Struct

from application.files.keep_file import KeepFile
from application.files.links import FileLinks
from application.ports.scratch import Scratch, Sheet
from application.speech.speak_text import SpeakText, Spoken
from domain.errors import FileTooLarge
from domain.ids import UserId
from domain.speech.audio import PLAIN_PCM_HZ, SAMPLE_BYTES, AudioFormat, Encoding, wav_header
from domain.speech.orders import SpeechOrder, VoiceWish

NAME = "tts_audio"
MOST_BYTES = 512 * 1024 * 1024
"""More than the longest text takes, in the format that takes most."""
MOST_INLINE_BYTES = 24 * 1024 * 1024
"""Of what is given as a data URL."""


class SpeechFile(Struct, frozen=True):
    """What was made of the text."""

    url: str
    """A link, or a data URL."""
    order: SpeechOrder
    parts: int
    """How many requests the text took."""
    inline_bytes: int | None = None
    """Of a data URL: how much it holds."""

    @property
    def stored_format(self) -> str:
        """The format of the file: plain samples are kept as WAV."""
        is_pcm = self.order.format.encoding is Encoding.PCM16
        return "wav" if is_pcm else self.order.format.name


class SpeakToFile:
    """Little of a file is in memory at once, however long it is; a data URL is held as a whole."""

    def __init__(
        self, speak: SpeakText, keep: KeepFile, links: FileLinks, scratch: Scratch
    ) -> None:
        self._speak = speak
        self._keep = keep
        self._links = links
        self._scratch = scratch

    async def __call__(self, user: UserId, text: str, wish: VoiceWish, *, keep: bool) -> SpeechFile:
        """Return where the speech is.

        Args:
            user: who pays for it and owns the file.
            text: as it is written.
            wish: of the voice.
            keep: store it; else it is given as a data URL.

        Raises:
            InvalidRequest, NotConfigured, SpendingCapReached: as `SpeakText`.
            ProviderError: the provider failed for good; nothing is kept.
            FileTooLarge: there is more than a file, or a data URL, may hold.
            FilesUnavailable: it could not be stored.
        """
        spoken = await self._speak(user, text, wish, streamed=False)
        try:
            async with self._scratch.sheet() as sheet:
                async with aclosing(spoken.samples()) as samples:
                    async for chunk in samples:
                        await sheet.write(chunk)
                        self._check(sheet, keep=keep)
                return await self._made(user, spoken, sheet, keep=keep)
        finally:
            await spoken.aclose()

    def _check(self, sheet: Sheet, *, keep: bool) -> None:
        most = MOST_BYTES if keep else MOST_INLINE_BYTES
        if sheet.size_bytes > most:
            raise FileTooLarge(most)

    async def _made(self, user: UserId, spoken: Spoken, sheet: Sheet, *, keep: bool) -> SpeechFile:
        form = spoken.order.format
        content = _file(form, spoken.order.asked_format.rate_hz, sheet)
        media_type = "audio/wav" if form.encoding is Encoding.PCM16 else form.media_type
        if keep:
            name = f"{NAME}.{form.extension}"
            stored = await self._keep(user, name, media_type, content, MOST_BYTES + 1024)
            return SpeechFile(self._links.link(stored.key), spoken.order, spoken.parts)
        whole = b"".join([chunk async for chunk in content])
        url = f"data:{media_type};base64,{base64.b64encode(whole).decode('ascii')}"
        return SpeechFile(url, spoken.order, spoken.parts, len(whole))


def _file(form: AudioFormat, rate_hz: int | None, sheet: Sheet) -> AsyncIterable[bytes]:
    if form.encoding in (Encoding.PCM16, Encoding.WAV):
        return _as_wav(rate_hz or PLAIN_PCM_HZ, sheet)
    return sheet.read()


async def _as_wav(rate_hz: int, sheet: Sheet) -> AsyncGenerator[bytes, None]:
    """Yield a WAV file whose header is true; half a sample at the end is made whole."""
    half = sheet.size_bytes % SAMPLE_BYTES
    yield wav_header(sheet.size_bytes + half, rate_hz)
    async with aclosing(sheet.read()) as chunks:
        async for chunk in chunks:
            yield chunk
    if half:
        yield b"\0"

"""A text, spoken into a file."""

from contextlib import aclosing

from msgspec import Struct

from application.speech.keep_sound import KeepSound
from application.speech.speak_text import SpeakText
from domain.ids import UserId
from domain.speech.audio import Encoding
from domain.speech.orders import SpeechOrder, VoiceWish


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
    """Nothing is kept of a text whose voice breaks off."""

    def __init__(self, speak: SpeakText, keep: KeepSound) -> None:
        self._speak = speak
        self._keep = keep

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
            FileTooLarge, FileRefused, FilesUnavailable: as `KeepSound`.
        """
        spoken = await self._speak(user, text, wish, streamed=False)
        try:
            async with self._keep.sheet() as sheet:
                async with aclosing(spoken.samples()) as samples:
                    async for chunk in samples:
                        await sheet.write(chunk)
                        self._keep.check(sheet, keep=keep)
                kept = await self._keep(user, sheet, spoken.order, keep=keep)
        finally:
            await spoken.aclose()
        return SpeechFile(kept.url, spoken.order, spoken.parts, kept.inline_bytes)

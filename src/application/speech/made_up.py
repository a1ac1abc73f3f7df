"""A voice for trials of clients: no provider, no file, no money, and always the same."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from application.ports.scratch import Sheet
from application.ports.speech import ReadingSpeaker, Speaking
from application.speech.choose_voice import VoiceChoice
from application.speech.keep_sound import KeptSound
from domain.ids import UserId
from domain.speech.audio import AudioFormat, Encoding
from domain.speech.cards import SpeakerCard, SpeechPrice
from domain.speech.orders import SpeechOrder, VoiceWish

PROVIDER, MODEL, FORMAT = "test-data", "mock-model", "mp3"
SOUND = b"test-audio"


def address(user: UserId) -> str:
    """Return where the sound would be, were there any."""
    name = base64.b64encode(f"tts-test-{user}".encode()).decode("ascii")
    return f"https://example.invalid/{user}/assets/tts/{name}.mp3"


def made_up(wish: VoiceWish) -> VoiceChoice:
    """Return a voice that answers to any wish."""
    card = SpeakerCard(
        provider=PROVIDER,
        model=wish.model or MODEL,
        formats={},
        reads_on=True,
        price=SpeechPrice(usd_per_mchar=0.0),
    )
    form = AudioFormat(wish.format or FORMAT, Encoding.OTHER)
    voice = wish.voice or PROVIDER
    return VoiceChoice(SpeechOrder(card, voice, voice, form, form), _Speaker())


class Nowhere:
    """Where that sound goes."""

    @asynccontextmanager
    async def sheet(self) -> AsyncGenerator[Sheet, None]:
        """Begin a sheet that keeps nothing."""
        yield _NoSheet()

    async def __call__(
        self, owner: UserId, sheet: Sheet, order: SpeechOrder, *, keep: bool
    ) -> KeptSound:
        """Return an address at which nothing is."""
        return KeptSound(address(owner), address(owner))


class _NoSheet(Sheet):
    @property
    def size_bytes(self) -> int:
        return 0

    async def write(self, chunk: bytes) -> None:
        return

    async def read(self) -> AsyncGenerator[bytes, None]:
        yield SOUND


class _Speaker(ReadingSpeaker):
    async def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        yield SOUND

    @asynccontextmanager
    async def read_on(self, order: SpeechOrder) -> AsyncGenerator[Speaking, None]:
        yield _Speaking()


class _Speaking(Speaking):
    def __init__(self) -> None:
        self._finished = asyncio.Event()

    async def say(self, text: str) -> None:
        return

    async def finish(self) -> None:
        self._finished.set()

    async def audio(self) -> AsyncGenerator[bytes, None]:
        await self._finished.wait()
        yield SOUND

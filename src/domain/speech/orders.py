"""What a provider is asked to hear or to say."""

from typing import Literal

from msgspec import Struct

from domain.catalog.cost import Tokens
from domain.speech.audio import AudioFormat
from domain.speech.cards import SpeakerCard, TranscriberCard

Act = Literal["transcribe", "translate"]


class Recording(Struct, frozen=True):
    """A piece of sound that is over."""

    content: bytes
    media_type: str
    """As its sender names it; empty where nobody does."""
    name: str = "recording"
    """A file name, for providers that go by its ending."""


class FileOrder(Struct, frozen=True):
    """How a recording is to be written down."""

    card: TranscriberCard
    act: Act = "transcribe"
    language: str | None = None
    """An ISO 639-1 code; when translating, the one to translate into."""
    prompt: str | None = None
    temperature: float | None = None
    response_format: str | None = None
    """For providers that have several; the text alone is read from each."""


class Transcript(Struct, frozen=True):
    """What a recording says."""

    text: str
    """Empty where nobody speaks in it."""
    model: str
    usage: Tokens | None = None
    """Where the provider counts tokens."""
    seconds: float | None = None
    """How long the recording is, where the provider says so."""


class LiveOrder(Struct, frozen=True):
    """How speech is to be written down while it is spoken."""

    card: TranscriberCard
    rate_hz: int
    """Of the PCM that will be heard …"""
    wire_rate_hz: int = 16_000
    """… and of what the provider is to get, where it takes any."""
    language: str = "en"
    prompt: str | None = None
    punctuate: bool = True
    numerals: bool = True
    profanity_filter: bool = False
    guesses: bool = False
    """Tell what the words being spoken may be."""
    window_s: float = 3.0
    """Of the windows in which providers hear that do not hear live."""
    detects_turns: bool = True
    """The provider finds out by itself where a stretch of speech ends."""
    turn_threshold: float = 0.5
    turn_padding_ms: int = 300
    turn_silence_ms: int = 500


class DictationWish(Struct, frozen=True):
    """How a user wants to be heard while speaking."""

    model: str | None = None
    provider: str | None = None
    """Where no model is named."""
    language: str = "en"
    prompt: str | None = None
    recording_hz: int = 24_000
    """Of the client's PCM …"""
    wire_hz: int = 16_000
    """… and of what the provider gets."""
    punctuate: bool = True
    numerals: bool = True
    profanity_filter: bool = False
    guesses: bool = False
    window_s: float = 3.0
    detects_turns: bool = True
    turn_threshold: float = 0.5
    turn_padding_ms: int = 300
    turn_silence_ms: int = 500
    is_told: bool = True
    """The client wants to see the words as they are heard."""
    is_answered: bool = True
    """A model answers; else what was said is stored, and that is all."""
    is_bug_report: bool = False
    """What was said is stored where the user's bug reports are; no model answers."""
    recording: str | None = None
    """The client's own id of the recording."""


class Tuning(Struct, frozen=True):
    """How a voice is to sound; None leaves it to the provider."""

    stability: float | None = None
    similarity_boost: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None


class VoiceWish(Struct, frozen=True):
    """What a user says of the voice that is to speak; None leaves the choice to the server."""

    provider: str | None = None
    model: str | None = None
    voice: str | None = None
    format: str | None = None
    speed: float | None = None
    instructions: str | None = None
    tuning: Tuning = Tuning()
    schedule: tuple[int, ...] | None = None
    """After how many characters each the provider begins to speak (four of them)."""


class SpeechOrder(Struct, frozen=True):
    """How a text is to be spoken; nothing of it is left open."""

    card: SpeakerCard
    voice: str
    """The provider's name or id of it …"""
    voice_name: str
    """… and what clients are told."""
    format: AudioFormat
    """What clients get."""
    asked_format: AudioFormat
    """What the provider is asked for: for a WAV file, its samples."""
    speed: float = 1.0
    instructions: str | None = None
    tuning: Tuning = Tuning()
    schedule: tuple[int, ...] | None = None
    streamed: bool = True
    """The sound is wanted as it is made; else it is wanted whole."""

    @property
    def wire_format(self) -> str:
        """The provider's own name of the format."""
        return self.card.formats[self.asked_format.name]

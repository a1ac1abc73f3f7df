"""OpenAI's models that hear and speak, and their voices; prices as published in 2026-02."""

from domain.catalog.card import Price
from domain.speech.cards import (
    SpeakerCard,
    SpeakerFamily,
    SpeechPrice,
    TranscriberCard,
    TranscriberFamily,
    Voices,
)

PROVIDER = "openai"
TRANSLATOR = "whisper-1"
"""The only one that translations take."""

_SEEN = "2026-02"
_FORMATS = {
    "mp3": "mp3",
    "mpeg": "mp3",
    "ogg": "opus",
    "opus": "opus",
    "aac": "aac",
    "flac": "flac",
    "pcm": "pcm",
    "pcm_24000": "pcm",
}

_TRANSCRIBERS = (
    TranscriberCard(
        provider=PROVIDER,
        model="gpt-4o-transcribe",
        hears_live=True,
        hears_files=True,
        tells_segments=True,
        price=SpeechPrice(usd_per_minute=0.006, tokens=Price(2.5, 10.0), seen=_SEEN),
    ),
    TranscriberCard(
        provider=PROVIDER,
        model="gpt-4o-mini-transcribe",
        hears_live=True,
        hears_files=True,
        tells_segments=True,
        price=SpeechPrice(usd_per_minute=0.003, tokens=Price(1.25, 5.0), seen=_SEEN),
    ),
    TranscriberCard(
        provider=PROVIDER,
        model=TRANSLATOR,
        hears_files=True,
        translates=True,
        aliases=("whisper",),
        price=SpeechPrice(usd_per_minute=0.006, seen=_SEEN),
    ),
)

TRANSCRIBERS = TranscriberFamily(
    provider=PROVIDER,
    cards=_TRANSCRIBERS,
    default="gpt-4o-transcribe",
    beginnings=("gpt", "whisper", "openai"),
    own_beginnings=("gpt-", "whisper-"),
    translator=TRANSLATOR,
    not_live=(TRANSLATOR, "whisper"),
    live_goes_to="deepgram",
)

_SPEED = (0.25, 4.0)
_SPEAKERS = (
    SpeakerCard(
        provider=PROVIDER,
        model="gpt-4o-mini-tts",
        formats=_FORMATS,
        speeds=_SPEED,
        takes_instructions=True,
    ),
    SpeakerCard(
        provider=PROVIDER,
        model="gpt-4o-mini-tts-2025-12-15",
        formats=_FORMATS,
        speeds=_SPEED,
        takes_instructions=True,
    ),
    SpeakerCard(
        provider=PROVIDER,
        model="tts-1",
        formats=_FORMATS,
        speeds=_SPEED,
        price=SpeechPrice(usd_per_mchar=15.0, seen=_SEEN),
    ),
    SpeakerCard(
        provider=PROVIDER,
        model="tts-1-hd",
        formats=_FORMATS,
        speeds=_SPEED,
        price=SpeechPrice(usd_per_mchar=30.0, seen=_SEEN),
    ),
)
"""Of those that take instructions the sound is billed by tokens, which no answer tells."""
_VOICES = ("alloy", "echo", "fable", "onyx", "nova", "shimmer")


def speakers(default_model: str = "gpt-4o-mini-tts") -> SpeakerFamily:
    """Return what there is to speak with.

    Args:
        default_model: of the known ones.

    Raises:
        ValueError: it is none of them.
    """
    family = SpeakerFamily(
        provider=PROVIDER,
        cards=_SPEAKERS,
        default=default_model,
        voices=Voices("alloy", {name: name for name in _VOICES}),
    )
    if family.card(default_model) is None:
        raise ValueError(f"must be one of {', '.join(card.model for card in _SPEAKERS)}")
    return family

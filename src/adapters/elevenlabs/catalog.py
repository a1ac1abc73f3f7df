"""ElevenLabs' models and voices (contract: speech §4); prices as published in 2026-02.

What a character costs depends on the account's plan; these are the prices of its interface without
one, for a million characters.
"""

from collections.abc import Mapping

from domain.speech.cards import SpeakerCard, SpeakerFamily, SpeechPrice, Voices

PROVIDER = "elevenlabs"
DEFAULT_VOICE = "21m00Tcm4TlvDq8ikWAM"

_FORMATS = {
    "mp3": "mp3_44100_128",
    "mpeg": "mp3_44100_128",
    "mp3_44100": "mp3_44100_128",
    "ogg": "opus_48000_128",
    "opus": "opus_48000_128",
    "pcm": "pcm_24000",
    **{
        name: name
        for name in (
            *("mp3_22050_32", "mp3_44100_32", "mp3_44100_64", "mp3_44100_96", "mp3_44100_128"),
            *("mp3_44100_192", "pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100"),
            *("pcm_48000", "ulaw_8000", "alaw_8000", "opus_48000_32", "opus_48000_64"),
            *("opus_48000_96", "opus_48000_128", "opus_48000_192"),
        )
    },
}
_STOCK: dict[str, str | None] = {
    "alice": "Xb7hH8MSUJpSbSDYk0k2",
    "bill": "pqHfZKP75CvOlQylNhV4",
    "brian": "nPczCjzI2devNBz1zQrb",
    "eric": "cjVigY5qzO86Huf0OWal",
    "jessica": "cgSgspJ2msm6clMCkdW9",
    "sarah": "EXAVITQu4vr4xnSDxMaL",
    "will": "bIHbv24MWmeRgasZH58o",
}
_PRIVATE = (
    *("sherlock", "naval", "yuval", "elon", "hermiona", "david", "shaan", "rick", "morty"),
    *("samantha", "allison", "amelia", "danielle", "hope", "claire", "anarita", "bianca"),
)
"""Voices of accounts that know them; what they are there, the operator says."""


def _card(model: str, usd_per_mchar: float) -> SpeakerCard:
    return SpeakerCard(
        provider=PROVIDER,
        model=model,
        formats=_FORMATS,
        reads_on=True,
        takes_tuning=True,
        price=SpeechPrice(usd_per_mchar=usd_per_mchar, seen="2026-02"),
    )


_CARDS = (
    _card("eleven_monolingual_v1", 300.0),
    _card("eleven_multilingual_v2", 300.0),
    _card("eleven_turbo_v2_5", 150.0),
    _card("eleven_flash_v2_5", 150.0),
)


def speakers(
    default_model: str = "eleven_monolingual_v1", own_voices: Mapping[str, str] | None = None
) -> SpeakerFamily:
    """Return what there is to speak with.

    Args:
        default_model: of the known ones.
        own_voices: the ids of voices by name; they win over ours.

    Raises:
        ValueError: the default is no known model.
    """
    known = [card.model for card in _CARDS]
    if default_model not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    named = {name.strip().lower(): voice for name, voice in (own_voices or {}).items()}
    ids = {DEFAULT_VOICE.lower(): DEFAULT_VOICE, **dict.fromkeys(_PRIVATE), **_STOCK, **named}
    return SpeakerFamily(
        provider=PROVIDER,
        cards=_CARDS,
        default=default_model,
        voices=Voices(DEFAULT_VOICE, ids, are_open=True),
        chat_formats=("pcm_24000", "mp3", "mp3_44100"),
        voices_decide=True,
        words=("eleven",),
        beginnings=("xi-",),
        replaces_models=True,
    )

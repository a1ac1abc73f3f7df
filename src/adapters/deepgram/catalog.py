"""Deepgram's models (contract: speech §2.4); prices as published in 2026-02, pay as you go."""

from domain.speech.cards import SpeechPrice, TranscriberCard, TranscriberFamily

PROVIDER = "deepgram"
DEFAULT = "nova-3"

_NOVA_3 = SpeechPrice(usd_per_minute=0.0077, seen="2026-02")
_NOVA_2 = SpeechPrice(usd_per_minute=0.0058, seen="2026-02")


def _card(model: str, price: SpeechPrice) -> TranscriberCard:
    return TranscriberCard(
        provider=PROVIDER,
        model=model,
        hears_live=True,
        hears_files=True,
        aliases=(f"deepgram-{model}",),
        price=price,
    )


_CARDS = (
    _card(DEFAULT, _NOVA_3),
    _card("nova-3-general", _NOVA_3),
    _card("nova-2", _NOVA_2),
    _card("nova-2-general", _NOVA_2),
    _card("nova-2-conversationalai", _NOVA_2),
    _card("nova-2-voicemail", _NOVA_2),
    _card("nova-2-phonecall", _NOVA_2),
)

TRANSCRIBERS = TranscriberFamily(
    provider=PROVIDER,
    cards=_CARDS,
    default=DEFAULT,
    beginnings=("deepgram", "nova"),
    files_go_to="gemini",
)
"""The contract has recordings heard by Gemini, which translates and takes prompts too."""

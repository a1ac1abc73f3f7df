"""Google's models that hear (contract: speech §1); prices as published in 2026-02.

Their wire has no live form: what is spoken is heard in windows of a few seconds.
"""

from adapters.google.catalog import PROVIDER
from domain.catalog.card import Price
from domain.speech.cards import SpeechPrice, TranscriberCard, TranscriberFamily

_SEEN = "2026-02"


def _card(model: str, price: Price | None, *aliases: str) -> TranscriberCard:
    return TranscriberCard(
        provider=PROVIDER,
        model=model,
        hears_live=True,
        hears_files=True,
        translates=True,
        aliases=aliases,
        price=None if price is None else SpeechPrice(tokens=price, seen=_SEEN),
    )


_FLASH = _card("gemini-2.5-flash", Price(1.0, 2.5), "gemini-flash")
_PRO = _card("gemini-2.5-pro", Price(1.25, 10.0), "gemini-pro")


def transcribers(*, in_production: bool) -> TranscriberFamily:
    """Return what there is to hear with; the better model is for those who pay for it."""
    return TranscriberFamily(
        provider=PROVIDER,
        cards=(
            _card("models/gemini-2.0-flash-exp", None, "gemini", "gemini-2.0-flash-exp"),
            _FLASH,
            _PRO,
        ),
        default=_PRO.model if in_production else _FLASH.model,
        beginnings=("gemini", "models/gemini", "imagen"),
        own_beginnings=("gemini", "models/gemini"),
        live_is_open=True,
    )

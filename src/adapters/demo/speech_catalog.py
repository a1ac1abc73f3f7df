"""What the demonstration hears and speaks with: it needs no key, and is chosen by name only."""

from adapters.demo.catalog import PROVIDER
from domain.speech.cards import (
    SpeakerCard,
    SpeakerFamily,
    SpeechPrice,
    TranscriberCard,
    TranscriberFamily,
    Voices,
)

RATE_HZ = 24_000
_FREE = SpeechPrice(usd_per_minute=0.0, usd_per_mchar=0.0)

TRANSCRIBERS = TranscriberFamily(
    provider=PROVIDER,
    cards=(
        TranscriberCard(
            provider=PROVIDER,
            model="demo",
            hears_live=True,
            hears_files=True,
            translates=True,
            price=_FREE,
        ),
    ),
    default="demo",
)
SPEAKERS = SpeakerFamily(
    provider=PROVIDER,
    cards=(
        SpeakerCard(
            provider=PROVIDER,
            model="demo",
            formats={"pcm": "pcm", "pcm_24000": "pcm"},
            reads_on=True,
            price=_FREE,
        ),
    ),
    default="demo",
    voices=Voices("demo", {"demo": "demo"}),
    format="wav",
    chat_formats=("pcm_24000",),
    voices_decide=True,
)

"""What has become known of a running turn."""

import asyncio

from msgspec import Struct

from application.chat.kept import Kept
from application.chat.meter import Meter
from application.speech.voice_leg import VoiceLeg
from domain.turn.entries import Entry, Numbering
from domain.turn.events import ModelChosen
from domain.turn.transcript import Transcript


class Said(Struct):
    """One turn's; it changes while the turn runs."""

    transcript: Transcript
    numbers: Numbering
    kept: Kept | None
    """Where the turn is in the database; None where it is not, or not yet."""
    meter: Meter
    unsure: list[Entry] = []
    """Numbered, but perhaps not in the log."""
    chosen: ModelChosen | None = None
    speech_settled: bool = False
    text_settled: bool = False
    leg: VoiceLeg | None = None
    together: asyncio.Lock | None = None
    """Held by whoever tells, where text and voice both do."""

    @property
    def speech_is_over(self) -> bool:
        """Whether readers know how the voice ends."""
        return self.speech_settled or (self.leg is not None and self.leg.ended)

    def speaks(self, leg: VoiceLeg) -> None:
        """Note whose voice it is."""
        self.leg = leg

"""A text of a client's own, heard while it comes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from msgspec import structs

from application.ports.clock import Clock
from application.speech.at_once import AtOnce
from application.speech.choose_voice import ChooseVoice
from application.speech.voice_leg import VoiceLeg
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import InvalidRequest
from domain.ids import TurnId, UserId
from domain.speech.orders import VoiceWish

PROVIDER = "elevenlabs"
FORMAT = "pcm_24000"


class ReadAloud:
    """Nothing of it is kept."""

    def __init__(
        self,
        choose: ChooseVoice,
        spending: Spending,
        clock: Clock,
        at_once: AtOnce,
        most_chars: int,
    ) -> None:
        """Take the limits.

        Args:
            choose: reads the wish.
            spending: what users may spend.
            clock: gives each voice its number.
            at_once: how many voices a user may hear.
            most_chars: of one text.
        """
        self._choose = choose
        self._spending = spending
        self._clock = clock
        self._at_once = at_once
        self._most_chars = most_chars

    @asynccontextmanager
    async def __call__(self, user: UserId, wish: VoiceWish) -> AsyncGenerator["Reader", None]:
        """Be there for the block; leaving it silences the voice.

        Raises:
            NotConfigured, UnknownModel, InvalidRequest: as `ChooseVoice`.
            TooManyTurns: the user hears as many voices as one may.
        """
        choice = self._choose(structs.replace(wish, provider=wish.provider or PROVIDER), FORMAT)
        card = choice.order.card
        number = TurnId(self._clock.new_id())
        bill = Bill(self._spending, user, number, card.model, card.provider)
        leg = VoiceLeg(user, choice, None, bill, stores=False)
        with self._at_once.one(user):
            async with leg.beside():
                yield Reader(leg, self._most_chars)


class Reader:
    """One text, as far as it has come."""

    def __init__(self, voice: VoiceLeg, most_chars: int) -> None:
        self.voice = voice
        self.is_empty = True
        """Nothing has come yet."""
        self._left = self._most_chars = most_chars

    def read(self, text: str) -> None:
        """Take the next part of the text.

        Raises:
            InvalidRequest: there is nothing in it, or the text is too long with it.
        """
        if not text.strip():
            raise InvalidRequest("text must not be blank", "text")
        if len(text) > self._left:
            raise InvalidRequest(f"text must have at most {self._most_chars} characters", "text")
        self._left -= len(text)
        self.is_empty = False
        self.voice.hear(text)

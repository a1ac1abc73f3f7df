"""A text of a client's own, heard while it comes."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from msgspec import structs

from application.ports.clock import Clock
from application.speech.choose_voice import ChooseVoice
from application.speech.voice_leg import VoiceLeg
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import InvalidRequest, TooManyTurns
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
        *,
        most_chars: int,
        per_user: int,
    ) -> None:
        """Take the limits.

        Args:
            choose: reads the wish.
            spending: what users may spend.
            clock: gives each voice its number.
            most_chars: of one text.
            per_user: how many voices a user may hear at once.
        """
        self._choose = choose
        self._spending = spending
        self._clock = clock
        self._most_chars = most_chars
        self._per_user = per_user
        self._reading: Counter[UserId] = Counter()

    @asynccontextmanager
    async def __call__(self, user: UserId, wish: VoiceWish) -> AsyncGenerator["Reader", None]:
        """Be there for the block; leaving it silences the voice.

        Raises:
            NotConfigured, UnknownModel, InvalidRequest: as `ChooseVoice`.
            TooManyTurns: the user hears as many voices as one may.
        """
        choice = self._choose(structs.replace(wish, provider=wish.provider or PROVIDER), FORMAT)
        if self._reading[user] >= self._per_user:
            raise TooManyTurns(self._per_user)
        card = choice.order.card
        number = TurnId(self._clock.new_id())
        bill = Bill(self._spending, user, number, card.model, card.provider)
        leg = VoiceLeg(user, choice, None, bill, stores=False)
        self._reading[user] += 1
        try:
            async with leg.beside():
                yield Reader(leg, self._most_chars)
        finally:
            self._reading[user] -= 1
            if not self._reading[user]:
                del self._reading[user]


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

"""A recording, written down."""

from msgspec import Struct

from application.ports.clock import Clock
from application.speech.at_once import AtOnce
from application.speech.choose_ears import ChooseEars, Ears
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.catalog.cost import cost_usd
from domain.ids import TurnId, UserId
from domain.speech.audio import read_wav
from domain.speech.orders import Act, FileOrder, Recording, Transcript
from domain.speech.rewrite import Rewrite

_FEWEST_BYTES_A_SECOND = 1000
"""Of sound that is packed as tightly as speech can bear; more of them make it shorter."""
_TOKENS_A_SECOND = 40
"""Tokens that a second of sound becomes at most: those that are heard, and those of its words."""


class HearingWish(Struct, frozen=True):
    """How a user wants a recording to be written down; None leaves it to the provider."""

    model: str | None = None
    act: Act = "transcribe"
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    response_format: str | None = None


class Transcribed(Struct, frozen=True):
    """What the recording says, put right, and who heard it."""

    text: str
    provider: str
    model: str


class TranscribeRecording:
    """Meters and bills it; a user who may not spend what it may cost is refused before."""

    def __init__(
        self,
        choose: ChooseEars,
        rewrite: Rewrite,
        spending: Spending,
        clock: Clock,
        at_once: AtOnce,
    ) -> None:
        self._choose = choose
        self._rewrite = rewrite
        self._spending = spending
        self._clock = clock
        self._at_once = at_once

    async def __call__(self, user: UserId, recording: Recording, wish: HearingWish) -> Transcribed:
        """Return what the recording says.

        Raises:
            UnknownModel: no provider has a model of that name.
            NotConfigured: the provider's key is missing.
            TooManyTurns: as much is heard or spoken for the user as may be at once.
            SpendingCapReached: the user may not spend so much today.
            ProviderError: the provider failed for good.
        """
        ears = self._choose.for_file(wish.model, wish.act)
        order = FileOrder(
            card=ears.card,
            act=wish.act,
            language=wish.language,
            prompt=wish.prompt,
            temperature=wish.temperature,
            response_format=wish.response_format,
        )
        with self._at_once.one(user):
            return await self._heard(user, recording, ears, order)

    async def _heard(
        self, user: UserId, recording: Recording, ears: Ears, order: FileOrder
    ) -> Transcribed:
        number = TurnId(self._clock.new_id())
        bill = Bill(self._spending, user, number, ears.card.model, ears.card.provider)
        await bill.set_aside(_at_most_usd(ears, recording))
        try:
            heard = await ears.transcriber.transcribe(recording, order)
        except BaseException as error:
            await bill.failed(error)
            raise
        await bill.paid(_cost_usd(ears, heard, recording))
        return Transcribed(self._rewrite(heard.text), ears.card.provider, heard.model)


def _cost_usd(ears: Ears, heard: Transcript, recording: Recording) -> float | None:
    price = ears.card.price
    if price is None:
        return None
    if price.tokens is not None and heard.usage is not None:
        return cost_usd(heard.usage, price.tokens)
    facts = read_wav(recording.content)
    seconds = heard.seconds if heard.seconds is not None or facts is None else facts.duration_s
    if price.usd_per_minute is None or (seconds is None and price.usd_per_minute):
        return None
    return price.usd_per_minute * (seconds or 0.0) / 60


def _at_most_usd(ears: Ears, recording: Recording) -> float:
    price = ears.card.price
    if price is None:
        return 0.0
    facts = read_wav(recording.content)
    seconds = len(recording.content) / _FEWEST_BYTES_A_SECOND
    if facts is not None:
        seconds = facts.duration_s
    if price.usd_per_minute is not None:
        return price.usd_per_minute * seconds / 60
    if price.tokens is None:
        return 0.0
    dearest = max(price.tokens.input_usd_per_mtok, price.tokens.output_usd_per_mtok)
    return dearest * seconds * _TOKENS_A_SECOND / 1_000_000

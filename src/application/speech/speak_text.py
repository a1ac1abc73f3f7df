"""A text, spoken."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from application.ports.clock import Clock
from application.speech.at_once import AtOnce
from application.speech.choose_voice import ChooseVoice, VoiceChoice
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import InvalidRequest
from domain.ids import TurnId, UserId
from domain.provider_errors import ProviderGarbled
from domain.speech.audio import Encoding, wav_header
from domain.speech.orders import SpeechOrder, VoiceWish
from domain.speech.preparation import in_requests, prepared

FIELD = "user_input.text"
_ONE_FILE = frozenset({Encoding.FLAC, Encoding.OTHER})
"""Two such files after one another are not one of the kind."""


class SpeakText:
    """Long texts are cut into requests, which are made one after another."""

    def __init__(
        self,
        choose: ChooseVoice,
        spending: Spending,
        clock: Clock,
        at_once: AtOnce,
        most_chars: int,
    ) -> None:
        self._choose = choose
        self._spending = spending
        self._clock = clock
        self._at_once = at_once
        self._most_chars = most_chars

    async def __call__(
        self, user: UserId, text: str, wish: VoiceWish, *, streamed: bool = True
    ) -> "Spoken":
        """Return the text as sound that is yet to be made; whoever gets it must close it.

        Args:
            user: who pays for it.
            text: as it is written.
            wish: of the voice.
            streamed: the sound is wanted as it is made.

        Raises:
            InvalidRequest: there is nothing to say, or too much; or as `ChooseVoice`.
            NotConfigured: the server knows no such provider.
            TooManyTurns: as much is heard or spoken for the user as may be at once.
            SpendingCapReached: the user may not spend so much today.
        """
        if len(text) > self._most_chars:
            raise InvalidRequest(f"text must have at most {self._most_chars} characters", FIELD)
        said = prepared(text)
        if not any(char.isalnum() for char in said):
            raise InvalidRequest("There is nothing in the text that can be spoken", FIELD)
        choice = self._choose(wish, streamed=streamed)
        parts = in_requests(said)
        if len(parts) > 1 and choice.order.format.encoding in _ONE_FILE:
            message = f"So long a text cannot be spoken as one {choice.order.format.name} file"
            raise InvalidRequest(message, "user_settings.tts.format")
        card = choice.order.card
        number = TurnId(self._clock.new_id())
        bill = Bill(self._spending, user, number, card.model, card.provider)
        self._at_once.begin(user)
        try:
            await bill.set_aside(_cost_usd(choice.order, sum(map(len, parts))) or 0.0)
        except BaseException:
            self._at_once.end(user)
            raise
        return Spoken(choice, parts, bill, lambda: self._at_once.end(user))


class Spoken:
    """A text that is being spoken. What was asked for is billed when it is closed."""

    def __init__(
        self, choice: VoiceChoice, parts: list[str], bill: Bill, over: Callable[[], None]
    ) -> None:
        """Take what is to be said; `over` is told once nobody says it any more."""
        self._over: Callable[[], None] | None = over
        self.order = choice.order
        self.parts = len(parts)
        self._speaker = choice.speaker
        self._bill = bill
        self._asked_chars = 0
        self._begun = False
        self._first: bytes | None = None
        self._failure: BaseException | None = None
        self._sound = self._all(parts)

    async def begin(self) -> None:
        """Wait for the first sound; what fails before it has made no noise.

        Raises:
            ProviderError: the provider failed for good.
            NotConfigured: the provider's key is missing.
        """
        if self._first is None:
            self._first = await anext(self._sound, b"")

    async def samples(self) -> AsyncGenerator[bytes, None]:
        """Yield the sound as the provider gives it: of a WAV file its samples only.

        Raises:
            ProviderError: the provider failed for good; what was heard before is good.
        """
        await self.begin()
        if self._first:
            yield self._first
        async for chunk in self._sound:
            yield chunk

    async def sound(self) -> AsyncGenerator[bytes, None]:
        """Yield the same in the format that was asked for, to be heard as it comes.

        The header of a WAV file cannot tell its length then.
        """
        await self.begin()
        if self.order.format.encoding is Encoding.WAV:
            yield wav_header(None, self.order.asked_format.rate_hz or 0)
        async for chunk in self.samples():
            yield chunk

    async def aclose(self) -> None:
        """Stop speaking, and bill what was asked for."""
        over, self._over = self._over, None
        if over is None:
            return
        try:
            await self._sound.aclose()
        finally:
            over()
        if self._failure is not None and not self._begun:
            await self._bill.failed(self._failure)
        else:
            await self._bill.paid(_cost_usd(self.order, self._asked_chars))

    async def _all(self, parts: list[str]) -> AsyncGenerator[bytes, None]:
        try:
            for part in parts:
                self._asked_chars += len(part)
                async with aclosing(self._speaker.speak(part, self.order)) as sound:
                    async for chunk in sound:
                        self._begun = True
                        yield chunk
        except Exception as error:
            self._failure = error
            raise
        if not self._begun:
            self._failure = ProviderGarbled(
                self.order.card.provider, f"{self.order.card.provider} sent no sound"
            )
            raise self._failure


def _cost_usd(order: SpeechOrder, chars: int) -> float | None:
    price = order.card.price
    if price is None or price.usd_per_mchar is None:
        return None
    return price.usd_per_mchar * chars / 1_000_000

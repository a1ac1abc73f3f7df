"""Speech, written down while it is spoken."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import structlog
from msgspec import Struct

from application.flow.alongside import alongside
from application.ports.clock import Clock
from application.ports.speech import Listening
from application.speech.choose_ears import ChooseEars, Ears
from application.speech.microphone import Microphone
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import ParleyError, SpendingCapReached
from domain.ids import TurnId, UserId
from domain.speech.errors import HearingBroke, HearingFailed, HearingRefused, NothingHeard
from domain.speech.events import (
    HeardEvent,
    SegmentFinished,
    SpeechStarted,
    SpeechStopped,
    TranscriptDelta,
    TranscriptFinished,
    TranscriptGuess,
)
from domain.speech.orders import DictationWish, LiveOrder
from domain.speech.rewrite import Rewrite
from domain.turn.voice_events import SegmentHeard, SpeechNoticed, VoiceEvent, WordsHeard

log = structlog.get_logger("speech")

Tell = Callable[[Sequence[VoiceEvent]], Awaitable[None]]


class Dictated(Struct, frozen=True):
    """What was said, put right."""

    text: str
    segments: int | None = None
    """How many stretches of speech, where the provider tells them apart."""


class Dictate:
    """Tells the words as they are heard; what fails keeps those that were."""

    def __init__(
        self, choose: ChooseEars, rewrite: Rewrite, spending: Spending, clock: Clock
    ) -> None:
        self._choose = choose
        self._rewrite = rewrite
        self._spending = spending
        self._clock = clock

    @asynccontextmanager
    async def __call__(
        self, user: UserId, wish: DictationWish, microphone: Microphone, tell: Tell
    ) -> AsyncGenerator[Dictated, None]:
        """Be there once the recording has ended, with what was said until then.

        It is billed when the block is left: whoever waits for the words need not wait for that.

        Args:
            user: who speaks, and pays.
            wish: who is to hear it, and how.
            microphone: where the sound comes from.
            tell: hears of the words as they come.

        Raises:
            SpendingCapReached: when entered: the user may not spend so much today.
            NothingHeard: when entered: nobody spoke.
            HearingRefused, HearingBroke, HearingFailed: when entered: with the words so far.
        """
        heard = _Heard(tell, is_told=wish.is_told)
        async with AsyncExitStack() as billed:
            try:
                ears = self._choose.for_live(wish.model, wish.provider)
                number = TurnId(self._clock.new_id())
                bill = Bill(self._spending, user, number, ears.card.model, ears.card.provider)
                await bill.set_aside(0.0)
                billed.push_async_callback(_settle, bill, ears, microphone)
                finished = await self._listen(ears, wish, microphone, heard)
                if microphone.failure is not None:
                    raise microphone.failure
            except SpendingCapReached:
                raise
            except ParleyError as error:
                words = self._rewrite("".join(heard.words).strip())
                raise _failed(error, words, has_begun=heard.has_begun) from error
            text = self._rewrite(finished.text).strip()
            if not text:
                raise NothingHeard
            yield Dictated(text, finished.segments if ears.card.tells_segments else None)

    async def _listen(
        self, ears: Ears, wish: DictationWish, microphone: Microphone, heard: "_Heard"
    ) -> TranscriptFinished:
        order = _order(ears, wish, microphone.rate_hz)
        async with ears.transcriber.listen(order) as listening:
            heard.has_begun = True
            heard.tells_so_far = ears.card.tells_segments
            async with (
                alongside(_speak(microphone, listening)),
                aclosing(listening.events()) as events,
            ):
                async for event in events:
                    if isinstance(event, TranscriptFinished):
                        return event
                    await heard.hear(event)
        raise HearingFailed("The transcription ended without an end", "")


class _Heard:
    """The words so far, and who is told of them."""

    def __init__(self, tell: Tell, *, is_told: bool) -> None:
        self.words: list[str] = []
        self.has_begun = False
        self.tells_so_far = False
        self._tell = tell
        self._is_told = is_told

    async def hear(self, event: HeardEvent) -> None:
        told: VoiceEvent
        match event:
            case TranscriptDelta():
                self.words.append(event.text)
                so_far = "".join(self.words) if self.tells_so_far else None
                told = WordsHeard(event.text, so_far)
            case SpeechStarted():
                told = SpeechNoticed(begins=True)
            case SpeechStopped():
                told = SpeechNoticed(begins=False)
            case SegmentFinished() if event.number > 1:
                told = SegmentHeard(event.text, event.number)
            case SegmentFinished() | TranscriptGuess() | TranscriptFinished():
                return
        if self._is_told:
            await self._tell([told])


async def _speak(microphone: Microphone, listening: Listening) -> None:
    try:
        async with aclosing(microphone.sound()) as sound:
            async for pcm in sound:
                await listening.hear(pcm)
        await listening.finish()
    except ParleyError as error:
        # Whoever reads the events is told the same.
        log.info("nobody hears any more", code=error.code)


def _order(ears: Ears, wish: DictationWish, rate_hz: int) -> LiveOrder:
    return LiveOrder(
        card=ears.card,
        rate_hz=rate_hz,
        wire_rate_hz=wish.wire_hz,
        language=wish.language,
        prompt=wish.prompt,
        punctuate=wish.punctuate,
        numerals=wish.numerals,
        profanity_filter=wish.profanity_filter,
        guesses=wish.guesses,
        window_s=wish.window_s,
        detects_turns=wish.detects_turns,
        turn_threshold=wish.turn_threshold,
        turn_padding_ms=wish.turn_padding_ms,
        turn_silence_ms=wish.turn_silence_ms,
    )


def _failed(error: ParleyError, words: str, *, has_begun: bool) -> HearingFailed:
    if isinstance(error, HearingFailed):
        return error
    provider = getattr(error, "provider", None)
    if provider is None:
        return HearingFailed(str(error), words)
    kind = HearingBroke if has_begun else HearingRefused
    return kind(str(error), words, provider)


async def _settle(bill: Bill, ears: Ears, microphone: Microphone) -> None:
    await bill.paid(_cost_usd(ears, microphone.seconds))


def _cost_usd(ears: Ears, seconds: float) -> float | None:
    price = ears.card.price
    if price is None or price.usd_per_minute is None:
        return None if seconds else 0.0
    return price.usd_per_minute * seconds / 60

"""Who speaks along with a turn, where somebody is to."""

import structlog

from application.ports.clock import Clock
from application.speech.choose_voice import ChooseVoice, VoiceChoice
from application.speech.keep_sound import KeepSound
from application.speech.made_up import Nowhere, made_up
from application.speech.voice_leg import VoiceLeg
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import InvalidRequest, NotConfigured
from domain.ids import TurnId, UserId
from domain.speech.orders import VoiceWish
from domain.turn.settings import TurnSettings

log = structlog.get_logger("speech")


class SpeakAlong:
    """Makes the voice of a turn, which is billed apart from its text."""

    def __init__(
        self, choose: ChooseVoice, keep: KeepSound, spending: Spending, clock: Clock
    ) -> None:
        self._choose = choose
        self._keep = keep
        self._spending = spending
        self._clock = clock

    def __call__(self, user: UserId, settings: TurnSettings) -> VoiceLeg | None:
        """Return the voice; None where none is wanted, or none can speak as it is wanted."""
        if not settings.speech_wanted or settings.voice is None:
            return None
        try:
            choice = self._choice(settings, settings.voice)
        except (InvalidRequest, NotConfigured) as error:
            log.info("a turn goes without its voice", code=error.code, error=str(error))
            return None
        card = choice.order.card
        number = TurnId(self._clock.new_id())
        bill = Bill(self._spending, user, number, card.model, card.provider)
        keep = Nowhere() if settings.tries_voice else self._keep
        return VoiceLeg(user, choice, keep, bill, stores=settings.keeps_sound)

    def _choice(self, settings: TurnSettings, wish: VoiceWish) -> VoiceChoice:
        return made_up(wish) if settings.tries_voice else self._choose.for_chat(wish)

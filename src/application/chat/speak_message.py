"""A text that is only to be spoken: one that is stored, or one of the client's own."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import structs

from application.ports.unit_of_work import Stores, UnitOfWork
from application.speech.speak_along import SpeakAlong
from application.speech.voice_leg import VoiceLeg
from domain.conversation.conversation import StoredMessage
from domain.errors import FeatureUnavailable, MessageNotFound
from domain.ids import ConversationId, MessageId, UserId
from domain.speech.errors import VoicedNoMessage
from domain.turn.ask import Ask
from domain.turn.events import TurnEvent
from domain.turn.voice_events import (
    MessageVoiced,
    TextNotRequested,
    VoiceFailed,
    VoiceStored,
)

Tell = Callable[[Sequence[TurnEvent]], Awaitable[None]]


class SpeakMessage:
    """Whose message it is, is looked at before any money is spent."""

    def __init__(self, speak: SpeakAlong, work: UnitOfWork) -> None:
        self._speak = speak
        self._work = work

    async def __call__(self, ask: Ask, tell: Tell, begins: Callable[[VoiceLeg], None]) -> None:
        """Speak the text of the question.

        Args:
            ask: the text, and the message it belongs to.
            tell: hears of the voice.
            begins: is handed the voice before it speaks.

        Raises:
            MessageNotFound: it is to belong to a message that the user does not have.
            FeatureUnavailable: nobody speaks as it is wanted.
            VoicedNoMessage: once it was heard: it is to be attached to a message that is not named.
        """
        await tell([TextNotRequested()])
        message = None if ask.voiced is None else await self._message(ask.user, ask.voiced)
        leg = self._speak(ask.user, ask.settings)
        if leg is None:
            raise FeatureUnavailable("The voice that was asked for")
        begins(leg)

        async def tell_all(events: Sequence[TurnEvent]) -> None:
            await tell([_was_all(event) for event in events])

        async with leg.beside():
            leg.hear(ask.text)
            stored = await leg.finish(tell_all)
        if stored is None:
            return
        if message is not None:
            await self._voice(ask.user, message, stored)
            await tell([MessageVoiced(message.message_id)])
        elif ask.wants_voiced:
            raise VoicedNoMessage

    async def _message(self, user: UserId, wanted: MessageId) -> StoredMessage:
        async with self._work() as db:
            found = await db.conversations.message(user, wanted)
        if found is None:
            raise MessageNotFound(wanted)
        return found

    async def _voice(self, user: UserId, message: StoredMessage, stored: VoiceStored) -> None:
        changes = {"file_locations": (stored.address,), "api_tts_gen_model_name": stored.model}
        session: ConversationId = message.session_id

        async def change(db: Stores) -> None:
            await db.conversations.change_message(user, session, message.message_id, dict(changes))

        await self._work.run(change, repeatable=True)


def _was_all(event: TurnEvent) -> TurnEvent:
    return structs.replace(event, was_all=True) if isinstance(event, VoiceFailed) else event

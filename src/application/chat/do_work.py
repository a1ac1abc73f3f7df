"""The work of a turn: it hears, answers, speaks and draws, and may be cancelled at any moment."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

from msgspec import structs

from application.chat.answer_event import AnswerEvent
from application.chat.answer_states import AnswerStates
from application.chat.hear_question import HearQuestion
from application.chat.in_one_piece import in_one_piece
from application.chat.kept import origin_of
from application.chat.ledger import Ledger
from application.chat.pictures import Pictures
from application.chat.readable import ENGINES, readable
from application.chat.responder import Responder
from application.chat.said import Said
from application.chat.speak_message import SpeakMessage
from application.chat.stop_switch import Cancelled
from application.chat.tell import Tell, Told
from application.speech.microphone import Microphone
from application.speech.speak_along import SpeakAlong
from application.speech.voice_leg import VoiceLeg
from domain.clarification import QuestionsAsked, questions_in
from domain.ids import TurnId
from domain.turn.ask import TTS, Ask
from domain.turn.events import (
    AnswerWritten,
    MediaGiven,
    MediaKept,
    ModelChosen,
    PictureMade,
    SpeechDeclined,
    TextDelta,
)


class DoWork:
    """Tells what comes of it as it comes; how it ends is for whoever waits for it."""

    def __init__(
        self,
        tell: Tell,
        ledger: Ledger,
        responder: Responder,
        states: AnswerStates,
        pictures: Pictures,
        hear: HearQuestion,
        speak: SpeakAlong,
        speak_message: SpeakMessage,
    ) -> None:
        self._tell = tell
        self._ledger = ledger
        self._responder = responder
        self._states = states
        self._pictures = pictures
        self._hear = hear
        self._speak = speak
        self._speak_message = speak_message

    async def __call__(
        self, turn: TurnId, ask: Ask, said: Said, microphone: Microphone | None
    ) -> None:
        """Do what is asked; the question that is yet to be spoken comes from the microphone."""
        if microphone is not None:
            heard = await self._heard(turn, ask, said, microphone)
            if heard is None:
                return
            ask = heard
        if ask.kind == TTS:
            said.text_settled = True
            await self._speak_message(ask, partial(self._tell, turn, said), said.speaks)
            return
        said.leg = self._speak(ask.user, ask.settings)
        if said.leg is None:
            await self._answer(turn, ask, said, self._tell)
            await self._illustrate(turn, ask, said)
            return
        said.together = asyncio.Lock()
        async with said.leg.beside():
            await self._answer(turn, ask, said, self._tell.together)
            if not said.transcript.awaits_client:
                stored = await said.leg.finish(partial(self._tell.together, turn, said))
                said.transcript.add([stored] if stored else [])
        await self._illustrate(turn, ask, said)

    async def _heard(
        self, turn: TurnId, ask: Ask, said: Said, microphone: Microphone
    ) -> Ask | None:
        """Return the question that was spoken, stored; None where nobody is to answer it."""
        async with self._hear(ask, microphone, partial(self._tell, turn, said)) as heard:
            asked = heard.ask
            if asked.record is not None:
                said.kept = await self._ledger.question(turn, asked, asked.record, ask.fingerprint)
            if heard.failure is not None:
                raise heard.failure
            if heard.transcript is not None:
                await self._tell(turn, said, [heard.transcript])
            if microphone.was_lost and heard.transcript is not None:
                raise Cancelled("The client left while it was recording")
        return asked if ask.dictation is None or ask.dictation.is_answered else None

    async def _answer(self, turn: TurnId, ask: Ask, said: Said, tell: Told) -> None:
        origin, leg = origin_of(ask, said.kept), said.leg
        replying = self._responder.reply(turn, ask, origin, said.meter)
        if not ask.settings.streams:
            replying = in_one_piece(replying)
        async with aclosing(replying) as batches:
            async for batch in batches:
                said.transcript.add(batch)
                # The end of a round is for the agent; readers hear of the answer's end below.
                told = readable(batch)
                if len(told) < len(batch) and any(isinstance(e, MediaGiven) for e in batch):
                    shown = [event for event in batch if not isinstance(event, ENGINES)]
                    told = await self._pictures.told(ask, shown, said.chosen)
                    said.transcript.add(e for e in told if isinstance(e, PictureMade | MediaKept))
                if told:
                    await tell(turn, said, told)
                if leg is not None:
                    _let_hear(leg, batch)
                if isinstance(batch[0], ModelChosen):
                    await self._chosen(turn, ask, said, batch[0])
        whole = said.transcript
        if (chosen := said.chosen) is not None:
            self._states.remember(ask.user, chosen.provider, chosen.model, whole.text, whole.state)
        written = AnswerWritten(
            whole.text,
            whole.stop,
            said.meter.reading(),
            whole.note,
            whole.code_session,
            whole.agent,
            whole.research,
            enhances=ask.work == "clarification",
        )
        questions = None if written.enhances else questions_in(whole.text)
        if questions is not None:
            await tell(turn, said, [QuestionsAsked(questions)])
            written = structs.replace(written, asks_back=True)
        await tell(turn, said, [written])

    async def _illustrate(self, turn: TurnId, ask: Ask, said: Said) -> None:
        """Have the pictures made that the answer is to have; whatever was to be heard is by now."""
        async with aclosing(self._pictures.of_answer(ask, said.transcript.text)) as steps:
            async for step in steps:
                said.transcript.add([step])
                await self._tell(turn, said, [step])

    async def _chosen(self, turn: TurnId, ask: Ask, said: Said, chosen: ModelChosen) -> None:
        said.chosen = chosen
        if said.leg is not None:
            await said.leg.begin(partial(self._tell.together, turn, said))
        elif ask.settings.speech_wanted and not said.speech_settled:
            # Nobody can speak as it is wanted: the reader is told at once, and not by the ending.
            said.speech_settled = True
            await self._tell(turn, said, [SpeechDeclined()])


def _let_hear(leg: VoiceLeg, batch: Sequence[AnswerEvent | ModelChosen]) -> None:
    for event in batch:
        if isinstance(event, TextDelta):
            leg.hear(event.text)

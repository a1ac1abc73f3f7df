"""One turn, from stored question to saved ending."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial

import structlog
from msgspec import Struct, structs

from application.chat.answer_event import AnswerEvent
from application.chat.answer_states import AnswerStates
from application.chat.checkpoints import Checkpoints
from application.chat.endings import ending_of, state_of
from application.chat.hear_question import HearQuestion
from application.chat.in_one_piece import in_one_piece
from application.chat.kept import Kept, origin_of
from application.chat.ledger import Ledger
from application.chat.meter import Meter
from application.chat.pictures import Pictures
from application.chat.readable import ENGINES, readable
from application.chat.responder import Responder
from application.chat.said import Said
from application.chat.speak_message import SpeakMessage
from application.chat.stop_switch import Cancelled, StopSwitch
from application.flow.alongside import alongside
from application.ports.clock import Clock
from application.ports.turn_log import TurnLog
from application.speech.microphone import Microphone
from application.speech.speak_along import SpeakAlong
from application.speech.voice_leg import VoiceLeg
from domain.clarification import QuestionsAsked, questions_in
from domain.conversation.conversation import AnswerState
from domain.errors import StorageError
from domain.ids import TurnId
from domain.turn.ask import TTS, Ask
from domain.turn.entries import Numbering
from domain.turn.errors import TurnTimedOut, TurnTooLong
from domain.turn.events import (
    AnswerWritten,
    MediaGiven,
    MediaKept,
    ModelChosen,
    PictureMade,
    Saved,
    SpeechDeclined,
    TextDelta,
    TurnEnding,
    TurnEvent,
    TurnFailed,
    TurnStarted,
    Work,
)
from domain.turn.metering import Metering
from domain.turn.transcript import Transcript

log = structlog.get_logger("turns")

SAVE_WAITS_S = (0.1, 0.4, 1.5)
"""Between attempts to save an ending: readers wait for it, so they are few."""


_Tell = Callable[[TurnId, Said, Sequence[TurnEvent]], Awaitable[None]]


class Unsaved(Struct, frozen=True):
    """An ended turn whose answer the database has not taken yet."""

    kept: Kept
    transcript: Transcript
    chosen: ModelChosen | None
    state: AnswerState
    metering: Metering | None


class RunTurn:
    """Streams the answer into the log; saves it while it grows and when it ends."""

    def __init__(
        self,
        turn_log: TurnLog,
        ledger: Ledger,
        responder: Responder,
        states: AnswerStates,
        pictures: Pictures,
        hear: HearQuestion,
        speak: SpeakAlong,
        speak_message: SpeakMessage,
        checkpoints: Checkpoints,
        clock: Clock,
        longest_s: float = 900,
        research_s: float = 3600,
    ) -> None:
        self._log = turn_log
        self._ledger = ledger
        self._responder = responder
        self._states = states
        self._pictures = pictures
        self._hear = hear
        self._speak = speak
        self._speak_message = speak_message
        self._checkpoints = checkpoints
        self._clock = clock
        self._longest_s: Mapping[Work, float] = {
            "answer": longest_s,
            "clarification": longest_s,
            "hearing": longest_s,
            "research": research_s,
        }

    async def __call__(
        self,
        turn: TurnId,
        ask: Ask,
        kept: Kept | None,
        switch: StopSwitch,
        microphone: Microphone | None = None,
    ) -> Unsaved | None:
        """Run the turn to its ending, which is appended last and after the answer is saved.

        Whatever happens to the work, it becomes an ending; nothing is raised but cancellation of
        the owner itself, which only the end of the process brings about.

        Args:
            turn: its id.
            ask: the question.
            kept: where it is kept, if it is.
            switch: stops the work.
            microphone: where the question comes from that is yet to be spoken; it is stored once
                it was heard.

        Returns:
            What could not be saved while readers waited, to be handed to `save_late`.
        """
        said = Said(Transcript(), Numbering(), kept, Meter(self._clock))
        await self._tell(turn, said, [TurnStarted(ask.kind)])
        work = asyncio.create_task(self._work(turn, ask, said, microphone))
        switch.guards(work)
        try:
            async with (
                self._checkpoints.of(turn, said),
                alongside(self._stop_when_too_long(switch, self._longest_s[ask.work])),
            ):
                await asyncio.wait({work})
        finally:
            work.cancel()
        ending = ending_of(
            work,
            switch,
            after_content=said.transcript.has_answer,
            speech_settled=said.speech_settled or (said.leg is not None and said.leg.ended),
            paused=said.transcript.awaits_client,
            work_done=ask.work,
        )
        ending = structs.replace(
            ending, metering=said.meter.reading(), text_settled=said.text_settled
        )
        saved = await self._save(turn, ask, said, ending)
        await self._end(turn, said, saved or _not_saved(said, ask.work))
        if saved is not None or said.kept is None:
            return None
        return Unsaved(said.kept, said.transcript, said.chosen, state_of(ending), ending.metering)

    async def save_late(self, unsaved: Unsaved) -> bool:
        """Try once more to save an answer; return whether that is settled."""
        try:
            await self._ledger.answer(
                unsaved.kept, unsaved.transcript, unsaved.chosen, unsaved.state, unsaved.metering
            )
        except StorageError:
            return False
        except Exception:
            # It would fail for ever, and keep the others from being saved.
            log.exception("answer lost", turn=unsaved.kept.turn)
            return True
        log.info("answer saved late", turn=unsaved.kept.turn)
        return True

    async def _work(
        self, turn: TurnId, ask: Ask, said: Said, microphone: Microphone | None
    ) -> None:
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
            await self._answer(turn, ask, said, self._tell_together)
            if not said.transcript.awaits_client:
                stored = await said.leg.finish(partial(self._tell_together, turn, said))
                said.transcript.add([stored] if stored else [])
        await self._illustrate(turn, ask, said)

    async def _heard(
        self, turn: TurnId, ask: Ask, said: Said, microphone: Microphone
    ) -> Ask | None:
        """Return the question that was spoken, stored; None where nobody is to answer it."""
        async with self._hear(ask, microphone, partial(self._tell, turn, said)) as heard:
            asked = heard.ask
            if asked.record is not None:
                said.kept = await self._ledger.question(turn, asked, asked.record)
            if heard.failure is not None:
                raise heard.failure
            if heard.transcript is not None:
                await self._tell(turn, said, [heard.transcript])
            if microphone.was_lost and heard.transcript is not None:
                raise Cancelled("The client left while it was recording")
        return asked if ask.dictation is None or ask.dictation.is_answered else None

    async def _answer(self, turn: TurnId, ask: Ask, said: Said, tell: _Tell) -> None:
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
            await said.leg.begin(partial(self._tell_together, turn, said))
        elif ask.settings.speech_wanted and not said.speech_settled:
            # Nobody can speak as it is wanted: the reader is told at once, and not by the ending.
            said.speech_settled = True
            await self._tell(turn, said, [SpeechDeclined()])

    async def _tell_together(self, turn: TurnId, said: Said, events: Sequence[TurnEvent]) -> None:
        """Append events of a text that has a voice beside it: one speaks at a time."""
        if said.together is None:
            await self._tell(turn, said, events)
            return
        async with said.together:
            await self._tell(turn, said, events)

    async def _tell(self, turn: TurnId, said: Said, events: Sequence[TurnEvent]) -> None:
        """Append events, along with any whose append was cut off: they may be there or not."""
        said.unsure += said.numbers.number(events)
        try:
            await self._log.append(turn, said.unsure)
        except TurnTooLong:
            said.numbers.take_back(said.unsure)
            said.unsure.clear()
            if len(events) == 1:
                raise
            for event in events:  # What still fits is told.
                await self._tell(turn, said, [event])
        said.unsure.clear()

    async def _end(self, turn: TurnId, said: Said, ending: TurnEnding) -> None:
        try:
            await self._tell(turn, said, [ending])
        except TurnTooLong:
            # The event before was too much; alone, an ending always fits.
            await self._tell(turn, said, [ending])

    async def _keep(
        self, said: Said, kept: Kept, state: AnswerState, metering: Metering | None = None
    ) -> Kept:
        # Until it is known how this goes, whoever tries next has to look.
        said.kept = structs.replace(kept, doubtful=True)
        said.kept = await self._ledger.answer(kept, said.transcript, said.chosen, state, metering)
        return said.kept

    async def _stop_when_too_long(self, switch: StopSwitch, longest_s: float) -> None:
        await self._clock.sleep(longest_s)
        switch.stop(TurnTimedOut(longest_s))

    async def _save(
        self, turn: TurnId, ask: Ask, said: Said, ending: TurnEnding
    ) -> TurnEnding | None:
        """Return the ending with what was saved; None when the database did not take it."""
        if said.kept is None:
            await self._bill(turn, ask, ending)
            return ending
        for wait_s in (*SAVE_WAITS_S, None):
            try:
                kept = await self._keep(said, said.kept, state_of(ending), ending.metering)
                return structs.replace(ending, saved=await self._ledger.saved(kept))
            except StorageError as error:
                log.warning("saving the answer failed", turn=turn, error=error.code)
                if wait_s is not None:
                    await self._clock.sleep(wait_s)
            except Exception:
                # Trying again mends a database, not a defect; readers get an ending either way.
                log.exception("saving the answer failed", turn=turn)
                break
        return None

    async def _bill(self, turn: TurnId, ask: Ask, ending: TurnEnding) -> None:
        """Note what an answer cost that nobody wanted kept; readers need not know if that fails."""
        if ending.metering is None:
            return
        try:
            await self._ledger.bill(turn, ask.user, ending.metering)
        except StorageError as error:
            log.warning("billing failed", turn=turn, error=error.code)
        except Exception:
            log.exception("billing failed", turn=turn)


def _let_hear(leg: VoiceLeg, batch: Sequence[AnswerEvent | ModelChosen]) -> None:
    for event in batch:
        if isinstance(event, TextDelta):
            leg.hear(event.text)


def _not_saved(said: Said, work: Work) -> TurnFailed:
    kept = said.kept
    return TurnFailed(
        StorageError.code,
        "Failed to save chat history",
        after_content=said.transcript.has_answer,
        work=work,
        saved=Saved(kept.conversation, kept.question, kept.answer) if kept else None,
        speech_settled=said.speech_settled or (said.leg is not None and said.leg.ended),
        metering=said.meter.reading(),
    )

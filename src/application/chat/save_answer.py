"""Saves how an answer ended, while its readers wait and, where that fails, after them."""

from collections import deque
from datetime import timedelta

import structlog
from msgspec import Struct, structs

from application.chat.endings import state_of
from application.chat.kept import Kept
from application.chat.ledger import Ledger
from application.chat.said import Said
from application.ports.clock import Clock
from domain.conversation.conversation import AnswerState
from domain.errors import AccountNotFound
from domain.ids import TurnId
from domain.storage_errors import StorageError
from domain.turn.ask import Ask
from domain.turn.events import ModelChosen, Saved, TurnEnding, TurnFailed, Work
from domain.turn.metering import Metering
from domain.turn.transcript import Transcript

log = structlog.get_logger("turns")

SAVE_WAITS_S = (0.1, 0.4, 1.5)
"""Between attempts to save an ending: readers wait for it, so they are few."""
SAVE_WITHIN_S = 5.0
"""When no more are made: waiting in vain for a locked file takes longer than all the rest."""


class _Unsaved(Struct, frozen=True):
    """An ended turn whose answer the database has not taken yet."""

    kept: Kept
    transcript: Transcript
    chosen: ModelChosen | None
    state: AnswerState
    metering: Metering | None


class SaveAnswer:
    """One for the process. What a turn took is billed with it, kept or not."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._unsaved: deque[_Unsaved] = deque()

    async def __call__(self, turn: TurnId, ask: Ask, said: Said, ending: TurnEnding) -> TurnEnding:
        """Return the ending as readers hear it: with what was saved, or that nothing could be."""
        if said.kept is None:
            await self._close(turn, ask, ending)
            return ending
        until = self._clock.now() + timedelta(seconds=SAVE_WITHIN_S)
        for wait_s in (*SAVE_WAITS_S, None):
            try:
                kept = await self._keep(said, said.kept, ending)
                return structs.replace(ending, saved=await self._ledger.saved(kept))
            except StorageError as error:
                log.warning("saving the answer failed", turn=turn, error=error.code)
                if wait_s is None or self._clock.now() >= until:
                    break
                await self._clock.sleep(wait_s)
            except AccountNotFound:
                # By another process, the command line for one, which does not stop our turns.
                log.info("account deleted while its turn ran", turn=turn)
                return structs.replace(ending, saved=None)
            except Exception:
                # Trying again mends a database, not a defect; readers get an ending either way.
                log.exception("saving the answer failed", turn=turn)
                break
        self._unsaved.append(
            _Unsaved(said.kept, said.transcript, said.chosen, state_of(ending), ending.metering)
        )
        return _not_saved(said, said.kept, ending, ask.work)

    async def late(self) -> None:
        """Save answers that ended while the database was away, oldest first."""
        while self._unsaved and await self._settled(self._unsaved[0]):
            self._unsaved.popleft()

    def give_up(self) -> None:
        """Say which answers go with the process; of each the last checkpoint stays."""
        if self._unsaved:
            turns = [unsaved.kept.turn for unsaved in self._unsaved]
            log.error("answers are lost, but for their checkpoints", turns=turns)

    async def _settled(self, unsaved: _Unsaved) -> bool:
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

    async def _keep(self, said: Said, kept: Kept, ending: TurnEnding) -> Kept:
        # Until it is known how this goes, whoever tries next has to look.
        said.kept = structs.replace(kept, doubtful=True)
        said.kept = await self._ledger.answer(
            kept, said.transcript, said.chosen, state_of(ending), ending.metering
        )
        return said.kept

    async def _close(self, turn: TurnId, ask: Ask, ending: TurnEnding) -> None:
        """Note what an answer cost that nobody wanted kept; readers need not know if that fails."""
        if ending.metering is None and ask.key is None:
            return
        try:
            await self._ledger.over(turn, ask, state_of(ending), ending.metering)
        except StorageError as error:
            log.warning("billing failed", turn=turn, error=error.code)
        except AccountNotFound:
            log.info("account deleted while its turn ran", turn=turn)
        except Exception:
            log.exception("billing failed", turn=turn)


def _not_saved(said: Said, kept: Kept, ending: TurnEnding, work: Work) -> TurnFailed:
    return TurnFailed(
        StorageError.code,
        "Failed to save chat history",
        after_content=said.transcript.has_answer,
        work=work,
        saved=Saved(kept.conversation, kept.question, kept.answer),
        speech_settled=ending.speech_settled,
        text_settled=ending.text_settled,
        metering=ending.metering,
    )

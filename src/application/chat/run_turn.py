"""One turn, from stored question to saved ending."""

import asyncio
from collections.abc import Mapping

from msgspec import structs

from application.chat.checkpoints import Checkpoints
from application.chat.do_work import DoWork
from application.chat.endings import ending_of
from application.chat.kept import Kept
from application.chat.meter import Meter
from application.chat.said import Said
from application.chat.save_answer import SaveAnswer
from application.chat.stop_switch import StopSwitch
from application.chat.tell import Tell
from application.flow.alongside import alongside
from application.ports.clock import Clock
from application.speech.microphone import Microphone
from domain.ids import TurnId
from domain.turn.ask import Ask
from domain.turn.entries import Numbering
from domain.turn.errors import TurnTimedOut
from domain.turn.events import TurnStarted, Work
from domain.turn.transcript import Transcript


class RunTurn:
    """Owns a turn: lets the work be done, saves what came of it, and says how it ended."""

    def __init__(
        self,
        tell: Tell,
        do_work: DoWork,
        checkpoints: Checkpoints,
        save: SaveAnswer,
        clock: Clock,
        longest_s: float = 900,
        research_s: float = 3600,
    ) -> None:
        self._tell = tell
        self._do_work = do_work
        self._checkpoints = checkpoints
        self._save = save
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
    ) -> None:
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
        """
        said = Said(Transcript(), Numbering(), kept, Meter(self._clock))
        await self._tell(turn, said, [TurnStarted(ask.kind)])
        work = asyncio.create_task(self._do_work(turn, ask, said, microphone))
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
            speech_settled=said.speech_is_over,
            paused=said.transcript.awaits_client,
            work_done=ask.work,
        )
        ending = structs.replace(
            ending, metering=said.meter.reading(), text_settled=said.text_settled
        )
        await self._tell.ending(turn, said, await self._save(turn, ask, said, ending))

    async def _stop_when_too_long(self, switch: StopSwitch, longest_s: float) -> None:
        await self._clock.sleep(longest_s)
        switch.stop(TurnTimedOut(longest_s))

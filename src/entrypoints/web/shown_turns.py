"""The turns that a socket shows: the one it has asked for, and those that it follows."""

import asyncio
from datetime import datetime

import structlog

from application.chat.turns import Turns
from application.ports.clock import Clock
from domain.errors import InvalidRequest, ParleyError, TurnNotFound
from domain.ids import TurnId, UserId
from domain.turn.entries import Entry
from domain.turn.errors import EventsForgotten
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.errors import told
from entrypoints.web.line import ClientGone, Line
from entrypoints.web.shown_turn import ShownTurn
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.event_bodies import terminal_pair, waits_for_client
from entrypoints.web.wire.frame import frame
from entrypoints.web.wire.frames import Framer

log = structlog.get_logger("socket")

FOLLOWED = 8


class ShownTurns:
    """Of one user's socket."""

    # An idle socket is little more than its session and this; see there.
    __slots__ = (
        "_clock",
        "_deliveries",
        "_framer",
        "_line",
        "_turns",
        "_user",
        "followed",
        "over_at",
    )

    def __init__(
        self,
        line: Line,
        user: UserId,
        turns: Turns,
        framer: Framer,
        deliveries: Deliveries,
        clock: Clock,
    ) -> None:
        self._line = line
        self._user = user
        self._turns = turns
        self._framer = framer
        self._deliveries = deliveries
        self._clock = clock
        self.followed: dict[TurnId, asyncio.Task[None]] = {}
        self.over_at: datetime = line.heard_at
        """When the last of them was shown to its end."""

    def begins(self, turn: TurnId) -> None:
        """Note that the turn is new."""
        self._deliveries.begins(turn)

    def belongs(self, turn: TurnId) -> None:
        """Note that the connection shows this turn, instead of any before."""
        self._deliveries.shows(self._line.connection, self._user, turn)

    async def show(self, turn: TurnId, after: int = 0) -> None:
        """Send the turn's frames above `after` as they come, up to its ending."""
        self.belongs(turn)
        shown = ShownTurn(turn, self._line, self._framer, self._deliveries)
        await self._turns.deliver(self._user, turn, shown, after)
        if not shown.ended:
            await self._say_it_ended(turn)

    async def show_again(self, turn: TurnId) -> None:
        """Serve a repeated payload: the rest of a turn, only the pair of one that is over.

        One that waits for the client's tool is not over: a pair would have it forgotten.
        """
        ending: Entry | None = None
        if await self._turns.ended(turn):
            try:
                *_, ending = await self._turns.so_far(self._user, turn)
            except EventsForgotten:
                log.debug("pair from the record", turn=turn)
            if ending is None or not waits_for_client(ending.event):
                await self._pair(turn, None if ending is None else ending.seq)
                return
        await self.show(turn, self._deliveries.written(turn))

    async def follow(self, turn: TurnId, after: int, tasks: asyncio.TaskGroup) -> None:
        """Show the turn beside others; following it again begins anew, from the new number."""
        if (earlier := self.followed.pop(turn, None)) is not None:
            earlier.cancel()
        if len(self.followed) >= FOLLOWED:
            await self.error(InvalidRequest(f"{FOLLOWED} turns are already followed here"), turn)
            return
        self.followed[turn] = tasks.create_task(self._follow_to_end(turn, after))

    async def resume(self, earlier: str | None, seen: int) -> None:
        """Send again the chunks that an earlier connection may have missed."""
        chunks: list[Body] = []
        status = "invalid_request" if earlier is None else "no_buffer"
        if earlier is not None and (turn := self._deliveries.shown_on(earlier, self._user)):
            try:
                entries = await self._turns.so_far(self._user, turn)
            except ParleyError:
                entries = None
            if entries is not None:
                status = "ok"
                chunks = self._framer.chunks(turn, entries, earlier, after_chunk=seen)
        data: Body = {
            "session_id": earlier,
            "chunks": chunks,
            "count": len(chunks),
            "status": status,
        }
        await self._line.say({"type": "stream_resume_batch", "data": data}, with_connection=False)

    async def fail(self, error: ParleyError, turn: TurnId | None = None) -> None:
        """Say what went wrong, and that nothing more comes of the request."""
        await self.error(error, turn)
        await self._pair(turn)

    async def error(self, error: ParleyError, turn: TurnId | None = None) -> None:
        """Say what went wrong; what runs goes on."""
        await self._line.say(told(error) | ({"turn_id": turn} if turn else {}))

    def leave(self) -> None:
        """End the readers of those that are followed; the turns go on."""
        for reader in self.followed.values():
            reader.cancel()

    async def _follow_to_end(self, turn: TurnId, after: int) -> None:
        try:
            await self._show_or_say_why(turn, after)
        except ClientGone:
            return
        finally:
            if self.followed.get(turn) is asyncio.current_task():
                del self.followed[turn]
            self.over_at = self._clock.now()

    async def _show_or_say_why(self, turn: TurnId, after: int) -> None:
        try:
            # One that is not there leaves the connection with what it showed before.
            await self._turns.check_there(self._user, turn)
            await self.show(turn, after)
        except TurnNotFound as error:
            await self.error(error, turn)
        except ParleyError as error:
            await self.fail(error, turn)

    async def _say_it_ended(self, turn: TurnId) -> None:
        """Answer a client that has the number of the ending, but perhaps not all its frames."""
        *_, ending = await self._turns.so_far(self._user, turn)
        if not waits_for_client(ending.event):
            await self._pair(turn, ending.seq)

    async def _pair(self, turn: TurnId | None, seq: int | None = None) -> None:
        place: Body = {"turn_id": turn} if turn else {}
        if seq is not None:
            place["seq"] = seq
        for body in terminal_pair():
            await self._line.send(frame(body | place))

"""What happens on an open chat socket: requests one at a time, control messages at once."""

import asyncio
from contextlib import aclosing
from datetime import datetime

import structlog

from application.agent.approvals import Approvals
from application.chat.turns import Turns
from application.ports.clock import Clock
from domain.errors import InvalidRequest, ParleyError, TurnNotFound
from domain.ids import TurnId, UserId
from domain.turn.entries import Entry
from domain.turn.errors import EventsForgotten
from entrypoints.web.asking import Asking
from entrypoints.web.close_codes import GOODBYE, IDLE
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.errors import told
from entrypoints.web.line import ClientGone, Line
from entrypoints.web.recorder import Recorder
from entrypoints.web.shown_turn import ShownTurn
from entrypoints.web.wire.approvals import approval_from
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.event_bodies import terminal_pair, waits_for_client
from entrypoints.web.wire.frame import frame
from entrypoints.web.wire.frames import Framer
from entrypoints.web.wire.messages import ClientMessage

log = structlog.get_logger("socket")

QUEUED = 4
FOLLOWED = 8
IGNORED = frozenset({"heartbeat", "pong"})
"""Control messages that need no answer."""


class ChatSession:
    """Knows no provider and no database: it calls `Turns`, follows the log and sends.

    Leaving does not stop a turn: only its readers end with the socket.
    """

    # An idle socket is little more than this object; a dictionary would be a good part of it.
    __slots__ = (
        "_approvals",
        "_asking",
        "_busy_until",
        "_cancel_asked",
        "_clock",
        "_current",
        "_deliveries",
        "_followed",
        "_framer",
        "_left",
        "_recorder",
        "_requests",
        "_serving",
        "_turns",
        "_user",
        "line",
    )

    def __init__(
        self,
        line: Line,
        asking: Asking,
        turns: Turns,
        framer: Framer,
        deliveries: Deliveries,
        approvals: Approvals,
        clock: Clock,
        longest_recording_s: float = 600,
    ) -> None:
        self.line = line
        self._asking = asking
        self._turns = turns
        self._framer = framer
        self._deliveries = deliveries
        self._approvals = approvals
        self._clock = clock
        self._recorder = Recorder(longest_recording_s)
        self._user = UserId(0)
        # A list, since it is short: an empty deque takes 700 bytes of every idle socket.
        self._requests: list[ClientMessage] = []
        self._serving: asyncio.Task[None] | None = None
        self._current: TurnId | None = None
        self._cancel_asked = False
        self._left = False
        self._followed: dict[TurnId, asyncio.Task[None]] = {}
        self._busy_until = line.heard_at

    async def run(self, user: UserId, first: ClientMessage) -> None:
        """Serve the socket until it closes."""
        self._user = user
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._hear(first, tasks)
                async with aclosing(self.line.messages()) as messages:
                    async for message in messages:
                        await self._hear(message, tasks)
            except ClientGone:
                log.debug("client gone", connection=self.line.connection)
            finally:
                self._leave()

    def _leave(self) -> None:
        """End what is done for the client alone; the question at hand is answered all the same."""
        self._left = True
        self._recorder.lost()
        self._requests.clear()
        for reader in self._followed.values():
            reader.cancel()
        if self._serving is not None and self._current is not None:
            self._serving.cancel()

    def idle_since(self) -> datetime | None:
        """Return since when nothing happens: None while something runs for the client."""
        busy = self._serving is not None or self._followed
        return None if busy else max(self.line.heard_at, self._busy_until)

    async def expire(self) -> None:
        """Close a socket that nobody has used for too long."""
        try:
            await self.line.say({"type": "closing", "reason": "timeout"})
        except ClientGone:
            return
        await self.line.close(IDLE)

    async def _hear(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        try:
            if await self._recorder.hear(message):
                return
        except InvalidRequest as error:
            await self._error(error)
            return
        await self._obey(message, tasks)

    async def _obey(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        match message.control:
            case "ping":
                now = self._clock.now().isoformat()
                await self.line.say({"type": "pong", "timestamp": now})
            case "close_session":
                await self.line.say({"type": "closing", "reason": "client_request"})
                await self.line.close(GOODBYE)
                raise ClientGone
            case "cancel":
                await self._cancel(message)
            case "tool_approval":
                await self._approve(message)
            case "stream_resume":
                await self._resume(message)
            case "follow":
                await self._follow(message, tasks)
            case control if control in IGNORED:
                return
            case _:
                await self._request(message, tasks)

    async def _request(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        if len(self._requests) >= QUEUED:
            # Without the terminal pair: that would end the turn that is running.
            await self._error(InvalidRequest("Another request is still running"))
            return
        try:
            self._recorder.begin(message)
        except InvalidRequest:
            # Told when its turn comes: the pair would end the turn that is running.
            log.debug("nothing to record", connection=self.line.connection)
        if self._serving is None:
            self._serving = tasks.create_task(self._serve(message))
        else:
            self._requests.append(message)

    async def _serve(self, first: ClientMessage) -> None:
        try:
            await self._answer(first)
            while self._requests:
                await self._answer(self._requests.pop(0))
        except ClientGone:
            return
        finally:
            self._serving = None
            self._busy_until = self._clock.now()

    async def _answer(self, message: ClientMessage) -> None:
        turn: TurnId | None = None
        try:
            asked = await self._asking(message, self._user)
            started = await self._turns.start(asked, message.microphone)
            turn = self._current = started.turn
            if self._cancel_asked:
                await self._turns.cancel(self._user, turn)
            if started.fresh:
                self._deliveries.begins(turn)
            if self._left:
                self._deliveries.shows(self.line.connection, self._user, turn)
            elif started.fresh:
                await self._show(turn)
            else:
                await self._show_again(turn)
        except ParleyError as error:
            await self._fail(error, turn)
        except ClientGone:
            raise
        except Exception:
            log.exception("request failed", connection=self.line.connection)
            await self._fail(ParleyError("Internal server error"), turn)
        finally:
            self._current, self._cancel_asked = None, False
            if message.microphone is not None:
                message.microphone.finish()

    async def _show(self, turn: TurnId, after: int = 0) -> None:
        """Send the turn's frames above `after` as they come, up to its ending."""
        self._deliveries.shows(self.line.connection, self._user, turn)
        shown = ShownTurn(turn, self.line, self._framer, self._deliveries)
        await self._turns.deliver(self._user, turn, shown, after)
        if not shown.ended:
            await self._say_it_ended(turn)

    async def _say_it_ended(self, turn: TurnId) -> None:
        """Answer a client that has the number of the ending, but perhaps not all its frames."""
        *_, ending = await self._turns.so_far(self._user, turn)
        if not waits_for_client(ending.event):
            await self._end(turn, ending.seq)

    async def _show_again(self, turn: TurnId) -> None:
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
                await self._end(turn, None if ending is None else ending.seq)
                return
        await self._show(turn, self._deliveries.written(turn))

    async def _fail(self, error: ParleyError, turn: TurnId | None = None) -> None:
        await self._error(error, turn)
        await self._end(turn)

    async def _error(self, error: ParleyError, turn: TurnId | None = None) -> None:
        await self.line.say(told(error) | ({"turn_id": turn} if turn else {}))

    async def _end(self, turn: TurnId | None, seq: int | None = None) -> None:
        place: Body = {"turn_id": turn} if turn else {}
        if seq is not None:
            place["seq"] = seq
        for body in terminal_pair():
            await self.line.send(frame(body | place))

    async def _cancel(self, message: ClientMessage) -> None:
        """Stop the turn that is named, else the one being answered, else those followed."""
        named = message.text("turn_id")
        if named is None and self._serving is not None and self._current is None:
            self._cancel_asked = True  # As soon as the turn has begun.
            return
        running = [self._current] if self._current else list(self._followed)
        for turn in [TurnId(named)] if named else running:
            try:
                await self._turns.cancel(self._user, turn)
            except ParleyError as error:
                await self._error(error, turn)

    async def _approve(self, message: ClientMessage) -> None:
        """Pass on the user's word for a tool call; without a name it is for the turn of now."""
        named = message.text("turn_id") or self._current
        try:
            word = approval_from(message)
            if named is None:
                raise InvalidRequest("tool_approval needs a turn_id", "turn_id")
            self._approvals.answer(self._user, TurnId(named), word)
        except ParleyError as error:
            await self._error(error)

    async def _follow(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        named = message.text("turn_id")
        if named is None:
            await self._error(InvalidRequest("follow needs a turn_id", "turn_id"))
            return
        turn = TurnId(named)
        try:
            after = message.whole("after")
        except InvalidRequest as error:
            await self._error(error, turn)
            return
        if (earlier := self._followed.pop(turn, None)) is not None:
            earlier.cancel()
        if len(self._followed) >= FOLLOWED:
            await self._error(InvalidRequest(f"{FOLLOWED} turns are already followed here"), turn)
            return
        self._followed[turn] = tasks.create_task(self._follow_to_end(turn, after))

    async def _follow_to_end(self, turn: TurnId, after: int) -> None:
        try:
            await self._show_or_say_why(turn, after)
        except ClientGone:
            return
        finally:
            if self._followed.get(turn) is asyncio.current_task():
                del self._followed[turn]
            self._busy_until = self._clock.now()

    async def _show_or_say_why(self, turn: TurnId, after: int) -> None:
        try:
            await self._show(turn, after)
        except TurnNotFound as error:
            await self._error(error, turn)
        except ParleyError as error:
            await self._fail(error, turn)

    async def _resume(self, message: ClientMessage) -> None:
        """Send again the chunks an earlier connection may have missed."""
        earlier = message.text("session_id")
        chunks: list[Body] = []
        status = "invalid_request" if earlier is None else "no_buffer"
        if earlier is not None and (turn := self._deliveries.shown_on(earlier, self._user)):
            seen = message.number("last_chunk_index", "last_chunk_id") or 0
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
        await self.line.say({"type": "stream_resume_batch", "data": data}, with_connection=False)

"""What happens on an open chat socket: requests one at a time, control messages at once."""

import asyncio
from contextlib import aclosing
from datetime import datetime

import structlog

from application.agent.approvals import Approvals
from application.chat.turns import Turns
from application.flow.exhaustion import exhausted
from application.ports.clock import Clock
from domain.errors import InvalidRequest, ParleyError
from domain.ids import TurnId, UserId
from entrypoints.web.asking import Asking
from entrypoints.web.close_codes import GOODBYE, IDLE
from entrypoints.web.line import ClientGone, Line
from entrypoints.web.recorder import Recorder
from entrypoints.web.shown_turns import ShownTurns
from entrypoints.web.wire.approvals import approval_from
from entrypoints.web.wire.client_message import ClientMessage

log = structlog.get_logger("socket")

QUEUED = 4
IGNORED = frozenset({"heartbeat", "pong"})
"""Control messages that need no answer."""


class ChatSession:
    """Knows no provider and no database: it calls `Turns`, and has them shown.

    Leaving does not stop a turn: only its readers end with the socket.
    """

    # An idle socket is little more than this object; a dictionary would be a good part of it.
    __slots__ = (
        "_approvals",
        "_asking",
        "_cancel_asked",
        "_clock",
        "_current",
        "_left",
        "_recorder",
        "_requests",
        "_serving",
        "_shown",
        "_turns",
        "_user",
        "line",
    )

    def __init__(
        self,
        line: Line,
        user: UserId,
        shown: ShownTurns,
        asking: Asking,
        turns: Turns,
        approvals: Approvals,
        clock: Clock,
        longest_recording_s: float = 600,
    ) -> None:
        self.line = line
        self._user = user
        self._shown = shown
        self._asking = asking
        self._turns = turns
        self._approvals = approvals
        self._clock = clock
        self._recorder = Recorder(longest_recording_s)
        # A list, since it is short: an empty deque takes 700 bytes of every idle socket.
        self._requests: list[ClientMessage] = []
        self._serving: asyncio.Task[None] | None = None
        self._current: TurnId | None = None
        self._cancel_asked = False
        self._left = False

    async def run(self, first: ClientMessage) -> None:
        """Serve the socket until it closes."""
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
        self._shown.leave()
        if self._serving is not None and self._current is not None:
            self._serving.cancel()

    def idle_since(self) -> datetime | None:
        """Return since when nothing happens: None while something runs for the client."""
        busy = self._serving is not None or self._shown.followed
        return None if busy else max(self.line.heard_at, self._shown.over_at)

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
            await self._shown.error(error)
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
            await self._shown.error(InvalidRequest("Another request is still running"))
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
            self._shown.over_at = self._clock.now()

    async def _answer(self, message: ClientMessage) -> None:
        turn: TurnId | None = None
        try:
            asked = await self._asking(message, self._user)
            started = await self._turns.start(asked, message.microphone)
            turn = self._current = started.turn
            if self._cancel_asked:
                await self._turns.cancel(self._user, turn)
            if started.fresh:
                self._shown.begins(turn)
            if self._left:
                self._shown.belongs(turn)
            elif started.fresh:
                await self._shown.show(turn)
            else:
                await self._shown.show_again(turn)
        except ParleyError as error:
            await self._shown.fail(error, turn)
        except ClientGone:
            raise
        except Exception as error:
            log.exception("request failed", connection=self.line.connection)
            told = exhausted(error) or ParleyError("Internal server error")
            await self._shown.fail(told, turn)
        finally:
            self._current, self._cancel_asked = None, False
            if message.microphone is not None:
                message.microphone.finish()

    async def _cancel(self, message: ClientMessage) -> None:
        """Stop the turn that is named, else the one being answered, else those followed."""
        named = message.text("turn_id")
        if named is None and self._serving is not None and self._current is None:
            self._cancel_asked = True  # As soon as the turn has begun.
            return
        running = [self._current] if self._current else list(self._shown.followed)
        for turn in [TurnId(named)] if named else running:
            try:
                await self._turns.cancel(self._user, turn)
            except ParleyError as error:
                await self._shown.error(error, turn)

    async def _approve(self, message: ClientMessage) -> None:
        """Pass on the user's word for a tool call; without a name it is for the turn of now."""
        named = message.text("turn_id") or self._current
        try:
            word = approval_from(message)
            if named is None:
                raise InvalidRequest("tool_approval needs a turn_id", "turn_id")
            self._approvals.answer(self._user, TurnId(named), word)
        except ParleyError as error:
            await self._shown.error(error)

    async def _follow(self, message: ClientMessage, tasks: asyncio.TaskGroup) -> None:
        named = message.text("turn_id")
        if named is None:
            await self._shown.error(InvalidRequest("follow needs a turn_id", "turn_id"))
            return
        turn = TurnId(named)
        try:
            after = message.whole("after")
        except InvalidRequest as error:
            await self._shown.error(error, turn)
            return
        await self._shown.follow(turn, after, tasks)

    async def _resume(self, message: ClientMessage) -> None:
        seen = message.number("last_chunk_index", "last_chunk_id") or 0
        await self._shown.resume(message.text("session_id"), seen)

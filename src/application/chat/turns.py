"""Owns every running turn of the process."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

import structlog
from msgspec import Struct

from application.chat.checkpoints import Checkpoints
from application.chat.chores import Chores
from application.chat.kept import Kept
from application.chat.known_turns import KnownTurns
from application.chat.ledger import Ledger
from application.chat.run_turn import RunTurn
from application.chat.running_turns import RunningTurn, RunningTurns
from application.chat.save_answer import SaveAnswer
from application.chat.turn_limits import TurnLimits
from application.ports.clock import Clock
from application.ports.signals import Signals
from application.ports.turn_log import TurnLog, TurnReader
from application.ports.unit_of_work import UnitOfWork
from application.speech.microphone import Microphone
from domain.errors import AlreadyExists, TooManyTurns
from domain.ids import TurnId, UserId
from domain.turn.ask import Ask, TurnHeader
from domain.turn.entries import Entry
from domain.turn.errors import EventsForgotten, ShuttingDown, TurnInterrupted

log = structlog.get_logger("turns")


class Started(Struct, frozen=True):
    """The turn that answers a question; `fresh` tells the one who asked first."""

    turn: TurnId
    fresh: bool


class Turns:
    """Starts, follows and cancels turns. Enter it once, for the life of the process."""

    def __init__(
        self,
        turn_log: TurnLog,
        signals: Signals,
        work: UnitOfWork,
        ledger: Ledger,
        checkpoints: Checkpoints,
        run: RunTurn,
        save: SaveAnswer,
        clock: Clock,
        limits: TurnLimits,
    ) -> None:
        self._log = turn_log
        self._signals = signals
        self._known = KnownTurns(turn_log, work)
        self._ledger = ledger
        self._run = run
        self._save = save
        self._clock = clock
        self._limits = limits
        self._running = RunningTurns(clock)
        self._chores = Chores(
            turn_log, signals, work, checkpoints, save, clock, limits, self._running
        )
        self._starting: dict[TurnId, asyncio.Future[Started]] = {}
        self._owners: set[asyncio.Task[None]] = set()
        self._group = asyncio.TaskGroup()
        self._going_on: list[asyncio.Task[None]] = []
        self._open = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._going_on = [self._group.create_task(chore) for chore in self._chores.all()]
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.drain()
        finally:
            await self._save.late()
            self._save.give_up()
            for chore in self._going_on:
                chore.cancel()
            await self._group.__aexit__(None, None, None)

    async def drain(self) -> None:
        """Take no new turns, let running ones end, then end the rest as interrupted.

        Cancelling it ends the rest at once; it returns only when all of them are saved.
        """
        self._open = False
        try:
            if self._owners:
                log.info(
                    "running turns may end",
                    turns=len(self._owners),
                    within_s=self._limits.drain_s,
                )
                await asyncio.wait(self._owners, timeout=self._limits.drain_s)
        finally:
            # Also when somebody has no patience for the rest: what was said is saved all the same.
            self._running.stop_all(TurnInterrupted())
            if self._owners:
                await asyncio.wait(self._owners)

    @property
    def accepting(self) -> bool:
        """Whether new turns are taken."""
        return self._open

    async def start(self, ask: Ask, microphone: Microphone | None = None) -> Started:
        """Begin the turn, or find the one that was begun under the same key.

        When this returns, the question is stored, unless it is yet to be spoken. Cancelling the
        caller does not stop a turn that has begun.

        Args:
            ask: the question.
            microphone: where the question comes from that is yet to be spoken.

        Raises:
            QuestionDiffers: the key was used for another question.
            TooManyTurns: the user has as many running turns as allowed.
            ConversationNotFound, MessageNotFound: what is asked once more was deleted meanwhile.
            StorageError: the question could not be stored; nothing was begun.
            ShuttingDown: the process is going down.
        """
        if not self._open:
            raise ShuttingDown
        turn = ask.own_turn or TurnId(self._clock.new_id())
        header = TurnHeader(turn=turn, user=ask.user, fingerprint=ask.fingerprint, kind=ask.kind)
        if (starting := self._starting.get(turn)) is None:
            starting = asyncio.get_running_loop().create_future()
            self._starting[turn] = starting
            self._own(self._owner(ask, header, starting, microphone))
            started = await asyncio.shield(starting)
        else:
            started = Started((await asyncio.shield(starting)).turn, fresh=False)
        if not started.fresh:
            await self._known.check_question(header)
        return started

    async def cancel(self, user: UserId, turn: TurnId) -> None:
        """Have the turn stopped, wherever it runs; one that has ended is left alone.

        Raises:
            TurnNotFound: the user has no such turn.
        """
        with suppress(TurnInterrupted):
            if await self._known.header(user, turn) is not None:
                await self._signals.cancel(turn)

    async def running(self, user: UserId) -> list[TurnHeader]:
        """Return the user's turns that have not ended."""
        return await self._log.running(user)

    async def ended(self, turn: TurnId) -> bool:
        """Return whether the turn has its ending, in the log or from an earlier process."""
        return await self._log.ended(turn) or await self._log.find(turn) is None

    @asynccontextmanager
    async def follow(
        self, user: UserId, turn: TurnId, after: int = 0
    ) -> AsyncGenerator[AsyncGenerator[Sequence[Entry], None], None]:
        """Open the turn's events above number `after`, in batches, up to the ending.

        Raises:
            TurnNotFound: the user has no such turn.
            TurnInterrupted: the process that ran it died; its text so far is in the history.
            EventsForgotten: it ended too long ago; its text is in the history.
        """
        async with (
            self._counted(user, turn),
            aclosing(self._log.follow(turn, after)) as batches,
        ):
            yield batches

    async def deliver(self, user: UserId, turn: TurnId, reader: TurnReader, after: int = 0) -> None:
        """Hand the reader the turn's events above number `after`, up to the ending.

        Raises:
            TurnNotFound, TurnInterrupted, EventsForgotten: as `follow`.
        """
        async with self._counted(user, turn):
            await self._log.deliver(turn, reader, after)

    @asynccontextmanager
    async def _counted(self, user: UserId, turn: TurnId) -> AsyncGenerator[None, None]:
        """Count somebody among the turn's readers for as long as the block lasts."""
        await self.check_there(user, turn)
        with self._running.watched(turn):
            yield

    async def so_far(self, user: UserId, turn: TurnId) -> Sequence[Entry]:
        """Return the turn's events up to now.

        Raises:
            TurnNotFound, TurnInterrupted, EventsForgotten: as `follow`.
        """
        await self.check_there(user, turn)
        return await self._log.read(turn)

    async def check_there(self, user: UserId, turn: TurnId) -> None:
        """Make sure that the turn can be followed.

        Raises:
            TurnNotFound, TurnInterrupted, EventsForgotten: as `follow`.
        """
        if await self._known.header(user, turn) is None:
            raise EventsForgotten

    def _own(self, owner: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(owner)
        self._owners.add(task)
        task.add_done_callback(self._owners.discard)

    async def _owner(
        self,
        ask: Ask,
        header: TurnHeader,
        starting: asyncio.Future[Started],
        microphone: Microphone | None,
    ) -> None:
        """Accept the turn and run it. Nothing but the end of the process cancels this."""
        limits = self._limits
        alone_s = limits.research_s if ask.work == "research" else limits.detached_s
        running = RunningTurn(header, alone_s, self._clock.now())
        try:
            fresh, kept = await self._accept(ask, running, is_spoken=microphone is not None)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            del self._starting[header.turn]
            starting.set_exception(error)
            starting.exception()  # Counts as seen, even if whoever asked has gone.
            return
        del self._starting[header.turn]
        starting.set_result(Started(header.turn, fresh))
        if not fresh:
            return
        try:
            await self._run(header.turn, ask, kept, running.switch, microphone)
        except Exception:
            # Readers must not wait for an ending that cannot come.
            log.exception("turn lost its owner", turn=header.turn)
            await self._log.forget(header.turn)
        finally:
            self._running.remove(header.turn)

    async def _accept(
        self, ask: Ask, running: RunningTurn, *, is_spoken: bool
    ) -> tuple[bool, Kept | None]:
        """Return whether the turn is new, and where it is kept."""
        turn = running.header.turn
        if await self._log.begin(running.header) is not None:
            return False, None
        mine = self._running.of(ask.user)
        self._running.add(running)
        try:
            return True, await self._admit(turn, ask, mine, is_spoken=is_spoken)
        except BaseException as error:
            self._running.remove(turn)
            await self._log.forget(turn)
            # One that ran before is found also by a user who may start no more.
            if isinstance(error, AlreadyExists | TooManyTurns) and await self._known.record(turn):
                return False, None
            raise

    async def _admit(self, turn: TurnId, ask: Ask, mine: int, *, is_spoken: bool) -> Kept | None:
        if mine >= self._limits.per_user:
            raise TooManyTurns(self._limits.per_user)
        if is_spoken:
            # Its question is stored once it was heard; nobody is to listen for it a second time.
            if ask.key is not None and await self._known.record(turn) is not None:
                raise AlreadyExists("This was asked before")
            return None
        if ask.record is not None:
            return await self._ledger.question(turn, ask, ask.record)
        if ask.key is not None:
            await self._ledger.unkept(turn, ask)
        return None

"""The promises of turns, whatever users, readers, the model and time do, in any order.

Numbers without gaps (2), the same events for every reader (3), one ending, last and after the
answer is saved (4), asking twice runs once (5).
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from adapters.memory.clock import ManualClock, settle
from adapters.memory.turn_log import MemoryTurnLog
from application.chat.turn_limits import TurnLimits
from application.ports.chat_model import ChatModel
from domain.conversation.conversation import AnswerState
from domain.errors import QuestionDiffers, TooManyTurns, TurnNotFound
from domain.ids import TurnId, UserId
from domain.provider_errors import ProviderBrokeOff
from domain.turn.entries import Entry
from domain.turn.errors import EventsForgotten
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
)
from domain.turn.prompt import Prompt
from tests.unit.rig import ANNA, BORIS, Rig, question, text_of

T = TypeVar("T")
ENDINGS = (TurnCompleted, TurnCancelled, TurnFailed)
LIMITS = TurnLimits(per_user=3, detached_s=60, drain_s=0, watch_s=10, sweep_s=10)
KEPT_S = 60
STATES = {
    TurnCompleted: AnswerState.COMPLETED,
    TurnCancelled: AnswerState.CANCELLED,
    TurnFailed: AnswerState.FAILED,
}


class Puppet(ChatModel):
    """Says what it is told to say, when it is told, to the question it is told for."""

    def __init__(self) -> None:
        self.told: dict[str, asyncio.Queue[ModelEvent | Exception]] = {}

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        asked = prompt.messages[-1].text
        assert asked not in self.told, "asked twice"
        self.told[asked] = asyncio.Queue()
        while True:
            step = await self.told[asked].get()
            if isinstance(step, Exception):
                raise step
            yield (step,)
            if isinstance(step, ModelStopped):
                return


@dataclass
class Asked:
    """A turn as the machine knows it."""

    turn: TurnId
    user: UserId
    key: str | None
    text: str
    said: str = ""
    ended_at: float | None = None
    alone_since: float = 0


@dataclass
class Reader:
    """One who reads a turn, with breaks."""

    of: Asked
    seen: list[Entry] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    state_at_end: AnswerState | None = None
    """What the database said of the turn when the ending was read."""


class TurnsMachine(RuleBasedStateMachine):
    """Two users, a model on strings, readers that come and go, a clock that is moved."""

    turns = Bundle("turns")
    readers = Bundle("readers")
    users = st.sampled_from([ANNA, BORIS])

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.model = Puppet()
        self.clock = ManualClock()
        turn_log = MemoryTurnLog(self.clock, kept_s=KEPT_S)
        self.rig = Rig(
            limits=LIMITS,
            longest_s=10**6,
            model=self.model,
            turn_log=turn_log,
            clock=self.clock,
        )
        self.stop = asyncio.Event()
        self.asked: list[Asked] = []
        self.reading: list[Reader] = []
        self.time = 0.0
        self.questions = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        async def done() -> T:
            result = await work
            await settle()
            return result

        return self.loop.run_until_complete(done())

    @initialize()
    def begin(self) -> None:
        async def live() -> None:
            async with self.rig:
                await self.stop.wait()

        self.process = self.loop.create_task(live())
        self.do(settle(40))

    def running(self, user: UserId) -> list[Asked]:
        return [one for one in self.asked if one.user == user and one.ended_at is None]

    @rule(target=turns, user=users, key=st.sampled_from([None, None, "a", "b"]), same=st.booleans())
    def start(self, user: UserId, key: str | None, same: bool) -> Any:
        earlier = next(
            (one for one in self.asked if key and (one.user, one.key) == (user, key)), None
        )
        self.questions += 1
        text = earlier.text if earlier and same else f"question {self.questions}"
        ask = question(text, key=key, user=user)
        try:
            started = self.do(self.rig.turns.start(ask))
        except QuestionDiffers:
            assert earlier is not None
            assert not same
            return multiple()
        except TooManyTurns:
            assert earlier is None
            assert len(self.running(user)) >= LIMITS.per_user
            return multiple()
        if earlier is not None:
            assert same
            assert (started.turn, started.fresh) == (earlier.turn, False)
            return multiple()
        assert started.fresh
        assert len(self.running(user)) < LIMITS.per_user
        new = Asked(started.turn, user, key, text, alone_since=self.time)
        self.asked.append(new)
        return new

    def tell(self, asked: Asked, step: ModelEvent | Exception) -> None:
        if asked.ended_at is None:
            self.model.told[asked.text].put_nowait(step)
            self.do(settle())

    @rule(asked=turns, word=st.sampled_from(["a", "bc ", "d"]))
    def speak(self, asked: Asked, word: str) -> None:
        if asked.ended_at is None:
            asked.said += word
        self.tell(asked, TextDelta(word))

    @rule(asked=turns)
    def finish(self, asked: Asked) -> None:
        self.tell(asked, ModelStopped("stop"))
        self.ends(asked)

    @rule(asked=turns)
    def break_off(self, asked: Asked) -> None:
        # After a first word, so that nobody is patient with it.
        if asked.said:
            self.tell(asked, ProviderBrokeOff("acme", "gone"))
            self.ends(asked)

    def ends(self, asked: Asked) -> None:
        if asked.ended_at is None:
            asked.ended_at = self.time

    @rule(asked=turns, user=users)
    def cancel(self, asked: Asked, user: UserId) -> None:
        try:
            self.do(self.rig.turns.cancel(user, asked.turn))
        except TurnNotFound:
            assert user != asked.user
        else:
            assert user == asked.user
            self.ends(asked)

    @rule(asked=turns, user=users)
    def strangers_read_nothing(self, asked: Asked, user: UserId) -> None:
        if user != asked.user:
            try:
                self.do(self.rig.heard(asked.turn, user=user))
            except TurnNotFound:
                return
            raise AssertionError("read by a stranger")

    @rule(target=readers, asked=turns)
    def follow(self, asked: Asked) -> Reader:
        reader = Reader(asked)
        self.reading.append(reader)
        self.read_on(reader)
        return reader

    @rule(reader=readers)
    def drop(self, reader: Reader) -> None:
        if reader.task is not None:
            reader.task.cancel()
            self.do(settle())
            reader.task = None
            if not self.read_now(reader.of):
                reader.of.alone_since = self.time

    @rule(reader=readers)
    def resume(self, reader: Reader) -> None:
        if reader.task is None:
            self.read_on(reader)

    @rule(reader=consumes(readers))
    def never_come_back(self, reader: Reader) -> None:
        self.drop(reader)

    def read_on(self, reader: Reader) -> None:
        async def read() -> None:
            asked = reader.of
            after = reader.seen[-1].seq if reader.seen else 0
            async with self.rig.turns.follow(asked.user, asked.turn, after) as batches:
                async for batch in batches:
                    reader.seen += batch
                    if isinstance(batch[-1].event, ENDINGS):
                        reader.state_at_end = (await self.rig.record(asked.turn)).state

        reader.task = self.loop.create_task(read())
        self.do(settle())

    def read_now(self, asked: Asked) -> bool:
        return any(
            reader.of is asked and reader.task is not None and not reader.task.done()
            for reader in self.reading
        )

    @precondition(lambda self: self.asked)
    @rule(seconds=st.sampled_from([70, 20, 2, 1]))
    def advance(self, seconds: float) -> None:
        read = [asked.turn for asked in self.asked if self.read_now(asked)]
        self.do(self.clock.advance(seconds))
        self.time += seconds
        for asked in self.asked:
            if asked.ended_at is None and self.do(self.rig.turns.ended(asked.turn)):
                assert asked.turn not in read, "stopped although somebody was reading"
                assert self.time - asked.alone_since >= LIMITS.detached_s
                asked.ended_at = asked.alone_since + LIMITS.detached_s

    def entries(self, asked: Asked) -> list[Entry] | None:
        """Return what the log has of the turn, or None when it has forgotten it, as it may."""
        try:
            return list(self.loop.run_until_complete(self.rig.turns.so_far(asked.user, asked.turn)))
        except EventsForgotten:
            assert asked.ended_at is not None
            assert self.time - asked.ended_at >= KEPT_S - LIMITS.watch_s
            return None

    @invariant()
    def numbers_have_no_gaps_and_readers_see_the_same(self) -> None:
        for asked in self.asked:
            entries = self.entries(asked)
            mine = [reader.seen for reader in self.reading if reader.of is asked]
            whole = entries if entries is not None else max(mine, key=len, default=[])
            assert [entry.seq for entry in whole] == list(range(1, len(whole) + 1))
            for seen in mine:
                assert seen == whole[: len(seen)]
            if entries is not None:
                assert text_of(entries) == asked.said

    @invariant()
    def readers_are_up_to_date(self) -> None:
        for reader in self.reading:
            if reader.task is None or reader.task.cancelled():
                continue
            if reader.task.done() and reader.task.exception() is not None:
                assert isinstance(reader.task.exception(), EventsForgotten)
                continue
            entries = self.entries(reader.of)
            assert entries is None or reader.seen == entries
            assert reader.task.done() == (reader.of.ended_at is not None)
            assert reader.state_at_end is not AnswerState.RUNNING

    @invariant()
    def there_is_one_ending_and_the_answer_is_saved_before_it(self) -> None:
        for asked in self.asked:
            entries = self.entries(asked)
            if entries is None:
                continue
            endings = [entry for entry in entries if isinstance(entry.event, ENDINGS)]
            assert len(endings) == (asked.ended_at is not None)
            if not endings:
                continue
            assert endings[0] is entries[-1]
            record = self.loop.run_until_complete(self.rig.record(asked.turn))
            assert record.state is STATES[type(endings[0].event)]
            rows = self.loop.run_until_complete(self.rig.rows(asked.turn))
            assert [row.message for row in rows] == [asked.text, *filter(None, [asked.said])]

    @invariant()
    def each_question_was_asked_once(self) -> None:
        assert set(self.model.told) <= {asked.text for asked in self.asked}

    def teardown(self) -> None:
        self.stop.set()
        if hasattr(self, "process"):
            self.loop.run_until_complete(self.process)
        for reader in self.reading:
            if reader.task is not None:
                reader.task.cancel()
        self.do(settle())
        assert not asyncio.all_tasks(self.loop)
        self.loop.close()
        super().teardown()


TestTurns = TurnsMachine.TestCase
TestTurns.settings = settings(max_examples=50, stateful_step_count=50)

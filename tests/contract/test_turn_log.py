"""Turn logs: numbered, replayable, bounded, for any number of readers at any pace."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.memory.clock import ManualClock, settle
from adapters.memory.turn_log import MemoryTurnLog
from application.ports.turn_log import TurnLog, TurnReader
from domain.errors import TurnNotFound
from domain.ids import TurnId, UserId
from domain.turn.ask import TurnHeader
from domain.turn.entries import Entry, Numbering
from domain.turn.errors import TurnTooLong
from domain.turn.events import TextDelta, TurnCompleted, TurnFailed, TurnStarted
from domain.turn.voice_events import AudioChunk, SoundDropped

ANNA, BORIS = UserId(1), UserId(2)
T = TurnId("t-1")
KEPT_S = 300
FULL = 30
"""How many entries the logs of this suite hold, and how many bytes of text."""
FULL_BYTES = 10_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def memory_turn_log(clock: ManualClock) -> TurnLog:
    return MemoryTurnLog(clock, max_entries=FULL, max_bytes=FULL_BYTES, kept_s=KEPT_S)


@pytest.fixture(params=["memory"])
def turn_log(request: pytest.FixtureRequest) -> TurnLog:
    return request.getfixturevalue(f"{request.param}_turn_log")


def header(turn: TurnId = T, user: UserId = ANNA) -> TurnHeader:
    return TurnHeader(turn=turn, user=user, fingerprint=f"of {turn}")


def words(numbers: Numbering, *texts: str) -> list[Entry]:
    return numbers.number(TextDelta(text) for text in texts)


async def heard(turn_log: TurnLog, after: int = 0, turn: TurnId = T) -> list[Entry]:
    return [entry async for batch in turn_log.follow(turn, after) for entry in batch]


async def test_of_equal_turns_that_begin_at_once_one_is_first(turn_log: TurnLog) -> None:
    tasks = [asyncio.create_task(turn_log.begin(header())) for _ in range(20)]
    results = [await task for task in tasks]
    assert results.count(None) == 1
    assert results.count(header()) == 19


async def test_a_turn_is_found_under_its_id(turn_log: TurnLog) -> None:
    assert await turn_log.find(T) is None
    await turn_log.begin(header())
    assert await turn_log.find(T) == header()


async def test_what_is_appended_is_read_in_order(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    entries = words(numbers, "a", "b", "c")
    await turn_log.append(T, entries[:1])
    await turn_log.append(T, entries[1:])
    assert list(await turn_log.read(T)) == entries
    assert list(await turn_log.read(T, 2)) == entries[2:]
    assert list(await turn_log.read(T, 99)) == []


async def test_a_reader_gets_exactly_the_rest_after_any_number(turn_log: TurnLog) -> None:
    entries = Numbering().number([TurnStarted(), TextDelta("a"), TurnCompleted()])
    await turn_log.begin(header())
    await turn_log.append(T, entries)
    for after in (-1, 0, 1, 2, 3, 99):
        assert await heard(turn_log, after) == entries[max(after, 0) :]


async def test_readers_wait_for_what_is_not_there_yet(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    readers = [asyncio.create_task(heard(turn_log)) for _ in range(3)]
    entries = words(numbers, *"abcde")
    for entry in entries:
        await turn_log.append(T, [entry])
        await settle(3)
    (ending,) = numbers.number([TurnCompleted()])
    await turn_log.append(T, [ending])
    for reader in readers:
        assert await reader == [*entries, ending]


async def test_a_late_reader_gets_what_waits_in_one_batch(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    entries = words(Numbering(), *"abcde")
    await turn_log.append(T, entries)
    batches = turn_log.follow(T)
    batch: Sequence[Entry] = await anext(batches)
    await batches.aclose()
    assert list(batch) == entries


async def test_a_reader_that_is_cancelled_disturbs_no_other(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    gone, stays = (asyncio.create_task(heard(turn_log)) for _ in range(2))
    await settle()
    gone.cancel()
    entries = numbers.number([TextDelta("a"), TurnCompleted()])
    await turn_log.append(T, entries)
    assert await stays == entries
    assert gone.cancelled()


async def test_entries_that_are_there_already_are_passed_over(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    entries = words(numbers, "a", "b", "c")
    await turn_log.append(T, entries[:2])
    await turn_log.append(T, entries[:2])
    await turn_log.append(T, entries)
    assert list(await turn_log.read(T)) == entries


async def test_after_the_ending_nothing_can_be_added(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    assert not await turn_log.ended(T)
    entries = numbers.number([TextDelta("a"), TurnCompleted()])
    await turn_log.append(T, entries)
    await turn_log.append(T, numbers.number([TextDelta("late"), TurnFailed("x", "x")]))
    assert await turn_log.ended(T)
    assert await heard(turn_log) == entries


async def test_a_turn_that_is_not_there(turn_log: TurnLog) -> None:
    for attempt in (
        turn_log.append(T, words(Numbering(), "a")),
        turn_log.read(T),
        heard(turn_log),
    ):
        with pytest.raises(TurnNotFound):
            await attempt
    assert not await turn_log.ended(T)
    await turn_log.forget(T)


async def test_running_turns_by_user_oldest_first(turn_log: TurnLog) -> None:
    for name, user in (("t-1", ANNA), ("t-2", BORIS), ("t-3", ANNA), ("t-4", ANNA)):
        await turn_log.begin(header(TurnId(name), user))
    await turn_log.append(TurnId("t-3"), Numbering().number([TurnCompleted()]))
    assert [found.turn for found in await turn_log.running(ANNA)] == ["t-1", "t-4"]
    assert [found.turn for found in await turn_log.running(BORIS)] == ["t-2"]
    assert await turn_log.running(UserId(3)) == []


async def test_a_forgotten_turn_is_gone_for_its_readers_too(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    reader = asyncio.create_task(heard(turn_log))
    await settle()
    await turn_log.forget(T)
    with pytest.raises(TurnNotFound):
        await reader
    assert await turn_log.find(T) is None
    assert await turn_log.begin(header()) is None


async def test_ended_turns_are_dropped_some_time_later(
    turn_log: TurnLog, clock: ManualClock
) -> None:
    for name in ("t-1", "t-2"):
        await turn_log.begin(header(TurnId(name)))
    await turn_log.append(T, Numbering().number([TurnCompleted()]))
    await clock.advance(KEPT_S - 1)
    assert await turn_log.expire() == 0
    await clock.advance(1)
    assert await turn_log.expire() == 1
    assert await turn_log.find(T) is None
    assert await turn_log.find(TurnId("t-2")) is not None


async def test_a_turn_holds_so_many_entries_and_always_an_ending(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    for _ in range(FULL):
        await turn_log.append(T, words(numbers, "a"))
    with pytest.raises(TurnTooLong):
        await turn_log.append(T, [Entry(FULL + 1, FULL + 1, TextDelta("a"))])
    assert len(await turn_log.read(T)) == FULL
    await turn_log.append(T, numbers.number([TurnFailed("turn_too_long", "x")]))
    assert len(await heard(turn_log)) == FULL + 1


async def test_a_turn_holds_so_much_text(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    await turn_log.append(T, words(numbers, "a" * (FULL_BYTES // 2)))
    with pytest.raises(TurnTooLong):
        await turn_log.append(T, [Entry(2, 2, TextDelta("a" * FULL_BYTES))])
    await turn_log.append(T, numbers.number([TurnCompleted()]))
    assert await turn_log.ended(T)


async def test_of_a_full_log_the_oldest_sound_goes_first_and_nobody_misses_it_in_silence(
    turn_log: TurnLog,
) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    await turn_log.append(T, words(numbers, "Hi"))
    sound = numbers.number([AudioChunk(b"a" * 1500) for _ in range(5)])
    await turn_log.append(T, sound)
    late = await turn_log.read(T, 3)
    for _ in range(20):
        await turn_log.append(T, numbers.number([AudioChunk(b"b" * 1500)]))
    await turn_log.append(T, numbers.number([TurnCompleted()]))
    assert list(late) == sound[2:]
    whole = await heard(turn_log)
    assert [entry.seq for entry in whole] == list(range(1, 28))
    assert (whole[0].event, whole[1].event) == (TextDelta("Hi"), SoundDropped())
    attentive = Attentive()
    await turn_log.deliver(T, attentive, after=3)
    assert attentive.seen == [*range(4, 28)]
    rest = await heard(turn_log, after=24)
    assert [entry.seq for entry in rest] == [25, 26, 27]
    assert rest[0].event == AudioChunk(b"b" * 1500)
    there = await turn_log.read(T)
    assert (there[0].event, there[-3:]) == (TextDelta("Hi"), rest)
    assert all(entry.event != SoundDropped() for entry in there)
    assert list(await turn_log.read(T, 24)) == rest


async def test_of_entries_that_are_too_much_together_none_is_added(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    with pytest.raises(TurnTooLong):
        await turn_log.append(T, words(numbers, *"a" * (FULL + 1)))
    assert list(await turn_log.read(T)) == []


async def test_a_slow_reader_holds_up_nobody_and_misses_nothing(turn_log: TurnLog) -> None:
    numbers = Numbering()
    await turn_log.begin(header())
    slow = turn_log.follow(T)
    await turn_log.append(T, words(numbers, "a"))
    seen = list(await anext(slow))
    for text in "bcdef":
        await turn_log.append(T, words(numbers, text))
    await turn_log.append(T, numbers.number([TurnCompleted()]))
    async for batch in slow:
        seen += batch
    assert seen == await heard(turn_log)


class Attentive(TurnReader):
    """Takes entries; may be told to have no room after some, and to break."""

    def __init__(self, room: int = 1000, breaks_at: int | None = None) -> None:
        self.seen: list[int] = []
        self.waits = 0
        self._room = room
        self._breaks_at = breaks_at
        self.emptied = asyncio.Event()

    def take(self, entries: Sequence[Entry]) -> bool:
        if self._breaks_at is not None and entries[-1].seq >= self._breaks_at:
            raise ConnectionError("gone")
        self.seen += [entry.seq for entry in entries]
        return len(self.seen) % self._room != 0

    async def room(self) -> None:
        if self.seen and len(self.seen) % self._room == 0:
            self.waits += 1
            await self.emptied.wait()


async def test_who_keeps_up_is_handed_entries_while_they_are_appended(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    numbers = Numbering()
    await turn_log.append(T, words(numbers, "a", "b"))
    reader = Attentive()
    delivery = asyncio.create_task(turn_log.deliver(T, reader, after=1))
    await settle()
    await turn_log.append(T, words(numbers, "c"))
    await turn_log.append(T, words(numbers, "d", "e"))
    await settle()
    assert reader.seen == [2, 3, 4, 5]
    await turn_log.append(T, numbers.number([TurnCompleted()]))
    await delivery
    assert reader.seen == [2, 3, 4, 5, 6]


async def test_delivery_of_an_ended_turn_returns_by_itself(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    await turn_log.append(T, Numbering().number([TextDelta("a"), TurnCompleted()]))
    reader = Attentive()
    await turn_log.deliver(T, reader)
    assert reader.seen == [1, 2]


async def test_who_has_no_room_keeps_nobody_waiting_and_misses_nothing(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    numbers = Numbering()
    slow, quick = Attentive(room=2), Attentive()
    deliveries = [asyncio.create_task(turn_log.deliver(T, reader)) for reader in (slow, quick)]
    await settle()
    for text in "abcde":
        await turn_log.append(T, words(numbers, text))
        await settle()
    assert (slow.seen, quick.seen) == ([1, 2], [1, 2, 3, 4, 5])
    await turn_log.append(T, numbers.number([TurnCompleted()]))
    slow.emptied.set()
    for delivery in deliveries:
        await delivery
    assert slow.seen == quick.seen == [1, 2, 3, 4, 5, 6]
    assert slow.waits


async def test_who_breaks_harms_neither_the_writer_nor_others(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    numbers = Numbering()
    broken, whole = Attentive(breaks_at=2), Attentive()
    tasks = [asyncio.create_task(turn_log.deliver(T, reader)) for reader in (broken, whole)]
    await settle()
    for text in "abc":
        await turn_log.append(T, words(numbers, text))
    with pytest.raises(ConnectionError):
        await tasks[0]
    await turn_log.append(T, numbers.number([TurnCompleted()]))
    await tasks[1]
    assert (broken.seen, whole.seen) == ([1], [1, 2, 3, 4])


async def test_a_cancelled_delivery_goes_on_where_it_was(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    numbers = Numbering()
    reader = Attentive()
    delivery = asyncio.create_task(turn_log.deliver(T, reader))
    await settle()
    await turn_log.append(T, words(numbers, "a", "b"))
    delivery.cancel()
    await asyncio.wait({delivery})
    await turn_log.append(T, [*words(numbers, "c"), *numbers.number([TurnCompleted()])])
    assert reader.seen == [1, 2]
    await turn_log.deliver(T, reader, after=reader.seen[-1])
    assert reader.seen == [1, 2, 3, 4]


async def test_a_forgotten_turn_ends_its_deliveries(turn_log: TurnLog) -> None:
    await turn_log.begin(header())
    delivery = asyncio.create_task(turn_log.deliver(T, Attentive()))
    await settle()
    await turn_log.forget(T)
    with pytest.raises(TurnNotFound):
        await delivery

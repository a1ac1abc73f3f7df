"""How a turn ends, whatever goes wrong, and what its readers are told."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from adapters.memory.clock import ManualClock, settle
from adapters.memory.turn_log import MemoryTurnLog
from application.chat.stop_switch import StopSwitch
from application.chat.turn_limits import TurnLimits
from domain.catalog.card import Price
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
)
from domain.errors import NotConfigured, ServerExhausted
from domain.ids import MessageId, TurnId
from domain.provider_errors import (
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderOverloaded,
    ProviderUnauthorized,
)
from domain.turn.ask import Ask, Record
from domain.turn.entries import Entry
from domain.turn.errors import TurnInterrupted, TurnTimedOut
from domain.turn.events import (
    AnswerWritten,
    ModelStopped,
    SpeechDeclined,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
)
from domain.turn.metering import Usage
from domain.turn.settings import TurnSettings
from tests.unit.agent_rig import Clock, called
from tests.unit.gated_work import Locked
from tests.unit.rig import ANNA, LIMITS, SWIFT, WITH_TOOLS, Rig, question, said, text_of


class Laggard(MemoryTurnLog):
    """A log in another place: appending takes a while, and being cut off leaves it open."""

    def __init__(self, clock: ManualClock, *, arrives: bool) -> None:
        super().__init__(clock)
        self._arrives = arrives
        self.lagging_at = ""
        self.lagging = asyncio.Event()

    async def append(self, turn: TurnId, entries: Sequence[Entry]) -> None:
        last = entries[-1].event
        if isinstance(last, TextDelta) and last.text == self.lagging_at:
            if self._arrives:
                await super().append(turn, entries)
            self.lagging.set()
            await asyncio.Event().wait()
        await super().append(turn, entries)


def numbered_without_gaps(entries: Sequence[Entry]) -> bool:
    return [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (ProviderUnauthorized("acme", "No"), {"code": "provider_unauthorized", "provider": "acme"}),
        (ModelNotOffered("acme", "What?"), {"code": "model_not_offered", "provider": "acme"}),
        (
            ProviderOverloaded("acme", "Busy", retry_after_s=99),
            {"code": "provider_overloaded", "provider": "acme", "retry_after_s": 99},
        ),
        (
            NotConfigured("ACME_API_KEY"),
            {"code": "not_configured", "field": "ACME_API_KEY"},
        ),
    ],
)
async def test_an_error_of_the_model_is_the_ending(error: Exception, details: Any) -> None:
    async with Rig([error]) as rig:
        turn = await rig.start()
        ending = await rig.ending(turn)
        assert isinstance(ending, TurnFailed)
        assert {name: getattr(ending, name) for name in details} == details
        assert ending.message == str(error)
        assert not ending.after_content
        assert [row.message for row in await rig.rows(turn)] == ["Why?"]
        assert (await rig.record(turn)).state is AnswerState.FAILED


async def test_what_was_said_before_it_broke_off_is_kept() -> None:
    async with Rig([*said("Half"), ProviderBrokeOff("acme", "gone")]) as rig:
        turn = await rig.start()
        ending = await rig.ending(turn)
        assert isinstance(ending, TurnFailed)
        assert ending.after_content
        rows = await rig.rows(turn)
        assert (rows[1].message, rows[1].state) == ("Half", AnswerState.FAILED)
        assert ending.saved is not None
        assert ending.saved.answer == rows[1].message_id


async def test_a_defect_is_an_internal_error_without_details() -> None:
    async with Rig([*said("Half"), RuntimeError("secret")]) as rig:
        ending = await rig.ending(await rig.start())
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.message) == ("internal", "Internal server error")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("can't start new thread"), OSError(24, "Too many files")]
)
async def test_a_machine_that_has_nothing_to_spare_is_told_apart(error: Exception) -> None:
    async with Rig([*said("Half"), error]) as rig:
        ending = await rig.ending(await rig.start())
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.message) == (ServerExhausted.code, str(ServerExhausted()))


async def test_a_request_that_no_model_can_take_fails_before_any_call() -> None:
    async with Rig() as rig:
        turn = await rig.start(question(settings=TurnSettings(model="swfit")))
        ending = await rig.ending(turn)
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.field) == ("unknown_model", "model")
        assert "swift" in ending.message
        assert isinstance((await rig.heard(turn))[0].event, TurnStarted)


async def test_speech_is_declined_at_once_and_not_again_at_the_end() -> None:
    async with Rig(said("Quiet")) as rig:
        settings = TurnSettings(model="swift", speech_wanted=True)
        entries = await rig.heard(await rig.start(question(settings=settings)))
        assert isinstance(entries[2].event, SpeechDeclined)
        ending = entries[-1].event
        assert isinstance(ending, TurnCompleted)
        assert ending.speech_settled


async def test_usage_and_reason_come_with_the_whole_answer() -> None:
    stopped = ModelStopped("length", Usage(3, 4, 7), note="max_output_tokens")
    async with Rig([*said("Cut"), stopped]) as rig:
        entries = await rig.heard(await rig.start())
        written = entries[-2].event
        assert isinstance(written, AnswerWritten)
        assert (written.text, written.stop, written.note) == ("Cut", "length", "max_output_tokens")
        assert written.metering is not None
        assert written.metering.usage == Usage(3, 4, 7)


async def test_the_answer_is_saved_before_the_ending_is_told() -> None:
    async with Rig(said("Whole")) as rig:
        turn = await rig.start()
        async with rig.turns.follow(ANNA, turn) as batches:
            async for batch in batches:
                if isinstance(batch[-1].event, TurnCompleted):
                    rows = await rig.rows(turn)
                    assert (rows[1].message, rows[1].state) == ("Whole", AnswerState.COMPLETED)


async def test_a_growing_answer_is_saved_now_and_then() -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    async with Rig([*said("One"), gates[0], *said(" two"), gates[1]]) as rig:
        turn = await rig.start()
        await rig.clock.advance(1.6)
        assert (await rig.rows(turn))[1].message == "One"
        assert (await rig.rows(turn))[1].state is AnswerState.RUNNING
        opened = rig.store.opened
        await rig.clock.advance(0.5)
        gates[0].set()
        await rig.clock.advance(1.5)
        assert (await rig.rows(turn))[1].message == "One two"
        assert (await rig.record(turn)).answer == (await rig.rows(turn))[1].message_id
        assert rig.store.opened > opened


async def test_nothing_is_written_while_nothing_is_said() -> None:
    never_read = TurnLimits(drain_s=0, accounts_s=3600)
    async with Rig([*said("One"), asyncio.Event()], limits=never_read) as rig:
        await rig.start()
        await rig.clock.advance(2)
        opened = rig.store.opened
        await rig.clock.advance(20)
        assert rig.store.opened == opened


async def test_a_failed_checkpoint_costs_nothing_else() -> None:
    gate = asyncio.Event()
    async with Rig([*said("One"), gate, *said(" two")]) as rig:
        turn = await rig.start()
        rig.store.fail_next()
        await rig.clock.advance(1.6)
        assert len(await rig.rows(turn)) == 1
        await rig.clock.advance(1.6)
        assert (await rig.rows(turn))[1].message == "One"
        gate.set()
        assert isinstance(await rig.ending(turn), TurnCompleted)
        assert (await rig.rows(turn))[1].message == "One two"


async def test_saving_is_tried_again_while_readers_wait() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Whole"), gate]) as rig:
        turn = await rig.start()
        rig.store.fail_next(2)
        gate.set()
        await settle()
        assert not await rig.turns.ended(turn)
        await rig.clock.advance(0.5)
        assert isinstance(await rig.ending(turn), TurnCompleted)
        assert (await rig.rows(turn))[1].message == "Whole"


async def test_readers_do_not_wait_for_a_database_that_takes_its_time_to_refuse() -> None:
    gate, clock = asyncio.Event(), ManualClock()
    work = Locked(clock, waits_s=15)
    async with Rig([*said("Whole"), gate], work=work, clock=clock) as rig:
        work.inner = rig.store
        turn = await rig.start()
        work.locked = True
        gate.set()
        await settle()
        await clock.advance(15)
        assert await rig.turns.ended(turn)
        ending = await rig.ending(turn)
        work.locked = False
        await clock.advance(15 + LIMITS.save_late_s)  # Somebody may wait for the lock by now.
        _, answer = await rig.rows(turn)
    assert isinstance(ending, TurnFailed)
    assert ending.code == "storage_error"
    assert (answer.message, answer.state) == ("Whole", AnswerState.COMPLETED), "saved late"


@pytest.mark.parametrize("stored", [True, False])
async def test_an_answer_is_saved_once_whatever_is_heard_of_it(*, stored: bool) -> None:
    gate = asyncio.Event()
    async with Rig([*said("Whole"), gate]) as rig:
        turn = await rig.start()
        rig.store.doubt_next(stored)
        gate.set()
        await settle()
        await rig.clock.advance(0.5)
        assert isinstance(await rig.ending(turn), TurnCompleted)
        assert [row.message for row in await rig.rows(turn)] == ["Why?", "Whole"]


async def test_an_answer_that_cannot_be_saved_is_told_so() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Whole"), gate]) as rig:
        turn = await rig.start()
        rig.store.away = True
        gate.set()
        await rig.clock.advance(3)
        ending = (await rig.log.read(turn))[-1].event
        rig.store.away = False
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.message) == ("storage_error", "Failed to save chat history")
        assert ending.after_content
        assert ending.saved is not None
        assert ending.saved.answer is None
        assert text_of(await rig.heard(turn)) == "Whole"


async def test_an_answer_is_saved_late_once_the_database_is_back() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Whole"), gate]) as rig:
        turn = await rig.start()
        rig.store.away = True
        gate.set()
        await rig.clock.advance(60)
        rig.store.away = False
        assert len(await rig.rows(turn)) == 1
        await rig.clock.advance(5)
        answer = (await rig.rows(turn))[1]
        assert (answer.message, answer.state) == ("Whole", AnswerState.COMPLETED)
        assert (await rig.record(turn)).state is AnswerState.COMPLETED


async def test_the_end_of_the_process_is_the_last_chance_to_save() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Whole"), gate]) as rig:
        turn = await rig.start()
        rig.store.away = True
        gate.set()
        await rig.clock.advance(3)
        rig.store.away = False
    assert (await rig.rows(turn))[1].message == "Whole"


async def test_answers_that_go_with_the_process_are_named() -> None:
    gate = asyncio.Event()
    with capture_logs() as logs:
        async with Rig([*said("Whole"), gate]) as rig:
            turn = await rig.start()
            rig.store.away = True
            gate.set()
            await rig.clock.advance(3)
        rig.store.away = False
    [lost] = [line for line in logs if line["event"].startswith("answers are lost")]
    assert (lost["log_level"], lost["turns"]) == ("error", [turn])


async def test_a_conversation_deleted_meanwhile_does_not_keep_readers_waiting() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Whole"), gate]) as rig:
        turn = await rig.start()
        async with rig.store() as db:
            await db.conversations.remove(ANNA, (await rig.record(turn)).conversation)
        gate.set()
        await rig.clock.advance(3)
        ending = await rig.ending(turn)
        assert isinstance(ending, TurnCompleted)
        assert ending.saved is None


async def test_a_turn_that_says_too_much_ends_without_a_gap() -> None:
    clock = ManualClock()
    turn_log = MemoryTurnLog(clock, max_entries=5)
    async with Rig(said(*"abcdefgh"), turn_log=turn_log) as rig:
        turn = await rig.start()
        entries = await rig.heard(turn)
        assert numbered_without_gaps(entries)
        ending = entries[-1].event
        assert isinstance(ending, TurnFailed)
        assert ending.code == "turn_too_long"
        assert (await rig.rows(turn))[1].message == "abcd"


@pytest.mark.parametrize("arrives", [True, False])
async def test_an_append_cut_off_by_a_cancel_leaves_no_gap(arrives: bool) -> None:
    turn_log = Laggard(ManualClock(), arrives=arrives)
    turn_log.lagging_at = "two"
    async with Rig(said("one", "two", "three"), turn_log=turn_log) as rig:
        turn = await rig.start()
        await turn_log.lagging.wait()
        await rig.turns.cancel(ANNA, turn)
        await settle()
        entries = await rig.heard(turn)
        assert numbered_without_gaps(entries)
        assert isinstance(entries[-1].event, TurnCancelled)
        assert text_of(entries) == "onetwo"


async def test_an_answer_to_an_earlier_edit_that_comes_last_is_a_version() -> None:
    gate = asyncio.Event()
    async with Rig(said("First"), [*said("Late"), gate], said("Right")) as rig:
        first = await rig.record(await rig.start())

        def edited(text: str) -> Ask:
            record = Record(
                conversation=ConversationDraft(id=first.conversation),
                question=MessageDraft(message_id=first.question, message=text),
                answer=MessageDraft(message_id=first.answer, message=""),
                edits=True,
            )
            return question(text, record=record)

        late = await rig.start(edited("How?"))
        await rig.clock.advance(1)
        newest = await rig.start(edited("Where?"))
        assert isinstance(await rig.ending(newest), TurnCompleted)
        gate.set()
        ending = await rig.ending(late)
        assert [row.message for row in await rig.rows(newest)] == ["Where?", "Right"]
        async with rig.store() as db:
            every = await db.conversations.every_message(ANNA, first.conversation)
    (version,) = [row for row in every if row.turn_id == late and row.message == "Late"]
    assert (version.message, version.state) == ("Late", AnswerState.COMPLETED)
    assert (version.version_of, version.replaced) == (first.answer, True)
    assert isinstance(ending, TurnCompleted)
    assert ending.saved is not None
    assert ending.saved.answer == version.message_id


async def test_an_edit_shows_the_conversation_as_it_is_now() -> None:
    async with Rig(said("First"), said("Second")) as rig:
        turn = await rig.start()
        first = await rig.record(turn)
        assert first.answer is not None
        record = Record(
            conversation=ConversationDraft(id=first.conversation),
            question=MessageDraft(message_id=first.question, message="How?"),
            answer=MessageDraft(message_id=MessageId(first.answer), message=""),
            edits=True,
        )
        ending = await rig.ending(await rig.start(question("How?", record=record)))
        assert isinstance(ending, TurnCompleted)
        assert ending.saved is not None
        assert ending.saved.edited is not None
        assert [row.message for row in ending.saved.edited_messages] == ["How?", "Second"]


async def test_a_tool_that_breaks_is_told_to_the_model_and_ends_nothing() -> None:
    broken = Clock(error=ZeroDivisionError())
    async with Rig([called()], said("Sorry"), tools=[broken]) as rig:
        entries = await rig.heard(await rig.start(question(settings=WITH_TOOLS)))
        returned = next(e.event for e in entries if isinstance(e.event, ToolReturned))
        assert (returned.failed, returned.error) == (True, "Tool execution failed")
        assert text_of(entries) == "Sorry"
        assert isinstance(entries[-1].event, TurnCompleted)


async def test_a_switch_stops_work_that_it_is_given_later() -> None:
    switch = StopSwitch()
    switch.stop(TurnTimedOut(1))
    switch.stop(TurnInterrupted())
    assert isinstance(switch.why, TurnTimedOut)
    work = asyncio.create_task(asyncio.Event().wait())
    switch.guards(work)  # pyright: ignore[reportArgumentType]
    await asyncio.wait({work})
    assert work.cancelled()


async def test_a_model_that_turns_a_cancel_into_an_error_still_counts_as_cancelled() -> None:
    class Stubborn:
        async def stream(self, prompt: object) -> AsyncGenerator[Any, None]:
            yield [TextDelta("Half")]
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ProviderBrokeOff("acme", "connection closed") from None

    async with Rig() as rig:
        rig.model.stream = Stubborn().stream  # type: ignore[method-assign]
        turn = await rig.start()
        await rig.turns.cancel(ANNA, turn)
        assert isinstance(await rig.ending(turn), TurnCancelled)


async def test_a_call_that_the_client_runs_pauses_the_turn() -> None:
    call = ToolCalled("c1", "open_door", {}, "acme", awaited=True)
    async with Rig([TextDelta("One moment"), call, ModelStopped("tool_calls")]) as rig:
        ending = await rig.ending(await rig.start())
        assert isinstance(ending, TurnCompleted)
        assert ending.paused
        assert ending.saved is not None


async def test_a_call_of_our_own_tools_pauses_nothing() -> None:
    rounds = ([called(awaited=True), ModelStopped("tool_calls")], said("Noon"))
    async with Rig(*rounds, tools=[Clock()]) as rig:
        ending = await rig.ending(await rig.start(question(settings=WITH_TOOLS)))
        assert isinstance(ending, TurnCompleted)
        assert not ending.paused


async def test_every_turn_is_billed_whether_it_is_kept_or_not() -> None:
    stopped = ModelStopped("stop", Usage(10, 5, 15))
    async with Rig([*said("a"), stopped], [*said("b"), stopped]) as rig:
        await rig.ending(await rig.start())
        await rig.ending(await rig.start(question(record=None)))
        async with rig.store() as db:
            start = rig.clock.now() - timedelta(days=1)
            [found] = await db.usage.sums(ANNA, start, rig.clock.now(), "model")
    assert (found.answers, found.input_tokens, found.output_tokens) == (2, 20, 10)


async def test_a_cap_that_is_reached_ends_the_turn_before_the_call() -> None:
    dear = structs.replace(
        SWIFT, id="dear", model="dear-1", aliases=(), price=Price(1_000_000, 1_000_000)
    )
    async with Rig(cap_usd=0.01, cards=(dear,)) as rig:
        ending = await rig.ending(await rig.start(question(settings=TurnSettings(model="dear"))))
    assert isinstance(ending, TurnFailed)
    assert ending.code == "spending_cap"
    assert rig.model.prompts == []


async def test_bills_that_cannot_be_written_keep_no_answer_from_its_reader() -> None:
    async with Rig(said("So")) as rig:
        gate = rig.store
        gate.fail_next()
        ending = await rig.ending(await rig.start(question(record=None)))
    assert isinstance(ending, TurnCompleted)

"""An open chat socket: one request at a time, control messages at once, turns that outlive it."""

import asyncio
import json
from typing import Any

import pytest

from adapters.memory.clock import settle
from application.chat.turn_limits import TurnLimits
from domain.ids import TurnId
from domain.turn.events import ThinkingDelta, ToolCalled
from entrypoints.web.chat_session import QUEUED
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.line import ClientGone, NotJson
from entrypoints.web.shown_turns import FOLLOWED
from entrypoints.web.wire.client_message import ClientMessage
from tests.unit.entrypoints.sockets import PAIR, Client, asking
from tests.unit.rig import ANNA, BORIS, Rig, question, said


def never() -> asyncio.Event:
    return asyncio.Event()


def is_error(frame: dict[str, Any], stage: str, content: str = "") -> bool:
    return frame["type"] == "error" and frame["stage"] == stage and content in frame["content"]


async def test_a_turn_from_question_to_terminal_pair() -> None:
    async with Rig(said("Be", "cause")) as rig, Client(rig) as client:
        frames = await client.say(asking())
        assert [f["type"] for f in frames] == [
            "working", "custom_event", "text_chunk", "text_chunk", "custom_event",
            "db_operation_executed", *PAIR,
        ]  # fmt: skip
        assert {f["session_id"] for f in frames} == {client.line.connection}
        assert len({f["turn_id"] for f in frames}) == 1
        assert frames[-1]["seq"] == frames[-2]["seq"] == 6


async def test_requests_are_answered_one_after_another() -> None:
    gate = asyncio.Event()
    async with Rig([*said("First"), gate], said("Second")) as rig, Client(rig) as client:
        await client.say(asking("One?"), asking("Two?"))
        assert len(rig.model.prompts) == 1
        gate.set()
        await settle(60)
        assert client.text == "FirstSecond"
        assert client.kinds().count("text_completed") == 2


async def test_more_than_a_few_waiting_requests_are_refused_without_the_pair() -> None:
    async with Rig([never()]) as rig, Client(rig) as client:
        await client.say(asking())
        frames = await client.say(*(asking() for _ in range(QUEUED + 1)))
        assert len(frames) == 1
        assert is_error(frames[0], "validation", "Another request is still running")


async def test_as_many_may_wait_where_all_come_in_one_breath() -> None:
    answers = [said("Yes") for _ in range(QUEUED + 1)]
    async with Rig(*answers) as rig, Client(rig) as client:
        await client.say(*(asking() for _ in range(QUEUED + 1)))
        await settle(200)
        assert client.text == "Yes" * (QUEUED + 1)
        assert "error" not in client.kinds()


async def test_a_ping_is_answered_while_a_turn_runs() -> None:
    async with Rig([never()]) as rig, Client(rig) as client:
        await client.say(asking())
        (pong,) = await client.say({"type": "PING"})
        assert pong == {
            "type": "pong",
            "timestamp": "2026-01-01T00:00:00+00:00",
            "session_id": client.line.connection,
        }


async def test_whoever_says_much_at_once_lets_others_have_their_turn() -> None:
    async with Rig([never()]) as rig, Client(rig) as client:
        await client.say(asking())
        client.socket.say(*({"type": "ping"} for _ in range(50)), *("x" for _ in range(50)))
        before = len(client.socket.sent)
        for turn_of_others in range(1, 101):
            await asyncio.sleep(0)
            assert len(client.socket.sent) - before <= turn_of_others
        assert len(client.socket.sent) - before > 90


async def test_cancel_stops_the_running_turn() -> None:
    async with Rig([*said("Half"), never()]) as rig, Client(rig) as client:
        await client.say(asking())
        frames = await client.say({"type": "cancel"})
        assert [f["type"] for f in frames] == ["cancelled", "db_operation_executed", *PAIR]
        assert rig.model.closed_early == 1


async def test_cancel_right_behind_the_request_is_not_lost() -> None:
    async with Rig([never()], [never()]) as rig, Client(rig) as client:
        frames = await client.say(asking(), {"type": "cancel"})
        assert "cancelled" in [f["type"] for f in frames]
        # And it does not reach the next request.
        frames = await client.say(asking())
        assert "cancelled" not in [f["type"] for f in frames]


async def test_a_request_and_its_cancel_in_one_breath() -> None:
    async with Rig(said("First"), [never()]) as rig, Client(rig) as client:
        await client.say(asking())
        frames = await client.say(asking(), {"type": "cancel"})
        assert "cancelled" in [f["type"] for f in frames]


async def test_cancel_when_idle_says_nothing() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        assert await client.say({"type": "cancel"}) == []
        await client.say(asking())
        assert await client.say({"type": "cancel"}) == []


async def test_cancel_of_a_named_turn() -> None:
    async with Rig([never()]) as rig, Client(rig) as client:
        turn = await rig.start()
        assert await client.say({"type": "cancel", "turn_id": turn}) == []
        assert await rig.turns.ended(turn)
        (frame,) = await client.say({"type": "cancel", "turn_id": "unknown"})
        assert is_error(frame, "validation", "Turn not found")


async def test_cancel_reaches_a_turn_that_is_only_followed() -> None:
    async with Rig([never()]) as rig, Client(rig) as client:
        turn = await rig.start()
        await client.say({"type": "follow", "turn_id": turn})
        frames = await client.say({"type": "cancel"})
        assert [f["type"] for f in frames][-2:] == PAIR
        assert await rig.turns.ended(turn)


async def test_leaving_stops_no_turn() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Still"), gate, *said(" here")]) as rig:
        async with Client(rig) as client:
            await client.say(asking())
        (header,) = await rig.turns.running(ANNA)
        gate.set()
        async with Client(rig) as back:
            await back.say({"type": "follow", "turn_id": header.turn, "after": 2})
            assert back.text == "Still here"


async def test_a_question_is_answered_though_its_client_leaves_with_the_same_breath() -> None:
    async with Rig(said("Kept")) as rig:
        hasty = Client(rig)
        hasty.socket.hang_up()
        await hasty.session.run(ClientMessage(asking(local_id="k")))
        await settle(60)
        assert len(rig.model.prompts) == 1
        async with Client(rig) as client:
            assert [f["type"] for f in await client.say(asking(local_id="k"))] == PAIR


async def test_following_from_any_number_gives_the_rest() -> None:
    async with Rig(said(*"abcdef")) as rig, Client(rig) as client:
        turn = await rig.start()
        whole = await client.say({"type": "follow", "turn_id": turn})
        for after in range(1, whole[-1]["seq"]):
            rest = await client.say({"type": "follow", "turnId": turn, "after": after})
            assert rest[0].get("seq_from", rest[0]["seq"]) == after + 1
            assert [f["type"] for f in rest][-2:] == PAIR


async def test_whoever_has_the_number_of_the_ending_gets_the_pair() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        last = (await client.say(asking()))[-1]
        for after in (last["seq"], last["seq"] + 9):
            again = await client.say({"type": "follow", "turn_id": last["turn_id"], "after": after})
            assert [(f["type"], f["seq"]) for f in again] == [(k, last["seq"]) for k in PAIR]


async def test_a_turn_that_waits_for_the_client_has_no_pair_for_anybody() -> None:
    call = ToolCalled("c1", "lookup", {}, awaited=True)
    async with Rig([call]) as rig, Client(rig) as client:
        last = (await client.say(asking()))[-1]
        follow = {"type": "follow", "turn_id": last["turn_id"], "after": last["seq"]}
        assert await client.say(follow) == []


async def test_what_cannot_be_followed_is_an_error_frame() -> None:
    async with Rig([never()]) as rig, Client(rig, BORIS) as client:
        turn = await rig.start()
        for message in (
            {"type": "follow"},
            {"type": "follow", "turn_id": 5},
            {"type": "follow", "turn_id": "unknown"},
            {"type": "follow", "turn_id": turn},
        ):
            (frame,) = await client.say(message)
            assert is_error(frame, "validation")


@pytest.mark.parametrize("after", ["2", 1.5, True, [1]])
async def test_a_number_that_is_none_brings_nothing_twice(after: object) -> None:
    async with Rig([never()]) as rig, Client(rig) as client:
        turn = await rig.start()
        await client.say({"type": "follow", "turn_id": turn})
        (frame,) = await client.say({"type": "follow", "turn_id": turn, "after": after})
        assert is_error(frame, "validation", "after must be a whole number")
        assert frame["turn_id"] == turn
        same = await client.say({"type": "follow", "turn_id": turn, "after": 1.0})
        assert same[0]["seq"] == 2, "a whole number that a client writes as a float"


async def test_a_socket_follows_only_so_many_turns() -> None:
    limits = TurnLimits(per_user=20, drain_s=0)
    async with Rig(*([never()] for _ in range(FOLLOWED + 1)), limits=limits) as rig:
        turns = [await rig.start() for _ in range(FOLLOWED + 1)]
        async with Client(rig) as client:
            for turn in turns[:FOLLOWED]:
                await client.say({"type": "follow", "turn_id": turn})
            (frame,) = await client.say({"type": "follow", "turn_id": turns[-1]})
            assert is_error(frame, "validation", "already followed")
            # Again from elsewhere takes no second place.
            (*_,) = await client.say({"type": "follow", "turn_id": turns[0], "after": 2})
            assert client.kinds().count("error") == 1


async def test_following_again_takes_the_place_of_the_first() -> None:
    gate = asyncio.Event()
    async with Rig([gate, *said("Once")]) as rig, Client(rig) as client:
        turn = await rig.start()
        await client.say({"type": "follow", "turn_id": turn})
        await client.say({"type": "follow", "turn_id": turn, "after": 2})
        gate.set()
        await settle(60)
        assert client.text == "Once"


async def test_an_interrupted_turn_is_told_with_the_pair() -> None:
    async with Rig([never()]) as crashed:
        turn = await crashed.start(question(key="k"))
        async with Rig(after=crashed) as rig, Client(rig) as client:
            frames = await client.say({"type": "follow", "turn_id": turn})
            assert frames[0]["code"] == "interrupted"
            assert [f["type"] for f in frames] == ["error", *PAIR]
            assert {f["turn_id"] for f in frames} == {turn}


async def test_a_forgotten_turn_is_told_with_the_pair() -> None:
    async with Rig(said("So")) as first:
        turn = await first.start()
    async with Rig(after=first) as rig, Client(rig) as client:
        frames = await client.say({"type": "follow", "turn_id": turn})
        assert frames[0]["code"] == "no_buffer"
        assert [f["type"] for f in frames] == ["error", *PAIR]


async def test_the_same_payload_while_it_runs_goes_on_where_the_first_socket_was() -> None:
    gate = asyncio.Event()
    told = Deliveries()
    async with Rig([*said("One"), gate, *said(" two")]) as rig:
        async with Client(rig, deliveries=told) as client:
            await client.say(asking(local_id="k"))
        async with Client(rig, deliveries=told) as back:
            assert await back.say(asking(local_id="k")) == []
            gate.set()
            await settle(60)
            assert back.text == " two"
            assert back.kinds()[-2:] == PAIR
    rig.model.assert_played()


async def test_the_same_payload_after_the_end_brings_only_the_pair() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        first = await client.say(asking(local_id="k"))
        again = await client.say(asking(local_id="k"))
        assert [f["type"] for f in again] == PAIR
        assert [f["seq"] for f in again] == [first[-1]["seq"]] * 2
        assert {f["turn_id"] for f in again} == {first[0]["turn_id"]}


async def test_the_same_payload_after_a_restart_brings_only_the_pair() -> None:
    async with Rig(said("So")) as first, Client(first) as client:
        await client.say(asking(local_id="k"))
    async with Rig(after=first) as rig, Client(rig) as client:
        frames = await client.say(asking(local_id="k"))
        assert [f["type"] for f in frames] == PAIR


async def test_the_same_key_for_another_question_is_an_error() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        await client.say(asking("Why?", "k"))
        frames = await client.say(asking("How?", "k"))
        assert is_error(frames[0], "validation", "local_id")
        assert [f["type"] for f in frames[1:]] == PAIR


async def test_a_turn_run_anew_after_it_was_forgotten_is_shown_from_its_beginning() -> None:
    told = Deliveries()
    gate = asyncio.Event()
    rarely = TurnLimits(watch_s=3600, sweep_s=600, accounts_s=3600, save_late_s=600)
    async with Rig(said(*"abcdef"), [*said("New"), gate], limits=rarely) as rig:
        unkept = {"prompt": "Why?", "local_id": "k", "settings": {"text": {"model": "swift"}}}
        async with Client(rig, deliveries=told) as client:
            await client.say(unkept)
        await rig.clock.advance(25 * 3600)
        async with Client(rig, deliveries=told) as client:
            await client.say(unkept)
            assert client.text == "New"
        async with Client(rig, deliveries=told) as back:
            await back.say(unkept)
            gate.set()
            await settle(60)
            assert back.kinds()[-2:] == PAIR


async def test_too_many_turns_is_an_error_with_the_pair() -> None:
    async with Rig([never()], limits=TurnLimits(per_user=1, drain_s=0)) as rig:
        await rig.start()
        async with Client(rig) as client:
            frames = await client.say(asking())
            assert is_error(frames[0], "validation", "still running")
            assert [f["type"] for f in frames[1:]] == PAIR


@pytest.mark.parametrize(
    ("message", "stage", "content"),
    [
        ({}, "validation", "Prompt required"),
        (asking(customer_id=99), "validation", "Access denied: customer ID mismatch"),
        (asking(request_type="realtime"), "validation", "not available"),
        (asking() | {"user_input": []}, "validation", "must be an object"),
    ],
)
async def test_a_request_that_cannot_be_answered(
    message: dict[str, Any], stage: str, content: str
) -> None:
    async with Rig() as rig, Client(rig) as client:
        frames = await client.say(message)
        assert is_error(frames[0], stage, content)
        assert [f["type"] for f in frames[1:]] == PAIR


async def test_without_storage_the_error_and_the_pair_come_at_once() -> None:
    async with Rig() as rig, Client(rig) as client:
        rig.store.away = True
        frames = await client.say(asking())
        rig.store.away = False
        assert is_error(frames[0], "database")
        assert [f["type"] for f in frames[1:]] == PAIR


async def test_after_an_error_the_socket_goes_on() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        await client.say({})
        await client.say(asking())
        assert client.text == "So"


async def test_text_that_is_no_json_is_told_and_the_socket_stays_open() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        await client.say({"type": "heartbeat"})
        (frame,) = await client.say("{")
        assert is_error(frame, "validation", "Invalid payload")
        await client.say(asking())
        assert client.text == "So"


async def test_half_a_character_does_not_make_a_question_unreadable() -> None:
    async with Rig(said("So")) as rig, Client(rig) as client:
        await client.say({"type": "heartbeat"})
        await client.say(json.dumps(asking("Cut \ud83d")))
        assert rig.model.prompts[0].messages[-1].text == "Cut ?"
        (frame,) = await client.say('{"prompt": "\\ud83d", "n": NaN}')
        assert is_error(frame, "validation", "Invalid payload")


async def test_what_means_nothing_is_passed_over() -> None:
    async with Rig() as rig, Client(rig) as client:
        assert await client.say({"type": "heartbeat"}, "5", "[1]", {"type": "audio_chunk"}) == []
        client.socket.say_bytes(b"\x00" * 10)
        assert await client.say({"type": "RecordingFinished"}) == []


async def test_a_binary_frame_may_not_be_too_big() -> None:
    async with Rig() as rig, Client(rig) as client:
        await client.say({"type": "heartbeat"})
        client.socket.say_bytes(b"\x00" * (1024 * 1024 + 1))
        await settle()
        assert client.socket.closed is not None
        assert client.socket.closed[0] == 1009


async def test_the_client_may_close() -> None:
    async with Rig() as rig, Client(rig) as client:
        (frame,) = await client.say({"type": "close_session"})
        assert (frame["type"], frame["reason"]) == ("closing", "client_request")
        assert client.socket.closed == (1000, "")


async def test_a_socket_that_breaks_in_the_middle_stops_its_session_but_no_turn() -> None:
    gate = asyncio.Event()
    async with Rig([*said("One"), gate, *said("Two")], said("never")) as rig:
        async with Client(rig) as client:
            await client.say(asking(), asking())
            client.socket.broken = True
            gate.set()
            await settle(60)
        async with rig.store() as db:
            assert len(await db.accounts.all()) == 2
        assert len(rig.model.prompts) == 1
        assert await rig.turns.running(ANNA) == []


async def test_resuming_sends_the_chunks_an_earlier_connection_may_have_missed() -> None:
    told = Deliveries()
    steps = [*said("a"), ThinkingDelta("b"), *said("c")]
    async with Rig(steps) as rig:
        async with Client(rig, deliveries=told) as old:
            await old.say(asking())
        async with Client(rig, deliveries=told) as client:
            resume = {"type": "stream_resume", "session_id": old.line.connection}
            (frame,) = await client.say(resume | {"last_chunk_index": 1})
            data = frame["data"]
            assert (frame["type"], data["status"], data["count"]) == (
                "stream_resume_batch",
                "ok",
                2,
            )
            assert data["session_id"] == old.line.connection
            assert [chunk["type"] for chunk in data["chunks"]] == ["thinking_chunk", "text_chunk"]
            thought, text = data["chunks"]
            assert thought["data"]["session_id"] == text["session_id"] == old.line.connection
            assert "session_id" not in thought
            (frame,) = await client.say(resume | {"last_chunk_id": None})
            assert frame["data"]["count"] == 3


@pytest.mark.parametrize(
    ("message", "status", "echoed"),
    [
        ({}, "invalid_request", None),
        ({"session_id": 5}, "invalid_request", None),
        ({"session_id": "unknown"}, "no_buffer", "unknown"),
    ],
)
async def test_resuming_what_is_not_there(
    message: dict[str, Any], status: str, echoed: str | None
) -> None:
    async with Rig() as rig, Client(rig) as client:
        (frame,) = await client.say({"type": "stream_resume", **message})
        assert frame == {
            "type": "stream_resume_batch",
            "data": {"session_id": echoed, "chunks": [], "count": 0, "status": status},
        }


@pytest.mark.parametrize("whose", ["nobody's", "Boris's", "forgotten"])
async def test_following_what_is_not_there_leaves_the_chunks_shown_before(whose: str) -> None:
    told = Deliveries()
    async with Rig(said("Other"), said("So")) as rig:
        turn = await rig.start(question(user=ANNA if whose == "forgotten" else BORIS))
        await settle()
        if whose == "forgotten":
            await rig.log.forget(turn)
        async with Client(rig, deliveries=told) as old:
            await old.say(asking())
            named = "unknown" if whose == "nobody's" else turn
            await old.say({"type": "follow", "turn_id": named})
            assert "error" in old.kinds()
        resume = {"type": "stream_resume", "session_id": old.line.connection}
        async with Client(rig, deliveries=told) as client:
            (batch,) = await client.say(resume)
        assert [chunk["content"] for chunk in batch["data"]["chunks"]] == ["So"]


async def test_resuming_somebody_elses_connection_or_a_forgotten_turn() -> None:
    told = Deliveries()
    async with Rig(said("So")) as rig:
        async with Client(rig, deliveries=told) as old:
            await old.say(asking())
        resume = {"type": "stream_resume", "session_id": old.line.connection}
        async with Client(rig, BORIS, told) as client:
            assert (await client.say(resume))[0]["data"]["status"] == "no_buffer"
        turn = told.shown_on(old.line.connection, ANNA)
        assert turn is not None
        await rig.log.forget(TurnId(turn))
        async with Client(rig, deliveries=told) as client:
            assert (await client.say(resume))[0]["data"]["status"] == "no_buffer"


async def test_the_first_message_may_be_late_or_no_json() -> None:
    async with Rig() as rig:
        client = Client(rig)
        client.socket.say_bytes(b"\x00")
        client.socket.say({"type": "ping"})
        assert (await client.line.first(10)).control == "ping"
        client.socket.say("{")
        with pytest.raises(NotJson):
            await client.line.first(10)
        with pytest.raises(TimeoutError):
            await client.line.first(0)
        client.socket.hang_up()
        with pytest.raises(ClientGone):
            await client.line.first(10)


async def test_an_answer_is_written_anew_in_its_place() -> None:
    async with Rig(said("First"), said("Second")) as rig, Client(rig) as client:
        frames = await client.say(asking("Why?", session_id=""))
        saved = json.loads(find(frames, "db_operation_executed")["content"])
        again = {"type": "regenerate", "session_id": saved["session_id"], "local_id": "r-1"}
        frames = await client.say(again | {"settings": {"text": {"model": "swift"}}})
        edited = json.loads(find(frames, "db_operation_executed")["content"])
        assert edited["ai_message_id"] == saved["ai_message_id"]
        shown = edited["session"]["messages"]
        assert [m["message"] for m in shown] == ["Why?", "Second"]
        assert shown[1]["sibling_ids"][-1] == saved["ai_message_id"]
        assert len(shown[1]["sibling_ids"]) == 2
        assert client.kinds()[-2:] == PAIR
        repeated = await client.say(again | {"settings": {"text": {"model": "swift"}}})
        assert [f["type"] for f in repeated] == PAIR
        assert len(rig.model.prompts) == 2


async def test_a_question_that_is_asked_once_more_is_not_listened_for() -> None:
    async with Rig(said("First"), said("Second")) as rig, Client(rig) as client:
        saved = json.loads(find(await client.say(asking()), "db_operation_executed")["content"])
        again = {"type": "regenerate", "session_id": saved["session_id"], "request_type": "audio"}
        frames = await client.say(again)
        assert "".join(f["content"] for f in frames if f["type"] == "text_chunk") == "Second"


async def test_asking_again_joins_its_own_turn_and_no_other() -> None:
    answers = said("First"), [never()]
    async with Rig(*answers) as rig, Client(rig) as client, Client(rig) as back:
        saved = json.loads(find(await client.say(asking()), "db_operation_executed")["content"])
        number = float(saved["ai_message_id"])
        again = {"type": "regenerate", "session_id": saved["session_id"], "message_id": number}
        (working, *_) = await client.say(again | {"local_id": "r-1"})
        (refused, *_) = await back.say(again | {"local_id": "r-2"})
        assert is_error(refused, "validation", "still being written")
        (joined, *_) = await back.say(again | {"local_id": "r-1"})
        assert joined["turn_id"] == working["turn_id"]


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({}, "session_id"),
        ({"session_id": "c"}, "Session not found"),
        ({"session_id": "c", "message_id": "x"}, "message_id"),
        ({"session_id": "c", "customer_id": BORIS}, "Access denied"),
        ({"session_id": "c", "local_id": "x" * 201}, "local_id"),
    ],
)
async def test_what_cannot_be_written_anew_is_an_error_and_the_pair(
    message: dict[str, Any], word: str
) -> None:
    async with Rig() as rig, Client(rig) as client:
        frames = await client.say({"type": "regenerate", **message})
        assert is_error(frames[0], "validation", word)
        assert [f["type"] for f in frames[1:]] == PAIR


async def test_a_fork_starts_a_conversation_of_its_own() -> None:
    async with Rig(said("Two")) as rig, Client(rig) as client:
        earlier = [{"message": "One?"}, {"message": "1.", "isUserMessage": False}]
        ask = asking("Two?")
        ask["user_input"]["new_session_from_here_full_chat_history"] = earlier
        frames = await client.say(ask)
        saved = json.loads(find(frames, "db_operation_executed")["content"])
        rows = await rig.rows(conversation=saved["session_id"])
        assert [row.message for row in rows] == ["One?", "1.", "Two?", "Two"]


def find(frames: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(frame for frame in frames if frame["type"] == kind)

"""Turns by their id over HTTP."""

import asyncio

import httpx
import pytest

from application.chat.turns import Started
from domain.conversation.conversation import AnswerState, ConversationDraft, MessageDraft, Sender
from domain.ids import TurnId
from domain.turn.ask import Ask, Record
from domain.turn.events import TextDelta, ThinkingDelta, ToolCalled
from domain.turn.prompt import TextPart
from domain.turn.record import TurnRecord
from tests.api.event_stream import frames, numbered
from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient


async def start(parley: Parley, *, kept: bool = True) -> Started:
    turns = await parley.turns
    record = Record() if kept else None
    return await turns.start(Ask(user=parley.anna.id, question=(TextPart("?"),), record=record))


def path(turn: str, what: str = "events") -> str:
    return f"/api/v1/turns/{turn}/{what}"


async def test_running_turns_are_listed(parley: Parley, anna: httpx.AsyncClient) -> None:
    gate = asyncio.Event()
    parley.script([gate])
    started = await start(parley)
    running = (await anna.get("/api/v1/turns")).json()["data"]
    others = (await anna.get("/api/v1/turns", headers=parley.boris_headers)).json()["data"]
    gate.set()
    assert running == {"turns": [{"turn_id": started.turn, "request_type": "text"}], "count": 1}
    assert others["count"] == 0


async def test_head_of_a_running_turn_waits_for_nothing(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    gate = asyncio.Event()
    parley.script([gate])
    started = await start(parley)
    answer = await anna.head(path(started.turn))
    gate.set()
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_events_are_the_frames_of_the_socket(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([TextDelta("Hi")])
    started = await start(parley)
    answer = await anna.get(path(started.turn))
    found = frames(answer.text)
    assert [frame["type"] for frame in found] == [
        "working",
        "custom_event",
        "text_chunk",
        "custom_event",
        "db_operation_executed",
        "text_completed",
        "tts_not_requested",
    ]
    assert {frame["turn_id"] for frame in found} == {started.turn}
    assert all(
        int(number or 0) == frame["seq"]
        for (number, _), frame in zip(numbered(answer.text), found, strict=True)
    )


@pytest.mark.parametrize("by_header", [True, False])
async def test_a_reader_gets_exactly_the_rest(
    parley: Parley, anna: httpx.AsyncClient, by_header: bool
) -> None:
    parley.script([ThinkingDelta("hm"), TextDelta("a"), TextDelta("b")])
    started = await start(parley)
    whole = frames((await anna.get(path(started.turn))).text)
    for seen in range(whole[-1]["seq"]):
        if by_header:
            headers = {"Last-Event-ID": str(seen)}
            answer = await anna.get(path(started.turn) + "?after=1", headers=headers)
        else:
            answer = await anna.get(path(started.turn) + f"?after={seen}")
        rest = frames(answer.text)
        text = "".join(frame["content"] for frame in rest if frame["type"] == "text_chunk")
        assert {frame["seq"] for frame in rest} <= set(range(seen + 1, whole[-1]["seq"] + 1))
        assert text == {3: "ab", 4: "b"}.get(seen, "ab" if seen < 4 else "")


async def test_a_reader_that_is_cut_anywhere_gets_each_frame_once(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    pieces = (ThinkingDelta("h"), ThinkingDelta("m"), ThinkingDelta("."), *map(TextDelta, "abc"))
    parley.script([*pieces])
    started = await start(parley)
    whole = numbered((await anna.get(path(started.turn))).text)
    for at, (number, _) in enumerate(whole[:-1]):
        headers = {"Last-Event-ID": number or ""}
        rest = numbered((await anna.get(path(started.turn), headers=headers)).text)
        assert rest == whole[at + 1 :]
    shared = [number for number, data in whole if '"thinking_chunk"' in data]
    assert shared == ["03", "04", "05"]


@pytest.mark.parametrize("beyond", [0, 5])
async def test_a_reader_that_was_cut_off_within_the_ending_gets_the_pair(
    parley: Parley, anna: httpx.AsyncClient, beyond: int
) -> None:
    parley.script([TextDelta("a")])
    started = await start(parley)
    last = frames((await anna.get(path(started.turn))).text)[-1]["seq"]
    seen = {"Last-Event-ID": str(last + beyond)}
    answer = await anna.get(path(started.turn), headers=seen)
    assert [(frame["type"], frame["seq"]) for frame in frames(answer.text)] == [
        ("text_completed", last),
        ("tts_not_requested", last),
    ]
    assert {number for number, _ in numbered(answer.text)} == {str(last)}


async def test_a_turn_that_waits_for_its_client_has_no_pair(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.script([ToolCalled("c1", "f", {}, awaited=True)])
    started = await start(parley)
    last = frames((await anna.get(path(started.turn))).text)[-1]["seq"]
    answer = await anna.get(path(started.turn) + f"?after={last + 1}")
    assert frames(answer.text) == []


async def test_following_live_and_leaving_does_not_stop_it(parley: Parley) -> None:
    gate = asyncio.Event()
    parley.script([TextDelta("first"), gate, TextDelta("second")])
    started = await start(parley)
    client = RawClient(parley.app, "GET", path(started.turn), headers=parley.headers)
    await client.until(b"first")
    await client.hang_up()
    again = RawClient(parley.app, "GET", path(started.turn), headers=parley.headers)
    await again.until(b"first")
    gate.set()
    assert frames(await again.whole())[-1]["type"] == "tts_not_requested"


async def test_a_stream_that_has_begun_outlives_its_token_and_no_other_begins(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    gate = asyncio.Event()
    parley.script([TextDelta("first"), gate, TextDelta("second")])
    started = await start(parley)
    client = RawClient(parley.app, "GET", path(started.turn), headers=parley.headers)
    await client.until(b"first")
    assert (await anna.post("/api/v1/auth/logout-everywhere")).status_code == 200
    gate.set()
    whole = frames(await client.whole())
    assert [f["content"] for f in whole if f["type"] == "text_chunk"] == ["first", "second"]
    assert whole[-1]["type"] == "tts_not_requested"
    assert (await anna.get(path(started.turn))).status_code == 401


async def test_pings_come_every_fifteen_seconds(parley: Parley) -> None:
    gate = asyncio.Event()
    parley.script([TextDelta("first"), gate])
    started = await start(parley)
    client = RawClient(parley.app, "GET", path(started.turn), headers=parley.headers)
    await client.until(b"first")
    await parley.clock.advance(46)
    gate.set()
    assert (await client.whole()).count(b": ping\n\n") == 3


async def test_the_token_may_be_in_the_url_here_only(
    parley: Parley, stranger: httpx.AsyncClient
) -> None:
    parley.script([TextDelta("Hi")])
    started = await start(parley)
    followed = await stranger.get(path(started.turn) + f"?token={parley.token}")
    listed = await stranger.get(f"/api/v1/turns?token={parley.token}")
    assert (followed.status_code, listed.status_code) == (200, 401)


async def test_cancelling_twice_is_cancelling(parley: Parley, anna: httpx.AsyncClient) -> None:
    model = parley.script([TextDelta("half"), asyncio.Event()])
    started = await start(parley)
    await model.waiting.wait()
    first = await anna.post(path(started.turn, "cancel"))
    types = [frame["type"] for frame in frames((await anna.get(path(started.turn))).text)]
    second = await anna.post(path(started.turn, "cancel"))
    assert first.json() == second.json()
    assert first.status_code == 200
    assert types[-4:] == [
        "cancelled",
        "db_operation_executed",
        "text_completed",
        "tts_not_requested",
    ]


@pytest.mark.parametrize(("method", "what"), [("GET", "events"), ("POST", "cancel")])
async def test_others_turns_are_not_there(
    parley: Parley, stranger: httpx.AsyncClient, method: str, what: str
) -> None:
    parley.script([TextDelta("Hi")])
    started = await start(parley)
    for turn in (started.turn, "no-such-turn"):
        url = path(turn, what)
        answer = await stranger.request(method, url, headers=parley.boris_headers)
        assert (answer.status_code, answer.json()["message"]) == (404, "Turn not found")


async def test_a_dead_process_is_told_of_and_cancelling_it_is_no_error(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    turn = await interrupted(parley)
    found = frames((await anna.get(path(turn))).text)
    assert [frame["type"] for frame in found] == ["error", "text_completed", "tts_not_requested"]
    assert found[0]["code"] == "interrupted"
    assert (await anna.post(path(turn, "cancel"))).status_code == 200


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 40])
async def test_numbers_must_be_numbers(
    parley: Parley, anna: httpx.AsyncClient, number: str
) -> None:
    parley.script([TextDelta("Hi")])
    started = await start(parley)
    by_query = await anna.get(path(started.turn) + f"?after={number}")
    by_header = await anna.get(path(started.turn), headers={"Last-Event-ID": number})
    assert (by_query.status_code, by_header.status_code) == (422, 422)


async def interrupted(parley: Parley) -> TurnId:
    turn = TurnId("11111111-1111-4111-8111-111111111111")
    async with parley.work() as db:
        talk = await db.conversations.open(parley.anna.id, ConversationDraft())
        draft = MessageDraft(message="?")
        question = await db.conversations.add_message(
            parley.anna.id, talk.id, Sender.USER, draft, turn=turn
        )
        await db.turns.add(
            TurnRecord(
                turn=turn,
                user=parley.anna.id,
                fingerprint="f",
                conversation=talk.id,
                question=question,
                state=AnswerState.INTERRUPTED,
                started_at=parley.clock.now(),
            )
        )
    return turn

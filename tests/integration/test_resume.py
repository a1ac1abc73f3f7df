"""Closing the laptop in the middle, and coming back: nothing is lost, nothing comes twice."""

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
import pytest

from application.chat.turns import Turns
from tests.integration.chat_client import Frame, ask, chat, kinds, numbers, text
from tests.integration.live_server import ThreadServer
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import Gate, Reply, Step

pytestmark = pytest.mark.integration
WORDS = "one two three four five six seven eight"


def stepwise(reply: Reply) -> tuple[Reply, list[Gate]]:
    """Return the reply with a gate before each of its steps."""
    gates = [Gate() for _ in reply.steps]
    steps: list[Step] = [part for pair in zip(gates, reply.steps, strict=True) for part in pair]
    return Reply(steps, headers=reply.headers), gates


async def test_a_socket_cut_after_any_event_goes_on_where_it_was(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    """One turn, told to a chain of sockets each of which reads a single number and is cut."""
    reply, gates = stepwise(chat_stream(WORDS))
    simulator.script(reply)
    frames: list[Frame] = []
    async with chat(server.address, anna) as client:
        await client.send(ask("count", model="gpt-4o-mini"))
        frames.append(await client.until("working"))
    turn = frames[0]["turn_id"]
    for gate in gates:
        simulator.open(gate)
    while frames[-1]["type"] != "tts_not_requested":
        async with chat(server.address, anna) as client:
            await client.send({"type": "follow", "turn_id": turn, "after": frames[-1]["seq"]})
            frame = await client.next()
            while frame["type"] == "websocket_ready":
                frame = await client.next()
            number = frame["seq"]
            while frame["seq"] == number:
                frames.append(frame)
                if frame["type"] == "tts_not_requested":
                    break
                frame = await client.next()
            client.socket.transport.abort()
    assert numbers(frames)[0] == 1
    assert text(frames) == WORDS
    names = kinds(frames)
    assert len(names) == len(set(names)), "each kind in one run, so nothing came twice"


async def test_three_readers_see_the_same_turn(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    reply, gates = stepwise(chat_stream(WORDS))
    simulator.script(reply)
    async with AsyncExitStack() as open_sockets:
        asker, second, third = [
            await open_sockets.enter_async_context(chat(server.address, anna)) for _ in range(3)
        ]
        await asker.send(ask("count", model="gpt-4o-mini"))
        turn = (await asker.until("working"))["turn_id"]
        await second.send({"type": "follow", "turn_id": turn, "after": 0})
        await second.until("working")
        for gate in gates[:5]:
            simulator.open(gate)
        await third.send({"type": "follow", "turn_id": turn})
        for gate in gates[5:]:
            simulator.open(gate)
        turns = [await reader.turn() for reader in (asker, second, third)]
    assert {text(frames) for frames in turns} == {WORDS}
    assert len({f["content"] for frames in turns for f in frames if "db_op" in f["type"]}) == 1


async def test_the_same_payload_again_goes_on_after_the_last_frame_written(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    reply, gates = stepwise(chat_stream(WORDS))
    simulator.script(reply)
    request = ask("count", model="gpt-4o-mini")
    before: list[Frame] = []
    async with chat(server.address, anna) as client:
        await client.send(request)
        for gate in gates[:4]:
            simulator.open(gate)
        while text(before) != "one two three":
            before.append(await client.next())
    async with chat(server.address, anna) as client:
        await client.send(request)
        await client.send({"type": "heartbeat"})
        for gate in gates[4:]:
            simulator.open(gate)
        after = await client.turn()
    assert text(before) + text(after) == WORDS
    assert "working" not in kinds(after)
    assert len(simulator.requests) == 1
    async with chat(server.address, anna) as client:
        await client.send(request)
        pair = await client.turn()
        await client.nothing_more()
    assert [frame["type"] for frame in pair] == ["text_completed", "tts_not_requested"]
    assert {frame["turn_id"] for frame in pair} == {after[0]["turn_id"]}


async def test_twenty_equal_requests_at_once_run_once(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    request = ask("count", model="gpt-4o-mini")

    async def one() -> list[Frame]:
        async with chat(server.address, anna) as client:
            await client.send(request)
            return await client.turn()

    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(one()) for _ in range(20)]
    turns = [task.result() for task in asking]
    assert len(simulator.requests) == 1
    assert len({frame["turn_id"] for frames in turns for frame in frames}) == 1
    whole = [frames for frames in turns if text(frames) == "Hello from the simulator"]
    assert whole, "at least the first reader saw all of it"


async def test_the_same_key_with_another_question_is_an_error(
    server: ThreadServer, anna: str, boris: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("first", local_id="k1"))
        await client.turn()
        await client.send(ask("second", local_id="k1"))
        frames = await client.turn()
        assert frames[0]["code"] == "question_differs"
    async with chat(server.address, boris) as client:
        await client.send(ask("somebody else's k1", local_id="k1"))
        assert "somebody else" in text(await client.turn())


async def test_stream_resume_returns_the_chunks_after_a_number(
    server: ThreadServer, anna: str, boris: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("/long 30"))
        frames = await client.turn()
    earlier = frames[0]["session_id"]
    resume = {"type": "stream_resume", "session_id": earlier, "last_chunk_index": 12}
    async with chat(server.address, anna) as client:
        await client.send(resume)
        batch = (await client.until("stream_resume_batch"))["data"]
        assert (batch["status"], batch["session_id"]) == ("ok", earlier)
        assert batch["count"] == len(batch["chunks"])
        assert [chunk["chunk_index"] for chunk in batch["chunks"]] == list(
            range(13, batch["chunks"][-1]["chunk_index"] + 1)
        )
        rest = "".join(chunk["content"] for chunk in batch["chunks"])
        assert text(frames).endswith(rest)
        assert {chunk["session_id"] for chunk in batch["chunks"]} == {earlier}
        await client.send(resume | {"last_chunk_index": None, "last_chunk_id": 0})
        whole = (await client.until("stream_resume_batch"))["data"]["chunks"]
        assert "".join(chunk["content"] for chunk in whole) == text(frames)
        for unknown in ({"session_id": "nobody's"}, {"session_id": None}):
            await client.send({"type": "stream_resume"} | unknown)
        statuses = [(await client.until("stream_resume_batch"))["data"]["status"] for _ in range(2)]
        assert statuses == ["no_buffer", "invalid_request"]
    async with chat(server.address, boris) as stranger:
        await stranger.send(resume)
        assert (await stranger.until("stream_resume_batch"))["data"]["status"] == "no_buffer"


@pytest.mark.parametrize("turn", ["unknown", "anna's"])
async def test_a_turn_of_nobody_or_of_another_cannot_be_followed(
    server: ThreadServer, anna: str, boris: str, turn: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("mine"))
        frames = await client.turn()
    wanted = frames[0]["turn_id"] if turn == "anna's" else turn
    async with chat(server.address, boris) as stranger:
        await stranger.send({"type": "follow", "turn_id": wanted, "after": 0})
        error = await stranger.until("error")
        assert (error["stage"], error["code"]) == ("validation", "not_found")
        await stranger.send({"type": "cancel", "turn_id": wanted})
        assert (await stranger.until("error"))["code"] == "not_found"
        await stranger.send({"type": "follow"})
        assert "turn_id" in (await stranger.until("error"))["content"]


async def test_the_history_holds_the_answer_of_a_turn_that_nobody_watched(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    reply, gates = stepwise(chat_stream(WORDS))
    simulator.script(reply)
    async with chat(server.address, anna) as client:
        await client.send(ask("count", model="gpt-4o-mini"))
        turn = (await client.until("working"))["turn_id"]
    for gate in gates:
        simulator.open(gate)
    turns = await asyncio.wrap_future(server.run(server.container.get(Turns)))
    while not await asyncio.wrap_future(server.run(turns.ended(turn))):
        pass
    async with chat(server.address, anna) as client:
        await client.send({"type": "follow", "turn_id": turn, "after": 0})
        frames = await client.turn()
    saved = json.loads(next(f for f in frames if f["type"] == "db_operation_executed")["content"])
    async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
        detail = await http.post(
            "/api/v1/chat/sessions/detail",
            headers={"Authorization": f"Bearer {anna}"},
            json={"customer_id": 1, "session_id": saved["session_id"]},
        )
    question, answer = detail.json()["data"]["messages"]
    assert (question["sender"], question["message"]) == ("User", "count")
    assert (answer["sender"], answer["message"]) == ("AI", WORDS)

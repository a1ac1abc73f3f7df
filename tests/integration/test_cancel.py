"""Cancel reaches the provider, keeps what was said, and is told to every reader once."""

import asyncio
import json

import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import AnswerState, StoredMessage
from domain.ids import ConversationId, UserId
from tests.integration.chat_client import Frame, ask, chat, kinds, text
from tests.integration.live_server import ThreadServer
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import Hang, delayed, failure, spoiled

pytestmark = pytest.mark.integration
ENDING = ["cancelled", "db_operation_executed", "text_completed", "tts_not_requested"]


async def stored(server: ThreadServer, frames: list[Frame]) -> list[StoredMessage]:
    """Return the messages that the turn's acknowledgement speaks of."""
    saved = json.loads(next(f for f in frames if f["type"] == "db_operation_executed")["content"])
    conversation = ConversationId(saved["session_id"])

    async def read() -> list[StoredMessage]:
        async with (await server.container.get(UnitOfWork))() as db:
            return (await db.conversations.messages(UserId(1), (conversation,)))[conversation]

    return await asyncio.wrap_future(server.run(read()))


@pytest.mark.parametrize("steps", range(1, 7))
async def test_cancel_in_the_stream_closes_the_provider_and_keeps_the_text(
    server: ThreadServer, anna: str, simulator: OpenAISimulator, steps: int
) -> None:
    simulator.script(spoiled(chat_stream("one two three four five six"), steps, Hang()))
    said = "one two three four five six"[: [0, 3, 7, 13, 18, 23][steps - 1]]
    async with chat(server.address, anna) as client:
        await client.send(ask("count", model="gpt-4o-mini"))
        frames = [await client.until("custom_event")]
        while text(frames) != said:
            frames.append(await client.next())
        while not simulator.requests:
            await client.nothing_more()
        await client.send({"type": "cancel", "why": "changed my mind"})
        frames += await client.turn()
        await client.nothing_more()
    assert kinds(frames)[-4:] == ENDING
    async with asyncio.timeout(5):
        await simulator.requests[0].client_left()
    messages = await stored(server, frames)
    assert messages[0].message == "count"
    if said:
        assert messages[1].message == said
        assert messages[1].state is AnswerState.CANCELLED
        assert messages[1].claude_code_data == {"cancelled": True}
    else:
        assert len(messages) == 1, "an answer without a word leaves no ghost"


async def test_cancel_before_the_first_byte(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(delayed(chat_stream(), Hang()))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        await client.until("custom_event")
        await client.send({"type": "cancel"})
        assert kinds(await client.turn()) == ENDING


async def test_cancel_while_a_retry_waits(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(failure(429, "Slow down", retry_after="20"))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        while (await client.next()).get("event_type") != "providerRetry":
            pass
        await client.send({"type": "cancel"})
        assert kinds(await client.turn()) == ENDING
    assert len(simulator.requests) == 1


async def test_cancel_right_behind_the_question(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("/slow 60000 ms"))
        await client.send({"type": "cancel"})
        assert kinds(await client.turn())[-4:] == ENDING


async def test_cancel_while_idle_says_nothing(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send({"type": "cancel"})
        await client.until("websocket_ready")
        await client.until("websocket_ready")
        await client.nothing_more()


async def test_any_socket_that_follows_can_cancel_and_all_are_told(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(spoiled(chat_stream("one two"), 2, Hang()))
    async with chat(server.address, anna) as first, chat(server.address, anna) as second:
        await first.send(ask("hello", model="gpt-4o-mini"))
        turn = (await first.until("text_chunk"))["turn_id"]
        await second.send({"type": "follow", "turn_id": turn, "after": 0})
        await second.until("text_chunk")
        await second.send({"type": "cancel"})
        told = [await reader.turn() for reader in (first, second)]
    assert [kinds(frames)[-4:] for frames in told] == [ENDING, ENDING]


async def test_only_the_running_request_is_cancelled(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(spoiled(chat_stream("one two"), 2, Hang()))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        await client.send(ask("and this?"))
        await client.until("text_chunk")
        await client.send({"type": "cancel"})
        assert "cancelled" in kinds(await client.turn())
        assert "and this?" in text(await client.turn())


async def test_leaving_does_not_cancel(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(spoiled(chat_stream("one two"), 2, Hang()))
    async with chat(server.address, anna) as client:
        await client.send(ask("hello", model="gpt-4o-mini"))
        turn = (await client.until("text_chunk"))["turn_id"]
    async with chat(server.address, anna) as client:
        await client.send({"type": "follow", "turn_id": turn, "after": 0})
        await client.until("text_chunk")
        assert not simulator.requests[0].left.done()
        await client.send({"type": "cancel", "turn_id": turn})
        assert kinds(await client.turn())[-4:] == ENDING

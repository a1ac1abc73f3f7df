"""What a terminal is shown of the frames that a server sends."""

from collections.abc import Mapping
from typing import Any

import click
import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from entrypoints.cli.conversation import Conversation

pytestmark = pytest.mark.integration

HOSTILE = "a\x1b]0;title\x07b\x9b2Jc\x7fd\r\ne\rf\tg"
TAMED = "a␛]0;title␇b\ufffd2Jc␡d\nef\tg"
RETRY = {"provider": "acme\x1b", "reason": "rate\rlimit", "wait_s": 1}
PAIR = [{"type": "text_completed"}, {"type": "tts_not_requested"}]


async def shown(frame: Mapping[str, Any]) -> str:
    """Return what is shown of an answer that consists of one frame, without our own colours."""

    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        for each in (frame, *PAIR):
            await socket.send(msgspec.json.encode(each).decode())

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        asked = Conversation(f"ws://127.0.0.1:{port}", "token", "demo").ask("Hi")
        return click.unstyle("".join([piece async for piece in asked]))


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        ({"type": "text_chunk", "content": HOSTILE}, TAMED),
        ({"type": "thinking_chunk", "data": {"content": HOSTILE}}, TAMED),
        ({"type": "tool_start", "data": {"display_text": HOSTILE}}, f"\n[{TAMED}]\n"),
        ({"type": "tool_result", "data": {"success": False, "error": HOSTILE}}, f"[{TAMED}]\n"),
        ({"type": "error", "content": HOSTILE}, f"\n[error: {TAMED}]"),
        (
            {"type": "custom_event", "event_type": "providerRetry", "content": RETRY},
            "\n[acme␛ ratelimit: again in 1 s]\n",
        ),
    ],
)
async def test_nobody_rewrites_the_terminal(frame: Mapping[str, Any], text: str) -> None:
    assert await shown(frame) == text


async def test_text_of_any_language_is_shown_as_it_is() -> None:
    text = "Grüße, 你好 🦉\n\tλέξη"
    assert await shown({"type": "text_chunk", "content": text}) == text

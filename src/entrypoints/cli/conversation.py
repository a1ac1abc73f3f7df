"""A conversation with a Parley server over the chat socket, as a client has it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import click
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from entrypoints.cli.plain import plain

RECONNECT_WAITS_S = (0.2, 0.5, 1, 2, 4)
UNAUTHORIZED = 4401


class Leave(Exception):
    """The person at the terminal wants to go."""


class Conversation:
    """Asks one question after another; a lost connection is taken up where it broke."""

    def __init__(self, url: str, token: str, model: str, profile: str | None = None) -> None:
        self.url = f"{url.rstrip('/')}/chat/ws"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._model = model
        self._agent = (
            {}
            if profile is None
            else {"ai_agent_enabled": True, "ai_agent_profile": profile or None}
        )
        self._history: list[Mapping[str, str]] = []
        self._session = ""
        self._turn: str | None = None
        self._seq = 0
        self._socket: ClientConnection | None = None
        self._cancelled = False
        self._reached = False
        """There has been a connection."""
        self.failed = False
        """Whether the last answer ended with an error."""

    async def ask(self, question: str) -> AsyncGenerator[str, None]:
        """Yield what the terminal is to show, piece by piece, until the turn is over."""
        self._turn, self._seq, self._cancelled, self.failed = None, 0, False, False
        request = self._request(question)
        answer: list[str] = []
        for wait_s in (*RECONNECT_WAITS_S, None):
            try:
                async with aclosing(self._frames(request)) as frames:
                    async for frame in frames:
                        self._seq = frame.get("seq", self._seq)
                        self._turn = frame.get("turn_id", self._turn)
                        if frame["type"] == "text_chunk":
                            answer.append(frame["content"])
                        if shown := self._shown(frame):
                            yield shown
                break
            except (ConnectionClosed, OSError) as error:
                # Where there was no server to begin with, none is waited for.
                if wait_s is None or not self._reached or closed_with(error) == UNAUTHORIZED:
                    raise
                yield f"\n[connection lost, coming back in {wait_s:g} s]\n"
                await asyncio.sleep(wait_s)
        self._history += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": "".join(answer)},
        ]

    async def cancel(self) -> None:
        """Stop the running answer.

        Raises:
            Leave: it was stopped before, or nothing runs.
        """
        if self._cancelled or self._socket is None:
            raise Leave
        self._cancelled = True
        await self._socket.send('{"type": "cancel"}')

    async def _frames(self, request: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the frames of the turn: of a new one, or of one begun on a lost connection."""
        async with connect(self.url, additional_headers=self._headers) as socket:
            self._socket, self._reached = socket, True
            try:
                follow = {"type": "follow", "turn_id": self._turn, "after": self._seq}
                await socket.send(msgspec.json.encode(follow if self._turn else request).decode())
                flags = 0
                async for text in socket:
                    frame = msgspec.json.decode(text)
                    yield frame
                    flags += frame["type"] in ("text_completed", "tts_not_requested")
                    # An unknown turn has no terminal pair to wait for.
                    if flags == 2 or frame.get("code") == "not_found":
                        return
            finally:
                self._socket = None

    def _request(self, question: str) -> Mapping[str, Any]:
        return {
            "request_type": "text",
            "user_input": {
                "prompt": [{"type": "text", "text": question}],
                "chat_history": self._history,
                "session_id": self._session,
                "user_message": {"message": question, "local_id": str(uuid4())},
            },
            "user_settings": {"text": {"model": self._model}, "general": self._agent},
        }

    def _shown(self, frame: Mapping[str, Any]) -> str:
        match frame:
            case {"type": "text_chunk", "content": text}:
                return plain(text)
            case {"type": "thinking_chunk", "data": {"content": text}}:
                return click.style(plain(text), dim=True)
            case {"type": "tool_start", "data": {"display_text": text}}:
                return click.style(f"\n[{plain(text)}]\n", dim=True)
            case {"type": "tool_result", "data": {"success": False, "error": str(text)}}:
                return click.style(f"[{plain(text)}]\n", fg="yellow")
            case {"type": "error", "content": text}:
                self.failed = True
                return click.style(f"\n[error: {plain(text)}]", fg="red")
            case {"type": "cancelled"}:
                return click.style("\n[cancelled]", fg="yellow")
            case {"type": "custom_event", "event_type": "providerRetry", "content": retry}:
                why = plain(f"{retry['provider']} {retry['reason']}")
                return f"\n[{why}: again in {retry['wait_s']} s]\n"
            case {"type": "db_operation_executed", "content": saved}:
                self._session = msgspec.json.decode(saved)["session_id"]
                return ""
            case _:
                return ""


def closed_with(error: Exception) -> int | None:
    """Return the code with which the server closed the socket, if it did."""
    received = error.rcvd if isinstance(error, ConnectionClosed) else None
    return received.code if received else None

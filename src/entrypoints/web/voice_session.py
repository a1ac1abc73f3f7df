"""One text that is read aloud on a socket while it comes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import structlog

from application.ports.clock import Clock
from application.speech.read_aloud import ReadAloud, Reader
from domain.errors import InvalidRequest, ParleyError
from domain.ids import UserId
from domain.turn.voice_events import AudioChunk, VoiceBegan, VoiceEnded, VoiceEvent, VoiceFailed
from entrypoints.web.close_codes import BAD_SETTINGS, GOODBYE, IDLE, INTERNAL, NOT_INIT
from entrypoints.web.line import ClientGone, Line, NotJson
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.messages import check_owner
from entrypoints.web.wire.names import section
from entrypoints.web.wire.voice_socket import (
    INIT,
    SEND_TEXT,
    STOP,
    VoiceInit,
    complaint,
    completed,
    finished,
    heard,
    initialised,
    said_text,
    settings_complaint,
    voice_init,
)

log = structlog.get_logger("socket")

Outcome = Literal["left", "idle", "failed", "done"]


class VoiceSession:
    """The client writes, the voice reads; either may end it."""

    def __init__(
        self, line: Line, user: UserId, read_aloud: ReadAloud, clock: Clock, idle_s: float
    ) -> None:
        """Take the socket.

        Args:
            line: the client.
            user: who pays for it.
            read_aloud: speaks.
            clock: tells when what was.
            idle_s: a client that says nothing for so long has left.
        """
        self._line = line
        self._user = user
        self._read_aloud = read_aloud
        self._clock = clock
        self._idle_s = idle_s
        self._stopped = asyncio.Event()
        self._init: VoiceInit | None = None
        self._who: VoiceBegan | None = None
        self._chunks = 0
        self._asked_s = 0.0
        self._first_s: float | None = None
        self._failed = False

    async def run(self, first: ClientMessage) -> None:
        """Serve the client until the text was read, or cannot be.

        Raises:
            ClientGone: the client left before anything was read.
        """
        if first.control != INIT:
            await self._say(complaint(f"The first message must be of the type {INIT!r}"))
            await self._line.close(NOT_INIT, "Initial message required")
            return
        try:
            check_owner(self._user, first.found, section(first.found, "payload"))
            self._init = voice_init(first.found)
            async with self._read_aloud(self._user, self._init.wish) as reader:
                outcome = await self._read(reader, self._init.text)
        except ParleyError as error:
            await self._say(settings_complaint(error))
            await self._line.close(BAD_SETTINGS, "Invalid settings")
            return
        await self._end(outcome)

    async def _read(self, reader: Reader, first: str | None) -> Outcome:
        self._asked_s = self._now_s()
        voice = await reader.voice.begin(self._tell)
        if first:
            await self._take(reader, first)
        listening = asyncio.create_task(self._listen(reader))
        ending = asyncio.create_task(self._finish(reader))
        try:
            await asyncio.wait({voice, listening, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            ending.cancel()
            await asyncio.wait({listening, ending})
        if self._failed:
            return "failed"
        if listening.cancelled():
            return "done"
        return listening.result()

    async def _listen(self, reader: Reader) -> Literal["left", "idle"]:
        """Take what the client writes, until it leaves."""
        with suppress(ClientGone):
            while True:
                try:
                    async with asyncio.timeout(self._idle_s):
                        message = await self._line.hear()
                except NotJson:
                    await self._say(complaint("Invalid payload"))
                    continue
                except TimeoutError:
                    if self._stopped.is_set():
                        continue
                    return "idle"
                if message is not None and not self._stopped.is_set():
                    await self._obey(reader, message)
        return "left"

    async def _obey(self, reader: Reader, message: ClientMessage) -> None:
        if message.sound is not None:
            await self._say(complaint("Only texts are read"))
        elif message.control == STOP:
            self._stopped.set()
        elif message.control == SEND_TEXT:
            try:
                await self._take(reader, said_text(message.found))
            except InvalidRequest as error:
                await self._say(complaint(error))
        else:
            await self._say(complaint(f"Unknown message type; known: {SEND_TEXT}, {STOP}"))

    async def _take(self, reader: Reader, text: str) -> None:
        try:
            reader.read(text)
        except InvalidRequest as error:
            await self._say(complaint(error))

    async def _finish(self, reader: Reader) -> None:
        await self._stopped.wait()
        if reader.is_empty:
            if self._who is not None:
                await self._send(finished(self._who))
            return
        await reader.voice.finish(self._tell)

    async def _end(self, outcome: Outcome) -> None:
        if outcome == "idle":
            await self._line.close(IDLE, "Idle")
        elif outcome == "failed":
            await self._line.close(INTERNAL, "Speech failed")
        elif outcome == "done" and self._who is not None:
            await self._send(completed(self._who, self._asked_s, self._first_s, self._now_s()))
            await self._line.close(GOODBYE)

    async def _tell(self, events: Sequence[VoiceEvent]) -> None:
        for event in events:
            match event:
                case VoiceBegan():
                    self._who = event
                    session = None if self._init is None else self._init.session
                    await self._send(initialised(event, session, self._user))
                case AudioChunk() if self._who is not None:
                    self._chunks += 1
                    if self._first_s is None:
                        self._first_s = self._now_s()
                    await self._send(heard(event, self._chunks, self._who))
                case VoiceEnded():
                    await self._send(finished(event))
                case VoiceFailed():
                    self._failed = True
                    log.warning("reading aloud failed", provider=event.provider)
                    await self._send(complaint(event.message))
                case _:
                    pass

    async def _send(self, body: Body) -> None:
        """Say it to whoever is still there; that nobody is, the listening notices."""
        with suppress(ClientGone):
            await self._say(body)

    async def _say(self, body: Body) -> None:
        await self._line.say(body, with_connection=False)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()

"""Ears that hear, and a voice that says, what they were told to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from application.ports.speech import (
    Allowance,
    AllowanceBook,
    Listening,
    ReadingSpeaker,
    Speaking,
    Transcriber,
)
from domain.speech.events import HeardEvent, TranscriptFinished
from domain.speech.orders import FileOrder, LiveOrder, Recording, SpeechOrder, Transcript

HeardStep = HeardEvent | Exception | asyncio.Event
"""Heard, raised, or waited for."""
SoundStep = bytes | Exception | asyncio.Event
"""Sounded, raised, or waited for."""

_ROOM = 4
"""How much waits to be taken before whoever gives it waits."""


class ScriptedTranscriber(Transcriber):
    """Plays one round of its script for each recording or session; keeps what it was handed."""

    def __init__(self, *rounds: Sequence[HeardStep] | Transcript | Exception) -> None:
        self._rounds = list(rounds)
        self.recordings: list[tuple[Recording, FileOrder]] = []
        self.sessions: list[ScriptedListening] = []

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        self.recordings.append((recording, order))
        match self._next():
            case Transcript() as found:
                return found
            case Exception() as failure:
                raise failure
            case steps:
                raise AssertionError(f"a session is scripted here: {steps}")

    @asynccontextmanager
    async def listen(self, order: LiveOrder) -> AsyncGenerator[Listening, None]:
        match self._next():
            case Exception() as failure:
                raise failure
            case Transcript():
                raise AssertionError("a recording is scripted here")
            case steps:
                session = ScriptedListening(order, steps)
        self.sessions.append(session)
        try:
            yield session
        finally:
            session.is_open = False

    def _next(self) -> Sequence[HeardStep] | Transcript | Exception:
        if not self._rounds:
            raise AssertionError("more was asked than is in the script")
        return self._rounds.pop(0)


class ScriptedListening(Listening):
    """One session: its events come without looking at the sound.

    The last, `TranscriptFinished`, waits until the speaker has finished.
    """

    def __init__(self, order: LiveOrder, steps: Sequence[HeardStep]) -> None:
        self.order = order
        self.heard = bytearray()
        """All the sound so far."""
        self.is_open = True
        self.finished = asyncio.Event()
        self._steps = list(steps)

    async def hear(self, pcm: bytes) -> None:
        self.heard += pcm

    async def finish(self) -> None:
        self.finished.set()

    async def events(self) -> AsyncGenerator[HeardEvent, None]:
        for step in self._steps:
            match step:
                case asyncio.Event():
                    await step.wait()
                case Exception():
                    raise step
                case TranscriptFinished():
                    await self.finished.wait()
                    yield step
                case event:
                    yield event


class ScriptedSpeaker(ReadingSpeaker, AllowanceBook):
    """Says `<text>` in UTF-8 in place of sound, or what its script has for a text.

    Without a script of its own a text is one sound. A piece that is read on is spoken likewise.
    """

    def __init__(
        self, *rounds: Sequence[SoundStep], allowance: Allowance | Exception | None = None
    ) -> None:
        self._rounds = list(rounds)
        self._allowance = allowance
        self.texts: list[str] = []
        """All that was asked for, in order."""
        self.orders: list[SpeechOrder] = []
        self.closed_early = 0
        """How many texts were closed or cancelled before their last sound."""

    async def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        self.texts.append(text)
        self.orders.append(order)
        steps = list(self._rounds.pop(0)) if self._rounds else [sound_of(text)]
        try:
            while steps:
                step = steps.pop(0)
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.closed_early += bool(steps)

    @asynccontextmanager
    async def read_on(self, order: SpeechOrder) -> AsyncGenerator[Speaking, None]:
        yield _ScriptedSpeaking(self, order)

    async def allowance(self) -> Allowance:
        if isinstance(self._allowance, Exception):
            raise self._allowance
        if self._allowance is None:
            raise AssertionError("nobody said what the account has used")
        return self._allowance


class _ScriptedSpeaking(Speaking):
    def __init__(self, speaker: ScriptedSpeaker, order: SpeechOrder) -> None:
        self._speaker = speaker
        self._order = order
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue(_ROOM)

    async def say(self, text: str) -> None:
        await self._pieces.put(text)

    async def finish(self) -> None:
        await self._pieces.put(None)

    async def audio(self) -> AsyncGenerator[bytes, None]:
        while (piece := await self._pieces.get()) is not None:
            async for sound in self._speaker.speak(piece, self._order):
                yield sound


def sound_of(text: str) -> bytes:
    """Return what the scripted voice makes of a text, in whole samples."""
    sound = f"<{text}>".encode()
    return sound + b" " * (len(sound) % 2)

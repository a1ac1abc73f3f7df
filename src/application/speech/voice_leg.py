"""The voice of a turn, beside its text: what is written is heard while it is being written."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from typing import Protocol

import structlog

from application.flow.alongside import alongside
from application.ports.scratch import Sheet
from application.ports.speech import Speaking
from application.speech.choose_voice import VoiceChoice
from application.speech.keep_sound import KeptSound
from application.speech.reading import reading
from application.usage.bill import Bill
from domain.errors import InvalidRequest, ParleyError
from domain.ids import UserId
from domain.provider_errors import ProviderTimeout
from domain.speech.audio import Encoding, WholeSamples
from domain.speech.orders import SpeechOrder
from domain.speech.sentences import SentenceCutter
from domain.turn.voice_events import (
    AudioChunk,
    VoiceBegan,
    VoiceEnded,
    VoiceEvent,
    VoiceFailed,
    VoiceStored,
)

log = structlog.get_logger("speech")

PATIENCE_S = 360.0
"""From the last word of the text to the last sound."""
Tell = Callable[[Sequence[VoiceEvent]], Awaitable[None]]


class Keeping(Protocol):
    """Where finished sound goes; see `KeepSound`."""

    def sheet(self) -> AbstractAsyncContextManager[Sheet]:
        """Begin an empty sheet for it."""
        ...

    async def __call__(
        self, owner: UserId, sheet: Sheet, order: SpeechOrder, *, keep: bool
    ) -> KeptSound:
        """Return where it is kept."""
        ...


class VoiceLeg:
    """One turn's. It fails for itself alone: the text goes on, and readers are told."""

    def __init__(
        self, user: UserId, choice: VoiceChoice, keep: Keeping | None, bill: Bill, *, stores: bool
    ) -> None:
        """Take who speaks.

        Args:
            user: owns the file.
            choice: who speaks, and how.
            keep: where the finished sound goes; None: it is heard and gone.
            bill: of what is spoken.
            stores: keep the sound as a file; else readers get a data URL.
        """
        self._user = user
        self._choice = choice
        self._keep = keep
        self._bill = bill
        self._stores = stores
        self._cutter = SentenceCutter()
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()
        """Of a text that is held anyway."""
        self._spoken_chars = 0
        self._said = 0
        self._failure: ParleyError | None = None
        self._task: asyncio.Task[VoiceStored | None] | None = None
        self.ended = False
        """Readers were told how the voice came to its end."""

    @asynccontextmanager
    async def beside(self) -> AsyncGenerator[None, None]:
        """Be there for the block; leaving it before `finish` has returned silences the voice."""
        try:
            yield
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task})
                if self._spoken_chars:
                    await self._bill.paid(self._cost_usd(0))

    async def begin(self, tell: Tell) -> asyncio.Task[VoiceStored | None]:
        """Speak from now on; `tell` hears of it, first of who speaks."""
        if self._task is None:
            began = VoiceBegan(**_who(self._choice.order), pieces=self._pieces.qsize())
            await tell([began])
            self._task = asyncio.create_task(self._speak(tell))
        return self._task

    def hear(self, text: str) -> None:
        """Take in the next piece of the text; it waits for nothing."""
        for piece in self._cutter.feed(text):
            if piece.spoken:
                self._pieces.put_nowait(piece.spoken)

    async def finish(self, tell: Tell) -> VoiceStored | None:
        """Return the kept sound once all of the text was spoken; None when it came to nothing."""
        for piece in self._cutter.end():
            if piece.spoken:
                self._pieces.put_nowait(piece.spoken)
        task = await self.begin(tell)  # Before the end, which is no piece to be counted.
        self._pieces.put_nowait(None)
        await asyncio.wait({task}, timeout=PATIENCE_S)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            provider = self._choice.order.card.provider
            late = ProviderTimeout(provider, f"{provider} took too long to speak")
            await self._fail(tell, late)
        return None if task.cancelled() else task.result()

    async def _speak(self, tell: Tell) -> VoiceStored | None:
        try:
            if self._keep is None:
                await self._said_all(tell, None)
                return None
            async with self._keep.sheet() as sheet:
                if await self._said_all(tell, sheet):
                    return await self._kept(tell, sheet, self._keep)
        except ParleyError as error:
            await self._fail(tell, error)
        except Exception:
            log.exception("voice failed")
            await self._fail(tell, ParleyError("Internal server error"))
        return None

    async def _said_all(self, tell: Tell, sheet: Sheet | None) -> bool:
        chunks = await self._sound(tell, sheet)
        if not chunks:
            await self._fail(tell, None)
            return False
        ended = VoiceEnded(**_who(self._choice.order), pieces=self._said, chunks=chunks)
        self.ended = True
        await tell([ended])
        return True

    async def _sound(self, tell: Tell, sheet: Sheet | None) -> int:
        """Tell all of the sound; return in how many parts."""
        order, chunks = self._choice.order, 0
        # Clients take each part for itself, and half a sample for noise.
        cut = WholeSamples() if order.format.encoding is Encoding.PCM16 else None
        async with (
            reading(self._choice.speaker, order) as speaking,
            alongside(self._write(speaking)),
            aclosing(speaking.audio()) as sound,
        ):
            async for chunk in sound:
                if sheet is not None:
                    await sheet.write(chunk)
                if part := chunk if cut is None else cut.feed(chunk):
                    await tell([AudioChunk(part)])
                    chunks += 1
        if self._failure is not None:
            raise self._failure
        return chunks

    async def _write(self, speaking: Speaking) -> None:
        try:
            while (piece := await self._pieces.get()) is not None:
                await self._bill.set_aside(self._cost_usd(len(piece)) or 0.0)
                self._spoken_chars += len(piece)
                await speaking.say(piece)
                self._said += 1
        except ParleyError as error:
            self._failure = error
        with suppress(ParleyError):  # Of a voice that is gone, the listener is told.
            await speaking.finish()

    async def _kept(self, tell: Tell, sheet: Sheet, keep: Keeping) -> VoiceStored | None:
        order = self._choice.order
        try:
            kept = await keep(self._user, sheet, order, keep=self._stores)
        except ParleyError as error:
            log.warning("the sound of a turn was not kept", code=error.code)
            return None
        stored = VoiceStored(kept.url, kept.address, order.card.model)
        await tell([stored])
        return stored

    async def _fail(self, tell: Tell, error: ParleyError | None) -> None:
        if self.ended:
            return
        self.ended = True
        error = error or InvalidRequest("There was nothing to speak")
        await tell([VoiceFailed(str(error), self._choice.order.card.provider, error.code)])

    def _cost_usd(self, more_chars: int) -> float | None:
        price = self._choice.order.card.price
        if price is None or price.usd_per_mchar is None:
            return None
        return price.usd_per_mchar * (self._spoken_chars + more_chars) / 1_000_000


def _who(order: SpeechOrder) -> dict[str, str]:
    return {
        "provider": order.card.provider,
        "model": order.card.model,
        "voice": order.voice_name,
        "format": order.format.name,
    }

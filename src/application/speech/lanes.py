"""Ears and voices of one provider through several keys, asked again while nothing was given yet."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import TypeVar

from application.ports.clock import Clock
from application.ports.speech import (
    Allowance,
    AllowanceBook,
    Listening,
    ReadingSpeaker,
    Speaker,
    Speaking,
    Transcriber,
)
from application.providers.key_lanes import KeyLanes
from application.providers.patience import patiently
from domain.provider_errors import ProviderError, ProviderGarbled
from domain.speech.orders import FileOrder, LiveOrder, Recording, SpeechOrder, Transcript

T = TypeVar("T")
S = TypeVar("S")


class TranscriberLanes(Transcriber):
    """What breaks after it has begun is not begun again: words were given, and sound is gone."""

    def __init__(
        self, provider: str, transcribers: Sequence[Transcriber], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        self._lanes = KeyLanes(provider, transcribers, clock, failures)

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        """Return what a recording says; see the port."""

        async def ask(transcriber: Transcriber) -> Transcript:
            return await transcriber.transcribe(recording, order)

        return await patiently(lambda: self._lanes.ask(ask))

    @asynccontextmanager
    async def listen(self, order: LiveOrder) -> AsyncGenerator[Listening, None]:
        """Begin to listen; see the port."""
        async with _opened(self._lanes, lambda each: each.listen(order)) as listening:
            yield listening


class SpeakerLanes(Speaker):
    """What breaks after the first sound is not begun again: it was heard."""

    def __init__(
        self, provider: str, speakers: Sequence[Speaker], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        self._provider = provider
        self._speakers = KeyLanes(provider, speakers, clock, failures)

    async def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        """Yield the sound of a text; see the port."""

        async def begin(speaker: Speaker) -> tuple[Speaker, bytes, AsyncGenerator[bytes, None]]:
            sound = speaker.speak(text, order)
            try:
                return speaker, await anext(sound), sound
            except StopAsyncIteration as silence:
                raise ProviderGarbled(
                    self._provider, f"{self._provider} sent no sound"
                ) from silence
            except BaseException:
                await sound.aclose()
                raise

        speaker, first, sound = await patiently(lambda: self._speakers.ask(begin))
        async with aclosing(sound):
            yield first
            try:
                async for chunk in sound:
                    yield chunk
            except ProviderError as error:
                self._speakers.failed_later(speaker, error)
                raise


class ReadingSpeakerLanes(SpeakerLanes, ReadingSpeaker):
    """The same, of a provider that takes text in while it speaks."""

    def __init__(
        self, provider: str, speakers: Sequence[ReadingSpeaker], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        super().__init__(provider, speakers, clock, failures)
        self._readers = KeyLanes(provider, speakers, clock, failures)

    @asynccontextmanager
    async def read_on(self, order: SpeechOrder) -> AsyncGenerator[Speaking, None]:
        """Begin to speak; see the port."""
        async with _opened(self._readers, lambda each: each.read_on(order)) as speaking:
            yield speaking


class AllowanceLanes(AllowanceBook):
    """The account of the first key that may be used."""

    def __init__(
        self, provider: str, books: Sequence[AllowanceBook], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        self._lanes = KeyLanes(provider, books, clock, failures)

    async def allowance(self) -> Allowance:
        """Return what of it is used; see the port."""

        async def ask(book: AllowanceBook) -> Allowance:
            return await book.allowance()

        return await patiently(lambda: self._lanes.ask(ask))


@asynccontextmanager
async def _opened(
    lanes: KeyLanes[T], begin: Callable[[T], AbstractAsyncContextManager[S]]
) -> AsyncGenerator[S, None]:
    async with AsyncExitStack() as stack:

        async def enter(adapter: T) -> tuple[T, S]:
            return adapter, await stack.enter_async_context(begin(adapter))

        adapter, begun = await patiently(lambda: lanes.ask(enter))
        try:
            yield begun
        except ProviderError as error:
            lanes.failed_later(adapter, error)
            raise

"""Providers that hear, and providers that speak.

Nothing is retried in an adapter, and no adapter knows of a second key: who asks decides. Whatever
goes wrong at a provider is a `ProviderError`, never an exception of a driver, and a missing key is
`NotConfigured`, which names the variable.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.speech.events import HeardEvent
from domain.speech.orders import FileOrder, LiveOrder, Recording, SpeechOrder, Transcript


class Listening(Protocol):
    """Somebody is speaking, and a provider writes it down. One task speaks, one reads."""

    async def hear(self, pcm: bytes) -> None:
        """Hand over the next PCM (16 bits, mono, at the order's rate), cut anywhere.

        Waits until there is room for it: a provider that falls behind slows the speaker down
        instead of filling the memory.

        Raises:
            ProviderError: the provider is gone; reading the events tells the same.
        """
        ...

    async def finish(self) -> None:
        """Say that nothing more will be said. The events then come to their end."""
        ...

    def events(self) -> AsyncGenerator[HeardEvent, None]:
        """Yield what is heard as it is heard, `TranscriptFinished` last and once.

        The `TranscriptDelta`s, joined, read like its text. To be read once.

        Raises:
            ProviderError: the provider refused or broke off; what came before it stays true.
        """
        ...


class Transcriber(Protocol):
    """One provider that writes down what it hears."""

    async def transcribe(self, recording: Recording, order: FileOrder) -> Transcript:
        """Return what a recording says, trimmed. Cancelling breaks the connection.

        Raises:
            ProviderError: the provider refused or broke off.
            NotConfigured: the provider's key is missing.
        """
        ...

    def listen(self, order: LiveOrder) -> AbstractAsyncContextManager[Listening]:
        """Begin to listen; leaving the block, however, ends it at the provider too.

        Entering waits until the provider is ready to hear.

        Raises:
            ProviderError: when entered: it cannot be reached or refuses.
            NotConfigured: when entered: the provider's key is missing.
        """
        ...


class Speaking(Protocol):
    """A text is being spoken while it is being written. One task writes, one reads."""

    async def say(self, text: str) -> None:
        """Hand over the next piece, which can be spoken on its own; pieces are said in order.

        Waits until there is room for it: whoever writes is never far ahead of the voice.

        Raises:
            ProviderError: the provider is gone; reading the audio tells the same.
        """
        ...

    async def finish(self) -> None:
        """Say that there is no more text. The audio then comes to its end."""
        ...

    def audio(self) -> AsyncGenerator[bytes, None]:
        """Yield the sound of all pieces in order, each part as soon as there is one.

        To be read once.

        Raises:
            ProviderError: the provider refused or broke off; what came before it is good.
        """
        ...


class Speaker(Protocol):
    """One provider that speaks."""

    def speak(self, text: str, order: SpeechOrder) -> AsyncGenerator[bytes, None]:
        """Yield the sound of a text of at most 4096 characters, in the order's asked format.

        No part is empty. A text of which nothing can be heard is an error of the provider.
        Closing the generator, or cancelling the task that reads it, closes the connection.

        Raises:
            ProviderError: the provider refused or broke off.
            NotConfigured: the provider's key is missing.
        """
        ...


class ReadingSpeaker(Speaker, Protocol):
    """One that takes text in while it already speaks (its cards say `reads_on`)."""

    def read_on(self, order: SpeechOrder) -> AbstractAsyncContextManager[Speaking]:
        """Begin to speak; leaving the block, however, ends it at the provider too.

        Raises:
            ProviderError: when entered: it cannot be reached or refuses.
            NotConfigured: when entered: the provider's key is missing.
        """
        ...


class Allowance(Struct, frozen=True):
    """What an account at a provider has used of what it may use."""

    character_count: int
    character_limit: int
    renews_at: datetime | None = None
    """Aware UTC; None: it does not."""


class AllowanceBook(Protocol):
    """A provider that tells how much of an account is used."""

    async def allowance(self) -> Allowance:
        """Return it as it is now.

        Raises:
            ProviderError: the provider cannot be reached, or refuses.
            NotConfigured: the provider's key is missing.
        """
        ...

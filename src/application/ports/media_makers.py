"""Models that draw and film."""

from collections.abc import AsyncGenerator
from typing import Protocol

from domain.media import ImageOrder, ImagesMade, VideoLook, VideoOrder, VideoReady, VideoTicket


class ImageMaker(Protocol):
    """One provider's interface for pictures, for every model of that provider."""

    async def make(self, order: ImageOrder) -> ImagesMade:
        """Return the pictures themselves, wherever the provider puts them.

        Each shows itself to be a picture; how many there are is for the provider to say, but there
        is one. Cancelling closes the connection to the provider. Nothing is asked again in here:
        who asks decides.

        Raises:
            ContentRefused: moderation; asking again is no use.
            ProviderError: the provider refused or broke off; never a library's exception.
            NotConfigured: the provider's key is missing; names the variable.
        """
        ...


class VideoMaker(Protocol):
    """One provider's interface for clips, which take minutes: asked for, and then looked at."""

    async def begin(self, order: VideoOrder) -> VideoTicket:
        """Have a clip made and return what it is found again by, in another process too.

        Raises:
            InvalidRequest: an option makes no sense to this provider; nothing was sent.
            OperationUnsupported: the provider cannot do this at all; nothing was sent.
            ContentRefused: moderation; asking again is no use.
            ProviderError: the provider refused, or it is not known whether it began.
            NotConfigured: the provider's key is missing; names the variable.
        """
        ...

    async def look(self, ticket: VideoTicket) -> VideoLook:
        """Return how far it has come.

        Raises:
            ContentRefused: moderation, of the order or of what came of it.
            ResultLost: the provider does not know the job (any more).
            ProviderError: the work failed, or nothing could be learned; `retryable` tells.
        """
        ...

    def fetch(
        self, ticket: VideoTicket, ready: VideoReady, number: int
    ) -> AsyncGenerator[bytes, None]:
        """Yield one of the clips, counted from 0; closing the generator closes the connection.

        Raises:
            ResultLost: it is not there (any more), or no video.
            ProviderError: it could not be fetched whole.
        """
        ...

    async def cancel(self, ticket: VideoTicket) -> None:
        """Have the work stopped, where the provider can; what has ended is left alone.

        Raises:
            ProviderError: it is not known whether that worked.
        """
        ...

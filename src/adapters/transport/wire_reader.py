"""What a provider's events module offers to the shell that reads its connection."""

from collections.abc import Iterable
from typing import Protocol

from domain.turn.events import ModelEvent


class WireReader(Protocol):
    """Turns one answer on the wire into events; it does no I/O and serves one answer only.

    Every method raises a `ProviderError` for what is an error on the wire, and `ProviderGarbled`
    for what is not the provider's protocol.
    """

    @property
    def ended(self) -> bool:
        """Whether the end mark has been read; nothing after it counts."""
        ...

    def feed(self, payload: bytes) -> Iterable[ModelEvent]:
        """Read the next payload of a streamed answer."""
        ...

    def whole(self, body: bytes) -> Iterable[ModelEvent]:
        """Read an answer that came in one piece, `ModelStopped` included."""
        ...

    def finish(self) -> Iterable[ModelEvent]:
        """Read the end of the stream, where no end mark came.

        Raises:
            ProviderBrokeOff: the answer is not complete.
        """
        ...

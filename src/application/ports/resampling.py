"""Changing the rate of sound."""

from collections.abc import Awaitable, Callable
from typing import Protocol


class Resampler(Protocol):
    """One stream of mono PCM (16 bits). However it is cut, the same samples come out."""

    def feed(self, pcm: bytes) -> bytes:
        """Return the samples that can be told by now; half a sample waits for its other half."""
        ...

    def end(self) -> bytes:
        """Return the rest. The duration is then the same as before, to the sample."""
        ...


MakeResampler = Callable[[int, int], Awaitable[Resampler]]
"""Makes one, from the rate that goes in and the rate that comes out (Hz)."""

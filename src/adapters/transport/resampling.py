"""Changes the rate of PCM with libsoxr.

Seventy times as fast as the same filter in Python, for 17 MB that are loaded with the first sound
and not at start-up (soxr 1.1, numpy 2.4, measured 2026-11).
"""

import asyncio
import atexit
import gc
from typing import Any

from application.ports.resampling import Resampler
from domain.speech.audio import WholeSamples

_LOUDEST = 32_767


class SoxrResampler(Resampler):
    """Between any two rates; where they are the same, nothing is changed."""

    def __init__(self, source_hz: int, target_hz: int) -> None:
        """Begin a stream.

        Args:
            source_hz: samples a second that go in.
            target_hz: samples a second that come out.
        """
        self._whole = WholeSamples()
        self._stream: Any = None
        if source_hz != target_hz:
            # With numpy, a tenth of a second and 17 MB.
            import soxr  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

            # Of whole numbers it makes whole numbers by chance (dither); so it gets real ones.
            self._stream = soxr.ResampleStream(source_hz, target_hz, 1, dtype="float32")

    def feed(self, pcm: bytes) -> bytes:
        return self._resampled(self._whole.feed(pcm), last=False)

    def end(self) -> bytes:
        return self._resampled(self._whole.end(), last=True)

    def _resampled(self, pcm: bytes, *, last: bool) -> bytes:
        if self._stream is None or not (pcm or last):
            return pcm
        import numpy as np  # noqa: PLC0415 - there, with soxr

        samples = np.frombuffer(pcm, dtype="<i2").astype("float32")
        out = self._stream.resample_chunk(samples, last=last)
        return np.rint(out).clip(-_LOUDEST - 1, _LOUDEST).astype("<i2").tobytes()


async def resampler(source_hz: int, target_hz: int) -> Resampler:
    """Return a resampler whose library was loaded off the event loop."""
    if source_hz != target_hz:
        await asyncio.to_thread(load)
    return SoxrResampler(source_hz, target_hz)


def load() -> None:
    """Import now what the first sound would wait for."""
    SoxrResampler(1, 2)


# What was frozen for good is never collected, which soxr's binding takes for a leak and reports at
# the end of the process.
atexit.register(gc.unfreeze)

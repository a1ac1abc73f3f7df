"""The voice of the demonstration: one tone a piece of text, which nobody takes for speech."""

import math
from array import array
from functools import lru_cache

from adapters.demo.speech_catalog import RATE_HZ
from domain.speech.audio import SAMPLE_BYTES

_PITCHES_HZ = (440, 550, 660, 770)
_LOUDNESS = 6000
_FADE_S = 0.01
_PAUSE_S = 0.05
_SECONDS_A_CHAR = 0.02
_SHORTEST_S, _LONGEST_S = 0.2, 2.0


def tone(text: str) -> bytes:
    """Return PCM for a piece: the longer the text, the longer the tone; a pause ends it."""
    seconds = min(max(len(text) * _SECONDS_A_CHAR, _SHORTEST_S), _LONGEST_S)
    pitch = _PITCHES_HZ[sum(text.encode()) % len(_PITCHES_HZ)]
    return _sound(pitch, round(seconds * 10)) + bytes(SAMPLE_BYTES * round(RATE_HZ * _PAUSE_S))


@lru_cache(maxsize=128)
def _sound(pitch_hz: int, tenths: int) -> bytes:
    count, fade = RATE_HZ * tenths // 10, RATE_HZ * _FADE_S
    step = 2 * math.pi * pitch_hz / RATE_HZ
    samples = array(
        "h",
        (
            round(_LOUDNESS * min(1.0, at / fade, (count - at) / fade) * math.sin(step * at))
            for at in range(count)
        ),
    )
    return samples.tobytes()

"""Real speech at another rate is the same speech."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.transport.resampling import SoxrResampler, resampler
from domain.speech.audio import read_wav

FILE = (Path(__file__).parents[2] / "fixtures" / "spoken.wav").read_bytes()
RATE_HZ = 22_050
FACTS = read_wav(FILE)
assert FACTS is not None
PCM = FILE[FACTS.start :][: FACTS.data_bytes]
PART = PCM[20_000:44_000]
"""Half a second, in the middle of a word."""


def changed(pcm: bytes, source_hz: int, target_hz: int, sizes: Sequence[int] = (4096,)) -> bytes:
    """Resample what comes in chunks of these sizes, over and over."""
    made, out, at, number = SoxrResampler(source_hz, target_hz), [], 0, 0
    while at < len(pcm):
        size = sizes[number % len(sizes)]
        out.append(made.feed(pcm[at : at + size]))
        at, number = at + size, number + 1
    return b"".join([*out, made.end()])


def samples(pcm: bytes) -> Any:
    return np.frombuffer(pcm, "<i2").astype(float)


def likeness(one: Any, other: Any) -> float:
    """Return the correlation of two signals (1 is the same)."""
    size = min(len(one), len(other))
    return float(np.corrcoef(one[:size], other[:size])[0, 1])


def by_the_book(signal: Any, source_hz: int, target_hz: int) -> Any:
    """Return the signal at another rate by the textbook's sum over a windowed sinc."""
    cutoff = min(1.0, target_hz / source_hz)
    half = int(32 / cutoff)
    times = np.arange(len(signal) * target_hz // source_hz) * source_hz / target_hz
    places = np.floor(times).astype(int)[:, None] + np.arange(-half, half + 1)
    away = times[:, None] - places
    kernel = cutoff * np.sinc(cutoff * away) * (0.5 + 0.5 * np.cos(np.pi * away / (half + 1)))
    inside = np.where((places >= 0) & (places < len(signal)), places, 0)
    return (np.where(inside == places, signal[inside], 0.0) * kernel).sum(axis=1)


@pytest.mark.parametrize("target_hz", [16_000, 24_000])
def test_speech_sounds_as_the_textbook_has_it(target_hz: int) -> None:
    made = samples(changed(PART, RATE_HZ, target_hz))
    expected = by_the_book(samples(PART), RATE_HZ, target_hz)
    assert len(made) == pytest.approx(len(expected), abs=2)
    assert likeness(made, expected) > 0.995
    assert likeness(made[5:], expected) < 0.99


def test_there_and_back_again_is_where_it_was() -> None:
    back = changed(changed(PCM, RATE_HZ, 48_000), 48_000, RATE_HZ)
    assert likeness(samples(back), samples(PCM)) > 0.9999
    assert len(back) == pytest.approx(len(PCM), abs=4)


@settings(max_examples=15)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=5))
def test_however_it_is_cut_the_same_samples_come_out(sizes: list[int]) -> None:
    pcm = PCM[:9001]
    assert changed(pcm, RATE_HZ, 16_000, sizes) == changed(pcm, RATE_HZ, 16_000)


def test_loud_sound_is_clipped_and_not_turned_over() -> None:
    square = np.repeat(np.array([32_767, -32_768] * 50, "<i2"), 40)
    made = samples(changed(square.tobytes(), 24_000, 16_000))
    assert (made.max(), made.min()) == (32_767, -32_768)
    assert likeness(made, by_the_book(square.astype(float), 24_000, 16_000)) > 0.99


async def test_the_same_rate_changes_nothing_but_half_a_sample() -> None:
    same = await resampler(16_000, 16_000)
    assert same.feed(PCM[:4095]) + same.end() == PCM[:4095] + b"\0"

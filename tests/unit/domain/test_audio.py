"""Formats, durations and WAV headers, on real speech."""

import wave
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.speech.audio import (
    Encoding,
    WholeSamples,
    audio_format,
    duration_s,
    read_wav,
    wav,
    wav_header,
)

SPOKEN = (Path(__file__).parents[2] / "fixtures" / "spoken.wav").read_bytes()


@pytest.mark.parametrize(
    ("name", "media_type", "extension", "rate_hz"),
    [
        ("mp3", "audio/mpeg", "mp3", None),
        (" MPEG ", "audio/mpeg", "mp3", None),
        ("mp3_44100_128", "audio/mpeg", "mp3", 44_100),
        ("wave", "audio/wav", "wav", None),
        ("ogg", "audio/ogg", "opus", None),
        ("opus", "audio/ogg", "opus", None),
        ("aac", "audio/aac", "aac", None),
        ("flac", "audio/flac", "flac", None),
        ("pcm", "audio/L16", "wav", 24_000),
        ("pcm_16000", "audio/L16;rate=16000;channels=1", "wav", 16_000),
        ("ulaw_8000", "application/octet-stream", "bin", 8000),
    ],
)
def test_a_format_says_what_it_is(
    name: str, media_type: str, extension: str, rate_hz: int | None
) -> None:
    found = audio_format(name)
    assert (found.media_type, found.extension, found.rate_hz) == (media_type, extension, rate_hz)


@pytest.mark.parametrize("name", ["", "midi", "pcm_fast", "pcm_1_2_3", "_", "pcm_²"])
def test_what_is_no_format_is_an_error_that_lists_them(name: str) -> None:
    with pytest.raises(InvalidRequest, match="known: aac") as caught:
        audio_format(name)
    assert caught.value.field == "format"


def test_the_header_of_a_real_recording_is_read_as_the_library_does() -> None:
    with wave.open(BytesIO(SPOKEN)) as file:
        rate, frames, samples = file.getframerate(), file.getnframes(), file.readframes(10**9)
    facts = read_wav(SPOKEN)
    assert facts is not None
    assert (facts.rate_hz, facts.channels, facts.sample_bits) == (rate, 1, 16)
    assert facts.duration_s == pytest.approx(frames / rate)
    assert SPOKEN[facts.start :][: facts.data_bytes] == samples


@pytest.mark.parametrize("channels", [1, 2])
def test_a_header_of_ours_is_true(channels: int) -> None:
    facts = read_wav(SPOKEN)
    assert facts is not None
    samples = SPOKEN[facts.start :][: 2 * 2 * 5000]
    made = wav(samples + b"\x01", facts.rate_hz, channels)
    with wave.open(BytesIO(made)) as file:
        assert (file.getnchannels(), file.getframerate()) == (channels, facts.rate_hz)
        assert file.readframes(10**9) == samples
    assert int.from_bytes(made[4:8], "little") == len(made) - 8
    assert duration_s(len(samples), facts.rate_hz, channels) * facts.rate_hz == 10_000 / channels


def test_a_file_written_before_its_length_was_known_lasts_as_long_as_it_is() -> None:
    facts = read_wav(wav_header(None, 24_000) + bytes(48_000))
    assert facts is not None
    assert facts.duration_s == 1.0
    with pytest.raises(ValueError, match="4 GiB"):
        wav_header(2**32, 24_000)


@settings(max_examples=30)
@given(st.binary(max_size=200))
def test_any_bytes_may_be_taken_for_a_wav_file(content: bytes) -> None:
    assert read_wav(content) is None
    facts = read_wav(b"RIFF\0\0\0\0WAVE" + content)
    assert facts is None or facts.data_bytes <= len(content)


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=7)))
def test_half_a_sample_waits_for_its_other_half(pieces: list[bytes]) -> None:
    whole, joined = WholeSamples(), b"".join(pieces)
    fed = [whole.feed(piece) for piece in pieces]
    assert all(len(each) % 2 == 0 for each in fed)
    assert b"".join(fed) + whole.end() == joined + b"\0" * (len(joined) % 2)


def test_encodings_of_containers_are_told_apart_from_samples() -> None:
    assert audio_format("pcm_24000").encoding is Encoding.PCM16
    assert audio_format("wav_24000").encoding is Encoding.WAV

"""Sound as data: formats by name, durations, WAV files.

PCM is signed, 16 bits, little-endian everywhere; several channels are interleaved.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from domain.errors import InvalidRequest

SAMPLE_BYTES = 2
PLAIN_PCM_HZ = 24_000
"""The rate of `pcm` where its name says none."""
_UNKNOWN_SIZE = 0xFFFFFFFF
"""What the sizes of a WAV file are that was written before anybody knew how long it would be."""
_HEADER_BYTES = 44
_FORMAT_PCM = 1


class Encoding(StrEnum):
    """How samples become bytes."""

    PCM16 = "pcm16"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    OTHER = "other"


_MEDIA_TYPES: Mapping[Encoding, str] = {
    Encoding.WAV: "audio/wav",
    Encoding.MP3: "audio/mpeg",
    Encoding.OPUS: "audio/ogg",
    Encoding.AAC: "audio/aac",
    Encoding.FLAC: "audio/flac",
    Encoding.OTHER: "application/octet-stream",
}
_ENCODINGS: Mapping[str, Encoding] = {
    "pcm": Encoding.PCM16,
    "wav": Encoding.WAV,
    "wave": Encoding.WAV,
    "mp3": Encoding.MP3,
    "mpeg": Encoding.MP3,
    "ogg": Encoding.OPUS,
    "opus": Encoding.OPUS,
    "aac": Encoding.AAC,
    "flac": Encoding.FLAC,
    "ulaw": Encoding.OTHER,
    "alaw": Encoding.OTHER,
}


class AudioFormat(Struct, frozen=True):
    """One form in which sound is asked for or given."""

    name: str
    """As clients and providers spell it, lower case: `mp3`, `pcm_24000`, `mp3_44100_128` …"""
    encoding: Encoding
    rate_hz: int | None = None
    """None where the name says nothing of it; the sound itself does."""

    @property
    def media_type(self) -> str:
        """The media type; that of PCM says its rate only where the name does."""
        if self.encoding is not Encoding.PCM16:
            return _MEDIA_TYPES[self.encoding]
        if "_" not in self.name:
            return "audio/L16"
        return f"audio/L16;rate={self.rate_hz};channels=1"

    @property
    def extension(self) -> str:
        """How the name of a file ends that holds it; PCM is kept as WAV."""
        if self.encoding is Encoding.PCM16:
            return "wav"
        return "bin" if self.encoding is Encoding.OTHER else self.encoding.value


def audio_format(name: str) -> AudioFormat:
    """Return the format of a name: an encoding, its rate in Hz and its bit rate, by underscores.

    Raises:
        InvalidRequest: it is none.
    """
    word = name.strip().lower()
    kind, *numbers = word.split("_")
    encoding = _ENCODINGS.get(kind)
    if encoding is None or not all(number.isdecimal() for number in numbers) or len(numbers) > 2:
        known = ", ".join(sorted(_ENCODINGS))
        raise InvalidRequest(f"Unknown audio format {name[:40]!r}; known: {known}", "format")
    rate_hz = int(numbers[0]) if numbers else None
    if encoding is Encoding.PCM16:
        rate_hz = rate_hz or PLAIN_PCM_HZ
    return AudioFormat(word, encoding, rate_hz)


def duration_s(pcm_bytes: int, rate_hz: int, channels: int = 1) -> float:
    """Return how long so much PCM lasts."""
    return pcm_bytes / (SAMPLE_BYTES * channels * rate_hz)


def wav_header(pcm_bytes: int | None, rate_hz: int, channels: int = 1) -> bytes:
    """Return what stands before so much PCM in a WAV file.

    Args:
        pcm_bytes: that follow; None where that is not known yet. Readers then take all there is.
        rate_hz: samples a second and channel.
        channels: 1 or more.

    Raises:
        ValueError: it is more than a WAV file can hold.
    """
    if pcm_bytes is None:
        data, whole = _UNKNOWN_SIZE, _UNKNOWN_SIZE
    else:
        data, whole = pcm_bytes, pcm_bytes + _HEADER_BYTES - 8
        if whole > _UNKNOWN_SIZE:
            raise ValueError("a WAV file holds less than 4 GiB")
    frame = SAMPLE_BYTES * channels
    fields = (
        (b"RIFF", 0),
        (whole, 4),
        (b"WAVEfmt ", 0),
        (16, 4),
        (_FORMAT_PCM, 2),
        (channels, 2),
        (rate_hz, 4),
        (rate_hz * frame, 4),
        (frame, 2),
        (8 * SAMPLE_BYTES, 2),
        (b"data", 0),
        (data, 4),
    )
    return b"".join(
        value if isinstance(value, bytes) else value.to_bytes(size, "little")
        for value, size in fields
    )


def wav(pcm: bytes, rate_hz: int, channels: int = 1) -> bytes:
    """Return the PCM as a WAV file whose header is true; half a sample at the end is left off."""
    pcm = pcm[: len(pcm) - len(pcm) % (SAMPLE_BYTES * channels)]
    return wav_header(len(pcm), rate_hz, channels) + pcm


class WavFacts(Struct, frozen=True):
    """What a WAV file says of itself."""

    rate_hz: int
    channels: int
    sample_bits: int
    start: int
    """Where its samples begin."""
    data_bytes: int
    """How many bytes of samples there are, whatever the header claims beyond the file's end."""

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        bytes_a_second = self.rate_hz * self.channels * self.sample_bits / 8
        return self.data_bytes / bytes_a_second if bytes_a_second else 0.0


def read_wav(content: bytes) -> WavFacts | None:
    """Return what the header says, or None where there is no WAV file."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    at, form = 12, b""
    while at + 8 <= len(content):
        name, size = content[at : at + 4], _number(content[at + 4 : at + 8])
        at += 8
        if name == b"fmt ":
            form = content[at : at + size]
        elif name == b"data":
            if len(form) < 16:
                return None
            return WavFacts(
                rate_hz=_number(form[4:8]),
                channels=_number(form[2:4]),
                sample_bits=_number(form[14:16]),
                start=at,
                data_bytes=min(size, len(content) - at),
            )
        at += size + size % 2  # Chunks begin at even places.
    return None


class WholeSamples:
    """Feed it PCM cut anywhere, get whole samples: half a one waits for its other half."""

    def __init__(self) -> None:
        self._half = b""

    def feed(self, pcm: bytes) -> bytes:
        """Return the samples that the bytes complete."""
        if self._half:
            pcm = self._half + pcm
        whole = len(pcm) - len(pcm) % SAMPLE_BYTES
        self._half = pcm[whole:]
        return pcm[:whole]

    def end(self) -> bytes:
        """Return the half sample that is left, if there is one, made whole with zero."""
        rest, self._half = self._half, b""
        return rest.ljust(SAMPLE_BYTES, b"\0") if rest else b""


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")

"""What is heard while somebody speaks."""

from msgspec import Struct


class TranscriptDelta(Struct, frozen=True, tag_field="type", tag="transcript_delta"):
    """The next piece of the transcript; pieces join without separators and are never taken back."""

    text: str


class TranscriptGuess(Struct, frozen=True, tag_field="type", tag="transcript_guess"):
    """What the words being spoken may be; the next guess or piece takes its place."""

    text: str


class SegmentFinished(Struct, frozen=True, tag_field="type", tag="segment_finished"):
    """A stretch of speech is over; its pieces came before it."""

    text: str
    number: int
    """From 1."""


class SpeechStarted(Struct, frozen=True, tag_field="type", tag="speech_started"):
    """Somebody begins to speak."""


class SpeechStopped(Struct, frozen=True, tag_field="type", tag="speech_stopped"):
    """Nobody speaks any more."""


class TranscriptFinished(Struct, frozen=True, tag_field="type", tag="transcript_finished"):
    """All that was said: the last event, and the only one of its kind."""

    text: str
    """Empty where nothing was said."""
    segments: int = 0
    """How many stretches of speech there were, where the provider tells them apart."""


HeardEvent = (
    TranscriptDelta
    | TranscriptGuess
    | SegmentFinished
    | SpeechStarted
    | SpeechStopped
    | TranscriptFinished
)

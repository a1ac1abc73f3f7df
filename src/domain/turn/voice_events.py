"""What is heard and said aloud in a turn."""

from msgspec import Struct


class VoiceBegan(Struct, frozen=True, tag_field="type", tag="voice_began"):
    """The answer will be heard too; who speaks, and in which format."""

    provider: str
    model: str
    voice: str
    format: str
    pieces: int = 0
    """How many pieces of text were there by then."""


class AudioChunk(Struct, frozen=True, gc=False, tag_field="type", tag="audio_chunk"):
    """The next part of the sound."""

    data: bytes


class SoundDropped(Struct, frozen=True, tag_field="type", tag="sound_dropped"):
    """Parts of the sound that a reader comes too late for: they stood here, and are not kept."""

    chunks: int = 1


class VoiceEnded(Struct, frozen=True, tag_field="type", tag="voice_ended"):
    """All of the sound was given."""

    provider: str
    model: str
    voice: str
    format: str
    pieces: int
    chunks: int


class VoiceFailed(Struct, frozen=True, tag_field="type", tag="voice_failed"):
    """The sound broke off, or never came; the text goes on."""

    message: str
    provider: str
    code: str = "internal"
    """Of the error."""
    was_all: bool = False
    """There is no text that goes on."""


class VoiceStored(Struct, frozen=True, tag_field="type", tag="voice_stored"):
    """The sound is kept as a file."""

    url: str
    """For the client: a link for some time, or a data URL."""
    address: str
    """For the history."""
    model: str


class TextNotRequested(Struct, frozen=True, tag_field="type", tag="text_not_requested"):
    """There will be no text in this turn; nobody need wait for it."""


class MessageVoiced(Struct, frozen=True, tag_field="type", tag="message_voiced"):
    """A stored message has its sound now."""

    message: int


class RecordingAsked(Struct, frozen=True, tag_field="type", tag="recording_asked"):
    """The recording goes to the model as it is; what stands where a transcript would."""

    text: str


class WordsHeard(Struct, frozen=True, tag_field="type", tag="words_heard"):
    """The next piece of what the user says; pieces join without separators."""

    text: str
    so_far: str | None = None
    """All of it up to now, where the provider tells stretches of speech apart."""


class SpeechNoticed(Struct, frozen=True, tag_field="type", tag="speech_noticed"):
    """The user begins, or ceases, to speak."""

    begins: bool


class SegmentHeard(Struct, frozen=True, tag_field="type", tag="segment_heard"):
    """A stretch of speech is over."""

    text: str
    number: int


class TranscriptHeard(Struct, frozen=True, tag_field="type", tag="transcript_heard"):
    """All that the user said, put right."""

    text: str
    recording: str | None = None
    """The client's own id of the recording."""
    segments: int | None = None
    """How many stretches of speech there were, where the provider tells them apart."""


VoiceEvent = (
    VoiceBegan
    | AudioChunk
    | SoundDropped
    | VoiceEnded
    | VoiceFailed
    | VoiceStored
    | TextNotRequested
    | MessageVoiced
    | RecordingAsked
    | WordsHeard
    | SpeechNoticed
    | SegmentHeard
    | TranscriptHeard
)

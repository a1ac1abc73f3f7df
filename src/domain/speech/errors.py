"""What can go wrong while somebody speaks, or is spoken to.

InvalidRequest
├── RecordingTooLong           somebody goes on speaking for longer than one may
└── VoicedNoMessage            sound was made for a message that nobody named

HearingFailed
├── HearingRefused             the provider took no sound
├── HearingBroke               it took some, and then no more
├── NoSound                    there was nothing to hear
└── NothingHeard               nobody spoke
"""

from domain.errors import InvalidRequest, ParleyError


class HearingFailed(ParleyError):
    """Speech could not be written down; `words` are those that were."""

    code = "hearing_failed"

    def __init__(self, message: str, words: str = "", provider: str | None = None) -> None:
        super().__init__(message)
        self.words = words
        self.provider = provider


class HearingRefused(HearingFailed):
    """The provider took no sound."""

    code = "hearing_refused"


class HearingBroke(HearingFailed):
    """The provider took some of the sound, and then no more."""

    code = "hearing_broke"


class NothingHeard(HearingFailed):
    """Nobody spoke, or nobody could be understood."""

    code = "nothing_heard"

    def __init__(self) -> None:
        super().__init__("No speech detected in recording. Please try again.")


class NoSound(HearingFailed):
    """A recording ended without any sound in it."""

    code = "no_sound"

    def __init__(self) -> None:
        super().__init__("No audio data received. Please record again.")


class VoicedNoMessage(InvalidRequest):
    """A text was spoken for the history, but the request does not say for which message."""

    code = "voiced_no_message"

    def __init__(self) -> None:
        super().__init__("TTS request requires message_id", "user_input.message_id")


class RecordingTooLong(InvalidRequest):
    """What was said up to the limit counts; what comes now does not."""

    code = "recording_too_long"

    def __init__(self, longest_s: float) -> None:
        super().__init__(
            f"A recording may last {longest_s:g} s; what was said after that is not heard."
            " Send it as another recording."
        )
        self.longest_s = longest_s

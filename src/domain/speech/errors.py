"""What can go wrong while somebody speaks.

HearingFailed
├── HearingRefused             the provider took no sound
├── HearingBroke               it took some, and then no more
└── NothingHeard               nobody spoke
"""

from domain.errors import ParleyError


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

    def __init__(self, message: str = "No speech was heard in the recording") -> None:
        super().__init__(message)

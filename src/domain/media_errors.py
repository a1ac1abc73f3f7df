"""What can go wrong with pictures and clips, named for what happened.

    JobError                       work that goes on by itself
    ├── JobTimedOut
    ├── JobInterrupted
    └── JobCancelled

Those here that the caller can mend stand in the tree of `errors.py`; what a provider does wrong is
in `provider_errors.py`.
"""

from collections.abc import Sequence

from domain.errors import InvalidRequest, NotFound, ParleyError, UnknownModel
from domain.ids import JobId


class UnknownMediaModel(UnknownModel):
    """No model that draws or films has this name; `key` is the setting that names it."""

    code = "unknown_media_model"

    def __init__(self, key: str, name: str, close_matches: Sequence[str]) -> None:
        super().__init__(name, close_matches)
        self.key = key


class OperationUnsupported(InvalidRequest):
    """The provider of the model has no such operation."""

    code = "operation_unsupported"

    def __init__(self, provider: str, operation: str) -> None:
        super().__init__(f"{provider} does not support {operation}", "model")
        self.provider = provider


class TooManyJobs(InvalidRequest):
    """The user already has as many videos under way as one user may have."""

    code = "too_many_jobs"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} videos are still being made; wait for one or cancel one.")
        self.limit = limit


class JobNotFound(NotFound):
    """No such job of this user."""

    def __init__(self, job: JobId) -> None:
        super().__init__("Job not found")
        self.job = job


class JobError(ParleyError):
    """Work that goes on by itself went wrong, whoever does it."""

    code = "job_error"


class JobTimedOut(JobError):
    """The work ran for longer than it may."""

    code = "job_timeout"

    def __init__(self, provider: str, limit_s: float) -> None:
        super().__init__(f"{provider} did not finish within {limit_s:g} seconds")
        self.provider = provider
        self.limit_s = limit_s


class JobInterrupted(JobError):
    """The server stopped while it asked a provider, so nobody knows whether the work was begun."""

    code = "job_interrupted"

    def __init__(self) -> None:
        super().__init__("The server stopped before the provider had answered; ask again")


class JobCancelled(JobError):
    """Somebody asked for the work to stop."""

    code = "job_cancelled"

    def __init__(self) -> None:
        super().__init__("The video was cancelled")

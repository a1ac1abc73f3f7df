"""Everything that can go wrong, as one tree, named for what happened.

    ParleyError
    ├── InvalidRequest                 the caller can mend it
    │   ├── UnknownModel
    │   │   └── UnknownMediaModel      `media_errors.py`, like the next two
    │   ├── OperationUnsupported       the provider has no such operation
    │   ├── TooManyJobs
    │   ├── ModelCannot
    │   ├── FeatureUnavailable
    │   ├── QuestionDiffers            one idempotency key, two questions
    │   ├── TooManyTurns
    │   ├── SpendingCapReached
    │   ├── DownloadRefused            an address that this server does not fetch
    │   │   └── DownloadTooLarge
    │   ├── DownloadFailed
    │   ├── DocumentUnreadable
    │   ├── ArchiveError               moving an account failed: `transfer/errors.py`
    │   └── FileRefused                a file that this server does not keep
    │       └── FileTooLarge
    ├── AccessDenied
    ├── NotAuthenticated
    │   └── BadCredentials
    ├── NotFound
    │   ├── AccountNotFound
    │   ├── ConversationNotFound
    │   ├── FileNotFound
    │   ├── MessageNotFound
    │   ├── PromptNotFound
    │   ├── JobNotFound                `media_errors.py`
    │   └── TurnNotFound
    ├── AlreadyExists
    ├── NotConfigured                  the operator can mend it
    ├── ProviderError                  a model provider failed: `provider_errors.py`
    ├── JobError                       what is made by and by failed: `media_errors.py`
    ├── StorageError                   what is kept, or where: `storage_errors.py`
    ├── ServerExhausted                out of memory, threads or handles
    └── TurnError                      the turn itself, whoever answered: `turn/errors.py`

The text of each error is fit for a client to read: no secret, no address, no driver's words.
`code` names the error in events and logs. Statuses and close codes are the entrypoints' business.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from domain.ids import ConversationId, FileKey, MessageId, PromptId, TurnId


class ParleyError(Exception):
    """Anything Parley reports on purpose."""

    code: ClassVar[str] = "internal"


class InvalidRequest(ParleyError):
    """What was asked is not well-formed; `field` names the place where that is known."""

    code = "invalid_request"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class UnknownModel(InvalidRequest):
    """No card has this name, alias or provider name."""

    code = "unknown_model"

    def __init__(self, name: str, close_matches: Sequence[str]) -> None:
        hint = f" Did you mean {', '.join(close_matches)}?" if close_matches else ""
        super().__init__(f"Unknown model {name[:80]!r}.{hint}", "model")
        self.name = name
        self.close_matches = tuple(close_matches)


class ModelCannot(InvalidRequest):
    """The model exists but lacks what the request needs."""

    code = "model_cannot"

    def __init__(self, model: str, need: str, able: Sequence[str]) -> None:
        hint = f" Models that can: {', '.join(able)}." if able else ""
        super().__init__(f"Model {model!r} cannot {need}.{hint}", "model")
        self.model = model
        self.able = tuple(able)


class FeatureUnavailable(InvalidRequest):
    """A known feature that this server does not offer."""

    code = "feature_unavailable"

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature} is not available on this server.", "request_type")
        self.feature = feature


class QuestionDiffers(InvalidRequest):
    """The idempotency key was used before, for another question."""

    code = "question_differs"

    def __init__(self) -> None:
        super().__init__(
            "This local_id or Idempotency-Key was already used for another question;"
            " send a new one.",
            "local_id",
        )


class TooManyTurns(InvalidRequest):
    """The user already has as many running turns as one user may have."""

    code = "too_many_turns"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} requests are still running; wait for one to end or cancel one.")
        self.limit = limit


class SpendingCapReached(InvalidRequest):
    """What today's answers cost, or may cost, leaves no room for one more until midnight UTC."""

    code = "spending_cap"

    def __init__(
        self, cap_usd: float, spent_usd: float, estimate_usd: float, now: datetime
    ) -> None:
        resets = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        super().__init__(
            f"Spending cap reached: ${spent_usd:.4f} of ${cap_usd:.4f} are used or set aside today,"
            f" and this answer may cost ${estimate_usd:.4f}."
            f" The cap resets at {resets:%Y-%m-%d %H:%M} UTC."
        )
        self.cap_usd = cap_usd
        self.spent_usd = spent_usd
        self.resets_at = resets
        self.retry_after_s = (resets - now).total_seconds()


class DownloadRefused(InvalidRequest):
    """This server does not fetch what the address names; `place` is its host."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place[:80]} is not fetched: {why}")
        self.place = place


class DownloadTooLarge(DownloadRefused):
    """There is more at the address than this server takes."""

    def __init__(self, place: str, most_bytes: int) -> None:
        super().__init__(place, f"it is larger than {most_bytes / 1_000_000:.3g} MB")
        self.most_bytes = most_bytes


class DownloadFailed(InvalidRequest):
    """What the address names could not be loaded; `place` is its host."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place[:80]} could not be loaded: {why}")
        self.place = place


class DocumentUnreadable(InvalidRequest):
    """A PDF out of which no text can be taken."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The PDF cannot be read: {why}")


class FileRefused(InvalidRequest):
    """A file that this server does not keep."""

    code = "file_refused"

    def __init__(
        self, message: str, field: str | None = None, extension: str | None = None
    ) -> None:
        super().__init__(message, field)
        self.extension = extension
        """How its name ends, where that has to do with it."""


class FileTooLarge(FileRefused):
    """The file has more bytes than a file may have; the rest was not read."""

    code = "file_too_large"

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"The file is larger than {most_bytes / 2**20:.3g} MiB")
        self.most_bytes = most_bytes


class AccessDenied(ParleyError):
    """The request names somebody else."""

    code = "access_denied"

    def __init__(self, message: str = "Access denied: customer ID mismatch") -> None:
        super().__init__(message)


class NotAuthenticated(ParleyError):
    """The token is missing or no good; `reason` is one of the contract's words."""

    code = "not_authenticated"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class BadCredentials(NotAuthenticated):
    """Name and password do not fit; one text for every cause."""

    code = "bad_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid username or password", "credentials")


class NotFound(ParleyError):
    """It does not exist, or it belongs to somebody else: the two look the same."""

    code = "not_found"


class AccountNotFound(NotFound):
    """No such account."""

    def __init__(self, who: object) -> None:
        super().__init__("Account not found")
        self.who = who


class ConversationNotFound(NotFound):
    """No such conversation of this user."""

    def __init__(self, conversation: ConversationId) -> None:
        super().__init__("Session not found")
        self.conversation = conversation


class FileNotFound(NotFound):
    """No such file of this user."""

    def __init__(self, key: FileKey) -> None:
        super().__init__("File not found")
        self.key = key


class MessageNotFound(NotFound):
    """No such message of this user."""

    def __init__(self, message: MessageId) -> None:
        super().__init__("Message not found")
        self.message = message


class PromptNotFound(NotFound):
    """No such saved prompt of this user."""

    def __init__(self, prompt: PromptId) -> None:
        super().__init__("Prompt not found")
        self.prompt = prompt


class TurnNotFound(NotFound):
    """No such turn of this user, or it ended longer ago than records are kept."""

    def __init__(self, turn: TurnId) -> None:
        super().__init__("Turn not found")
        self.turn = turn


class AlreadyExists(ParleyError):
    """A name that must be unique is taken."""

    code = "already_exists"


class NotConfigured(ParleyError):
    """The operator has not set `key`, which this needs."""

    code = "not_configured"

    def __init__(self, key: str, message: str | None = None) -> None:
        super().__init__(message or f"{key} is not set")
        self.key = key


class ServerExhausted(ParleyError):
    """The machine gives this process no more memory, threads or handles; others may end soon."""

    code = "server_exhausted"

    def __init__(self) -> None:
        super().__init__("This server has no memory to spare at the moment; try again in a moment")

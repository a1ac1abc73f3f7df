"""What can go wrong with a model provider, named for what happened.

    ProviderError                  a model provider failed
    ├── ProviderUnauthorized
    ├── ProviderRejected
    │   ├── ProviderUnpaid         the key's account is used up
    │   ├── ContextTooLong
    │   ├── ContentRefused         moderation
    │   └── ModelNotOffered
    ├── ProviderOverloaded         retryable
    ├── ProviderUnavailable        retryable
    ├── ProviderDown               not asked again so soon
    ├── ProviderUnreachable        retryable
    ├── ProviderTimeout            retryable
    │   ├── ConnectTimedOut
    │   ├── FirstTokenTimedOut
    │   └── StreamStalled
    ├── ProviderBrokeOff           retryable
    ├── ProviderGarbled
    ├── EmptyAnswer                ended without a word
    ├── WorkFailed                 taken on, and failed at
    └── ResultLost                 made, but not to be had

`retryable` says whether the very same request may succeed another time.
"""

from typing import ClassVar

from domain.errors import ParleyError


class ProviderError(ParleyError):
    """A model provider failed; the SDK's own exception is the cause."""

    code = "provider_error"
    retryable: ClassVar[bool] = False

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(message)
        self.provider = provider


class ProviderUnauthorized(ProviderError):
    """The provider does not accept our key (401, 403)."""

    code = "provider_unauthorized"


class ProviderRejected(ProviderError):
    """The provider will not do what was asked (other 4xx, safety refusals)."""

    code = "provider_rejected"


class ProviderUnpaid(ProviderRejected):
    """The account of our key is out of money; another key or provider may do the same."""

    code = "provider_unpaid"


class ContextTooLong(ProviderRejected):
    """Prompt and history do not fit the model's context."""

    code = "context_too_long"


class ContentRefused(ProviderRejected):
    """Moderation refuses what was asked, or what came of it: asking again is no use."""

    code = "content_refused"


class ModelNotOffered(ProviderRejected):
    """The provider does not know or offer the model (404)."""

    code = "model_not_offered"


class ProviderOverloaded(ProviderError):
    """Rate limit or overload: the same request may succeed after `retry_after_s` seconds."""

    code = "provider_overloaded"
    retryable = True

    def __init__(self, provider: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(provider, message)
        self.retry_after_s = retry_after_s


class ProviderUnavailable(ProviderError):
    """The provider failed on its side (408, 5xx)."""

    code = "provider_unavailable"
    retryable = True


class ProviderDown(ProviderError):
    """The provider failed so often that it is left alone for `retry_after_s` seconds."""

    code = "provider_down"

    def __init__(self, provider: str, retry_after_s: float) -> None:
        super().__init__(
            provider, f"{provider} is out of order and will be tried again in {retry_after_s:.0f} s"
        )
        self.retry_after_s = retry_after_s


class ProviderUnreachable(ProviderError):
    """No connection to the provider could be made."""

    code = "provider_unreachable"
    retryable = True


class ProviderTimeout(ProviderError):
    """The provider was silent for longer than allowed."""

    code = "provider_timeout"
    retryable = True


class ConnectTimedOut(ProviderTimeout):
    """No connection to the provider came about in time."""

    code = "provider_connect_timeout"


class FirstTokenTimedOut(ProviderTimeout):
    """The provider took the question and said nothing."""

    code = "provider_first_token_timeout"


class StreamStalled(ProviderTimeout):
    """The provider fell silent in mid-answer."""

    code = "provider_stalled"


class ProviderBrokeOff(ProviderError):
    """The provider's stream ended without its end mark."""

    code = "provider_broke_off"
    retryable = True


class ProviderGarbled(ProviderError):
    """The provider sent something that is not its own protocol."""

    code = "provider_garbled"


class EmptyAnswer(ProviderError):
    """The model ended its answer and has said nothing: asking again would be paid for again."""

    code = "empty_answer"


class WorkFailed(ProviderError):
    """The provider took the order on and failed at it; asking again would be paid for again."""

    code = "work_failed"


class ResultLost(ProviderError):
    """The provider says that it is done, but what it made cannot be had (any more)."""

    code = "result_lost"

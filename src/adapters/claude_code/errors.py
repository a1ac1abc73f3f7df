"""What Claude Code says went wrong, as an error of ours."""

import re

from adapters.claude_code.catalog import PROVIDER
from adapters.claude_code.wire import ResultLine
from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import answered, said
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderUnauthorized,
)

_PATH = re.compile(r"(?<![\w.:/])/(?:[\w.@+~-]+/)+[\w.@+~-]*")
_LOST = "no conversation found"
_NO_LOGIN = "authentication_failed"
_KINDS = {"billing_error": "billing", "rate_limit": "rate_limit", "server_error": "server_error"}


def failed(result: ResultLine, kind: str | None) -> ProviderError:
    """Return the error that a result means.

    Args:
        result: one that is an error.
        kind: what a message before it called the error.
    """
    words = _without_paths(result.words) or result.subtype.replace("_", " ")
    if kind == _NO_LOGIN:
        return ProviderUnauthorized(PROVIDER, "Claude Code is not logged in, or its key is refused")
    error = {"message": words, "type": _KINDS.get(kind or "", kind)}
    if result.api_error_status is not None and result.api_error_status >= 400:
        return answered(PROVIDER, result.api_error_status, error)
    return said(PROVIDER, error)


def ended(code: int | None, stderr: str, *, spoke: bool) -> ProviderError:
    """Return the error for a process that ended without a result.

    Args:
        code: how it exited; negative for a signal, None while it still runs.
        stderr: what it wrote there last.
        spoke: whether it had said anything before.
    """
    how = "in mid-answer" if spoke else "without a word"
    exit_ = "" if not code else f" (exit code {code})"
    last = [line for line in stderr.splitlines() if line.strip()][-1:]
    words = "".join(f": {fit_for_clients(_without_paths(line))}" for line in last)
    return ProviderBrokeOff(PROVIDER, f"Claude Code broke off {how}{exit_}{words}")


def garbled() -> ProviderGarbled:
    """Return the error for what is not its protocol."""
    return ProviderGarbled(PROVIDER, "Claude Code sent something that is not its protocol")


def lost_session(error: ProviderError) -> bool:
    """Return whether the error says that the session to go on with is not there."""
    return _LOST in str(error).lower()


def _without_paths(text: str) -> str:
    return _PATH.sub("[path]", text)

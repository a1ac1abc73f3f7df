"""What a provider answered, as an error of ours: HTTP statuses and errors inside a stream."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import msgspec

from adapters.transport.not_json import NOT_JSON
from adapters.transport.scrub import fit_for_clients
from domain.provider_errors import (
    ContextTooLong,
    ModelNotOffered,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
)

_TOO_LONG = (
    "context_length",
    "maximum context",
    "context window",
    "prompt is too long",
    "maximum prompt length",  # xAI
    "too_many_prompt_tokens",  # Perplexity
    "exceed context limit",  # Anthropic, of prompt and answer together
    "request_too_large",  # Anthropic
)
_NO_MODEL = (
    "model_not_found",
    "model_not_supported",
    "model_not_available",
    "model_not_exist",  # DeepSeek
    "invalid_model",  # Perplexity
    "not_found_error",  # Anthropic
)
_NO_MONEY = (
    "insufficient_quota",
    "insufficient_balance",
    "billing",
    "credit balance",
    "available credits",
    "payment_required",
)
_BAD_KEY = ("invalid_api_key", "incorrect_api_key")
_NO_KEY = (*_BAD_KEY, "authentication_error", "permission_error", "account_deactivated")
_TOO_MUCH = ("rate_limit", "overloaded", "too_many_requests", "slow_down")
_THEIR_FAULT = ("server_error", "api_error", "internal_error", "timeout", "unavailable")
_LONGEST_WAIT_S = 86_400.0
"""Limits of a day are the longest there are; a larger number is a moment, or nonsense."""
_ADDRESS = re.compile(r"\bhttps?://\S+", re.IGNORECASE)


def answered(
    provider: str,
    status: int,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ProviderError:
    """Return the error that an HTTP answer means.

    Args:
        provider: who answered.
        status: anything but 200 to 299.
        body: the answer's body: bytes, text, or decoded JSON.
        headers: of the answer; their names in lower case, or a mapping that ignores case.
        now: for `Retry-After` that names a date.
    """
    if 300 <= status < 400:
        # The operator's base URL leads to a server that is somewhere else by now.
        text = f"{provider} leads elsewhere ({status}), which is not followed: check its base URL"
        return ProviderGarbled(provider, text)
    words, marks = _words_and_marks(_decoded(body))
    text = _sentence(provider, words, status)
    if status == 402 or (status in (400, 403, 429, 529) and _any(_NO_MONEY, marks)):
        return ProviderUnpaid(provider, text)
    if status in (401, 403) or (status == 400 and _any(_BAD_KEY, marks)):
        # The words for a refused key tend to quote the key.
        return ProviderUnauthorized(provider, _refused_key(provider, f" ({status})"))
    if status == 413:
        return ContextTooLong(provider, text)
    if status in (429, 529):
        return ProviderOverloaded(provider, text, _retry_after_s(headers or {}, now))
    if status == 408 or status >= 500:
        return ProviderUnavailable(provider, text)
    if status == 404 or _any(_NO_MODEL, marks):
        return ModelNotOffered(provider, text)
    if _any(_TOO_LONG, marks):
        return ContextTooLong(provider, text)
    return ProviderRejected(provider, text)


def said(provider: str, error: object) -> ProviderError:
    """Return the error that an `error` object inside an answer means.

    Where such an object has no status, its code, type and words have to tell; what none of them
    explains is taken for a fault on the provider's side.
    """
    if (status := _status_in(error)) is not None:
        return answered(provider, status, error)
    words, marks = _words_and_marks(error)
    text = _sentence(provider, words)
    kinds: tuple[tuple[tuple[str, ...], type[ProviderError]], ...] = (
        (_TOO_LONG, ContextTooLong),
        (_NO_MODEL, ModelNotOffered),
        (_NO_KEY, ProviderUnauthorized),
        (_NO_MONEY, ProviderUnpaid),
        (_TOO_MUCH, ProviderOverloaded),
        (_THEIR_FAULT, ProviderUnavailable),
        (("invalid", "tool_use_failed", "content_policy", "unsupported"), ProviderRejected),
    )
    for known, kind in kinds:
        if _any(known, marks):
            if kind is ProviderUnauthorized:
                text = _refused_key(provider)
            return kind(provider, text)
    return ProviderUnavailable(provider, text)


def _status_in(error: object) -> int | None:
    """Return the HTTP status that the object gives as its code (Perplexity)."""
    while isinstance(error, Mapping):
        fields = cast("Mapping[str, Any]", error)
        for number in (fields.get("status_code"), fields.get("code")):
            if isinstance(number, int) and 400 <= number < 600:
                return number
        error = fields.get("error")
    return None


def _decoded(body: object) -> object:
    if isinstance(body, bytes):
        try:
            return msgspec.json.decode(body)
        except NOT_JSON:
            return body.decode(errors="replace")
    return body


def _words_and_marks(body: object) -> tuple[str, str]:
    """Return the provider's sentence, and all that tells the kind of error, in lower case."""
    if isinstance(body, list) and body:
        return _words_and_marks(cast("list[object]", body)[0])
    if not isinstance(body, Mapping):
        words = body if isinstance(body, str) and "<" not in body[:200] else ""
        return words, _telling(words)
    fields = cast("Mapping[str, Any]", body)
    if fields.get("error"):
        words, marks = _words_and_marks(fields["error"])
        # The code may stand outside (xAI).
        return words, f"{marks} {fields.get('code') or ''}".lower()
    words = next((fields[key] for key in ("message", "detail") if _is_text(fields.get(key))), "")
    marks = [fields.get(key) for key in ("code", "type", "status")]
    return words, " ".join(str(mark) for mark in (*marks, _telling(words)) if mark).lower()


def _telling(words: str) -> str:
    """Return the words without addresses: pages on rate limits are found under `billing` (Groq)."""
    return _ADDRESS.sub("", words).lower()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _any(known: tuple[str, ...], marks: str) -> bool:
    return any(mark in marks or mark.replace("_", " ") in marks for mark in known)


def _sentence(provider: str, words: str, status: int | None = None) -> str:
    number = "" if status is None else f" ({status})"
    return f"{provider}: {fit_for_clients(words) or 'the request failed'}{number}"


def _refused_key(provider: str, number: str = "") -> str:
    return f"{provider}: authentication failed, it refused the server's key{number}"


def believed_wait_s(words: str | None, unit_s: float = 1.0) -> float | None:
    """Return a wait in seconds that a provider names; None where the words cannot be one."""
    try:
        seconds = float(words or "") * unit_s
    except ValueError:
        return None
    return seconds if 0 <= seconds <= _LONGEST_WAIT_S else None


def _retry_after_s(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """Return how long to wait: `retry-after-ms`, else `Retry-After` as seconds or as a date."""
    wait_s = believed_wait_s(headers.get("retry-after-ms"), 0.001)
    if wait_s is not None:
        return wait_s
    value = headers.get("retry-after")
    wait_s = believed_wait_s(value)
    return _until_s(value, now) if wait_s is None and value else wait_s


def _until_s(date: str, now: Callable[[], datetime]) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        wait_s = (moment.replace(tzinfo=moment.tzinfo or UTC) - now()).total_seconds()
    except (ValueError, OverflowError):
        return None
    # A moment that has passed, by our clock or theirs, tells nothing.
    return wait_s if 0 < wait_s <= _LONGEST_WAIT_S else None

"""Tells a refusal of content from any other error answer."""

from collections.abc import Mapping

from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import answered
from domain.provider_errors import ContentRefused, ProviderError

_MARKS = (
    b"moderation_blocked",
    b"content_policy_violation",
    b"content_moderation",
    b"content_filter",
    b"content moderation",
    b"request moderated",
    b"safety system",
    b"rejected by the safety",
)


def refused(
    provider: str, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> ProviderError:
    """Return the error that an HTTP answer means; moderation has an error of its own."""
    error = answered(provider, status, body, headers)
    if 400 <= status < 500 and status != 429 and is_moderation(body):
        return content_refused(provider, "" if _is_dull(error) else str(error))
    return error


def is_moderation(words: bytes | str) -> bool:
    """Return whether a provider's words speak of moderation."""
    text = words.encode() if isinstance(words, str) else words
    return any(mark in text.lower() for mark in _MARKS)


def content_refused(provider: str, why: str = "") -> ContentRefused:
    """Return the error for what moderation refuses, with the provider's reason if it gave one."""
    why = fit_for_clients(why)
    return ContentRefused(provider, f"{provider} refused the content{f': {why}' if why else ''}")


def _is_dull(error: ProviderError) -> bool:
    """Return whether the error speaks of the key: that is what the status would mean elsewhere."""
    return error.code == "provider_unauthorized"

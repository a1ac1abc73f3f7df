"""Google's interfaces for pictures and clips: where they are, and how they refuse."""

from collections.abc import Mapping

from adapters.google.errors import refused as explained
from adapters.google.media_catalog import PROVIDER
from adapters.transport.moderation import content_refused, is_moderation
from adapters.transport.patience import Patience
from adapters.transport.rest import Rest
from domain.provider_errors import ProviderError

VERSION = "v1beta"
_SAFETY = ("responsible ai", "usage guidelines", "prohibited use", "safety filter")


def media_rest(api_key: str | None, base_url: str, patience: Patience) -> Rest:
    """Return a client; nothing is imported or opened yet."""
    return Rest(PROVIDER, base_url, api_key, "GOOGLE_API_KEY", patience, _signed, _refused)


def speaks_of_safety(words: str) -> bool:
    """Return whether Google's words are those of its moderation."""
    return is_moderation(words) or any(mark in words.lower() for mark in _SAFETY)


def _signed(key: str) -> Mapping[str, str]:
    return {"x-goog-api-key": key}


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    error = explained(status, body, headers)
    if status == 400 and speaks_of_safety(body.decode(errors="replace")):
        return content_refused(PROVIDER, str(error))
    return error

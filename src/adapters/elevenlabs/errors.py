"""What ElevenLabs' errors mean: over HTTP in `detail`, on the socket in a frame of their own."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from adapters.elevenlabs.catalog import PROVIDER
from adapters.transport.not_json import NOT_JSON
from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import answered, said
from domain.provider_errors import (
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnpaid,
)


class PermissionMissing(ProviderUnauthorized):
    """The key is good, but not for this: ElevenLabs' keys can be made for some purposes only."""


_KINDS: Mapping[str, type[ProviderError]] = {
    "missing_permissions": PermissionMissing,
    "quota_exceeded": ProviderUnpaid,
    "voice_not_found": ProviderRejected,
    "invalid_voice_id": ProviderRejected,
    "model_not_found": ModelNotOffered,
    "too_many_concurrent_requests": ProviderOverloaded,
    "concurrent_limit_exceeded": ProviderOverloaded,
    "rate_limit_exceeded": ProviderOverloaded,
    "system_busy": ProviderOverloaded,
    "input_timeout_exceeded": ProviderBrokeOff,
}
"""A spent quota comes as a 401, and a busy system as a 429: the word tells more than the number."""


class _Detail(Struct, frozen=True):
    status: str | None = None
    message: str | None = None


class _Refusal(Struct, frozen=True):
    detail: _Detail


def refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    """Return the error that an HTTP answer means."""
    try:
        detail = msgspec.json.decode(body, type=_Refusal).detail
    except NOT_JSON:
        return answered(PROVIDER, status, body, headers)
    word, message = detail.status, detail.message
    words: dict[str, object] = {"message": message, "code": word}
    return _known(word, message) or answered(PROVIDER, status, words, headers)


def told(frame: Mapping[str, Any]) -> ProviderError:
    """Return the error that a frame of the socket means."""
    word, message = frame.get("error"), frame.get("message")
    return _known(word, message) or said(PROVIDER, {"message": message or word, "code": word})


def garbled() -> ProviderGarbled:
    """Return the error for what is not ElevenLabs' protocol."""
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")


def _known(word: object, message: object) -> ProviderError | None:
    kind = _KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        return None
    words = fit_for_clients(message) if isinstance(message, str) else ""
    return kind(PROVIDER, f"{PROVIDER}: {words or word}")

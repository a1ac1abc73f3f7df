"""What Google's error objects mean: over HTTP, and inside an answer.

Their shape is that of google.rpc.Status; what its code leaves open, its `details` and words tell.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from adapters.google.catalog import PROVIDER
from adapters.transport.not_json import NOT_JSON
from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import answered, believed_wait_s, said
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnpaid,
)

_TOO_LONG = "exceeds the maximum number of tokens"
_NO_FILE = "access the file"
_NO_MONEY = ("credits are depleted", "spending cap")


class _Detail(Struct, frozen=True, rename="camel"):
    reason: str | None = None
    retry_delay: str | None = None


class _Status(Struct, frozen=True):
    code: int | None = None
    message: str = ""
    details: list[_Detail] = []


def refused(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> ProviderError:
    """Return the error that an HTTP answer means.

    Args:
        status: anything but 200.
        body: of the answer.
        headers: of the answer; a mapping that ignores case.
    """
    try:
        error = _error_in(msgspec.json.decode(body))
    except NOT_JSON:
        return answered(PROVIDER, status, body, headers)
    return _meaning(error, status, headers or {})


def told(error: object) -> ProviderError:
    """Return the error that an `error` object inside an answer means."""
    try:
        status = msgspec.convert(error, _Status).code
    except msgspec.ValidationError:
        status = None
    if status is None or status < 400:
        return said(PROVIDER, error)
    return _meaning(error, status, {})


def garbled() -> ProviderGarbled:
    """Return the error for what is not Google's protocol."""
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")


def broke_off(how: str) -> ProviderBrokeOff:
    """Return the error for an answer that is not complete."""
    return ProviderBrokeOff(PROVIDER, f"{PROVIDER} broke off {how}")


def _error_in(body: object) -> object:
    if isinstance(body, list):
        # Without `alt=sse`, which gateways may lose, errors come in a list.
        listed = cast("list[object]", body)
        return _error_in(listed[0]) if listed else None
    if isinstance(body, dict):
        return cast("dict[str, Any]", body).get("error")
    return None


def _meaning(error: object, status: int, headers: Mapping[str, str]) -> ProviderError:
    try:
        known = msgspec.convert(error, _Status)
    except msgspec.ValidationError:
        return answered(PROVIDER, status, {"error": error}, headers)
    words = known.message.lower()
    text = f"{PROVIDER}: {fit_for_clients(known.message) or 'the request failed'} ({status})"
    if any(detail.reason == "API_KEY_INVALID" for detail in known.details):
        # It comes as a 400.
        return answered(PROVIDER, status, {"error": {"code": "invalid_api_key"}})
    if status == 403 and _NO_FILE in words:
        return ProviderRejected(PROVIDER, text)
    if status == 429 and not any(mark in words for mark in _NO_MONEY):
        # Even of a limit by the minute Google says: "check your plan and billing details".
        return ProviderOverloaded(PROVIDER, text, _wait_s(known, headers))
    if _TOO_LONG in words:
        marked = {"message": known.message, "code": "context_length_exceeded"}
        return answered(PROVIDER, status, {"error": marked})
    if status == 429:
        return ProviderUnpaid(PROVIDER, text)
    return answered(PROVIDER, status, {"error": {"message": known.message}}, headers)


def _wait_s(error: _Status, headers: Mapping[str, str]) -> float | None:
    """Return how long to wait: as the details say (`48s`), else as the header does."""
    for detail in error.details:
        wait_s = believed_wait_s((detail.retry_delay or "").removesuffix("s"))
        if wait_s is not None:
            return wait_s
    by_header = answered(PROVIDER, 429, None, headers)
    return by_header.retry_after_s if isinstance(by_header, ProviderOverloaded) else None

"""The envelope of the old mobile client, for errors too."""

from collections.abc import Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    SerializationException,
)

from application.flow.exhaustion import exhausted
from domain.errors import ParleyError
from domain.provider_errors import ProviderError
from entrypoints.web.errors import INTERNAL, SAY_IT_ALL, problem
from entrypoints.web.wire.legacy import LegacyEnvelope, failed

log = structlog.get_logger("legacy")

Reply = Response[LegacyEnvelope]


def reply(envelope: LegacyEnvelope, headers: Mapping[str, str] | None = None) -> Reply:
    """Return the answer with the envelope's own status."""
    return Response(envelope, status_code=envelope.code, headers=dict(headers or {}))


def _ours(_: Request[Any, Any, Any], error: ParleyError) -> Reply:
    found = problem(error)
    if found.status >= 500:
        expected = isinstance(error, (ProviderError, *SAY_IT_ALL))
        log.warning("request failed", code=error.code, exc_info=None if expected else error)
    status = 400 if found.status == 422 else found.status
    return reply(failed(status, str(error)), found.headers)


def _refused(_: Request[Any, Any, Any], error: HTTPException) -> Reply:
    if error.status_code >= 500:
        log.error("request failed", exc_info=error)
        return reply(failed(500, INTERNAL))
    too_large = error.status_code == 413
    return reply(failed(413, "The body is too large") if too_large else failed(400, "Bad request"))


def _not_allowed(_: Request[Any, Any, Any], error: MethodNotAllowedException) -> Reply:
    return reply(failed(405, "Method not allowed"), error.headers)


def _not_json(_: Request[Any, Any, Any], __: SerializationException) -> Reply:
    return reply(failed(400, "The body is not valid JSON"))


def _surprise(_: Request[Any, Any, Any], error: Exception) -> Reply:
    log.error("request failed unexpectedly", exc_info=error)
    if (used_up := exhausted(error)) is not None:
        found = problem(used_up)
        return reply(failed(found.status, str(used_up)), found.headers)
    return reply(failed(500, INTERNAL))


FAILURES: dict[int | type[Exception], Any] = {
    ParleyError: _ours,
    SerializationException: _not_json,
    MethodNotAllowedException: _not_allowed,
    HTTPException: _refused,
    Exception: _surprise,
}

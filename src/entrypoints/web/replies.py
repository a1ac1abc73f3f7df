"""Errors as responses: whatever goes wrong, the client gets JSON in the contract's shape."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)
from litestar.routes import HTTPRoute
from litestar.utils import normalize_path
from msgspec import structs

from application.flow.exhaustion import exhausted
from domain.errors import InvalidRequest, ParleyError
from domain.provider_errors import ProviderError
from entrypoints.web.allowed_methods import allow
from entrypoints.web.choices import choices
from entrypoints.web.errors import (
    SAY_IT_ALL,
    JobDidNotSucceed,
    Problem,
    TurnDidNotAnswer,
    problem,
    problem_of_job,
    problem_of_turn,
    refused,
    unexpected,
)
from entrypoints.web.meanings import Door
from entrypoints.web.presence import ClientGone
from entrypoints.web.wire.envelopes import ErrorEnvelope, SchemaViolation
from entrypoints.web.wire.json_text import decoded

log = structlog.get_logger("http")

CHAT_DOOR: dict[str, Any] = {"door": "chat"}
"""`opt` of the endpoints that speak envelope B …"""
MEDIA_DOOR: dict[str, Any] = {"door": "media"}
"""… and of those among them that draw and film."""
BATCH_DOOR: dict[str, Any] = {"door": "batch"}
"""`opt` of the batch API, which speaks envelope A and tells errors in words."""
NOBODY_LISTENS = 499

AnyRequest = Request[Any, Any, Any]
_MISSING = re.compile(r"Missing required (query|header|cookie) parameter '(\w+)'")
"""Of parameters that are missing Litestar tells in a sentence only."""
_NAMED = re.compile(r"(?:required|unknown) field `([^`]*)`")
_NO_BODY = "'data'"
"""All that Litestar says where a handler needs a body and none came."""
_NO_CHOICE = "Invalid enum value"
_BLANK = r"matching regex '\\S'"
""""Not blank", as msgspec says it."""


class JsonRequest(Request[Any, Any, Any]):
    """A request whose body, when it is no JSON, is the client's mistake and not ours."""

    async def json(self) -> Any:
        """Return the decoded body; None where there is none.

        Raises:
            SerializationException: it is no JSON, no UTF-8, or nested beyond reason.
        """
        try:
            return decoded(await self.body() or b"null")
        except (ValueError, RecursionError) as error:
            raise SerializationException("not decodable") from error


def _reply(found: Problem) -> Response[ErrorEnvelope]:
    return Response(found.body, status_code=found.status, headers=dict(found.headers))


def _door(request: AnyRequest) -> Door:
    handler = _scope(request).get("route_handler")
    return "history" if handler is None else handler.opt.get("door", "history")


def _scope(request: AnyRequest) -> Mapping[str, Any]:
    """Return the scope, in which a request that no route took lacks keys that others have."""
    return cast("Mapping[str, Any]", request.scope)


def _ours(request: AnyRequest, error: ParleyError) -> Response[ErrorEnvelope]:
    found = problem(error, _door(request))
    if isinstance(error, ProviderError):
        # It is not ours, and where in our code it was noticed tells nobody anything.
        log.warning("provider failed", code=error.code, provider=error.provider, error=str(error))
    elif isinstance(error, SAY_IT_ALL):
        log.warning("request failed", code=error.code, error=str(error))
    elif found.status >= 500 and not isinstance(error, InvalidRequest):
        log.warning("request failed", code=error.code, exc_info=error)
    return _reply(found)


def _no_answer(request: AnyRequest, error: TurnDidNotAnswer) -> Response[ErrorEnvelope]:
    return _reply(problem_of_turn(error.ending, _door(request)))


def _no_result(request: AnyRequest, error: JobDidNotSucceed) -> Response[ErrorEnvelope]:
    return _reply(problem_of_job(error.job, _door(request)))


def _gone(_: AnyRequest, __: ClientGone) -> Response[None]:
    return Response(None, status_code=NOBODY_LISTENS)


def _no_such_method(request: AnyRequest, error: MethodNotAllowedException) -> Response[Any]:
    """Answer for a path that takes other methods, in the shape of errors that these have."""
    error.headers = {"allow": allow((error.headers or {}).get("allow", "").split(", "))}
    path = normalize_path(request.scope["path"])
    for route in request.app.routes:
        if isinstance(route, HTTPRoute) and route.path == path:
            for handler in route.route_handlers:
                known: Mapping[Any, Any] = getattr(handler, "exception_handlers", None) or {}
                if (own := known.get(MethodNotAllowedException)) is not None:
                    return own(request, error)
    message = "Method not allowed"
    return _reply(refused(error.status_code, message, message, headers=error.headers))


def _foreign(request: AnyRequest, error: HTTPException) -> Response[ErrorEnvelope]:
    """Answer what Litestar refuses before any of our code runs."""
    status, headers = error.status_code, dict(error.headers or {})
    match error:
        case ValidationException():
            return _reply(_schema_violated(request, error))
        case NotFoundException():
            message = "Not found"
        case _ if isinstance(error.__cause__, SerializationException):
            message = "The body is not valid JSON"
        case _ if status == 413:
            message = "The body is too large"
        case _:
            message = "Bad request"
    return _reply(refused(status, message, message, headers=headers))


def _schema_violated(request: AnyRequest, error: ValidationException) -> Problem:
    extra = cast("list[Mapping[str, str]]", error.extra or [])
    found = tuple(_with_choices(request, _violation(item)) for item in extra)
    if not found and (missing := _MISSING.match(error.detail)):
        place = (missing[1], missing[2])
        found = (SchemaViolation("missing", place, "Missing required parameter"),)
    data = {"errors": [{"message": v.msg, "field": ".".join(v.loc[1:]) or None} for v in found]}
    first = found[0] if found else SchemaViolation("value_error", ("body",), "Invalid request")
    message = f"{'.'.join(first.loc[1:]) or first.loc[0]}: {first.msg}"
    return refused(422, message, found, data)


def _violation(item: Mapping[str, str]) -> SchemaViolation:
    text = _in_words(item.get("message", "Invalid value"))
    key = item.get("key", "")
    place = [] if key in ("", "data") else key.split(".")
    if named := _NAMED.search(text):
        place.append(named[1])
    kind = "value_error"
    if "required" in text:
        kind = "missing"
    elif text.startswith("Expected"):
        kind = "type_error"
    return SchemaViolation(kind, (item.get("source", "body"), *place), text)


def _in_words(text: str) -> str:
    if text == _NO_BODY:
        return "A JSON body is required"
    if _BLANK in text:
        return "Must not be blank"
    # msgspec quotes values of closed sets; a request's own words are not to be repeated.
    return _NO_CHOICE if text.startswith(_NO_CHOICE) else text


def _with_choices(request: AnyRequest, found: SchemaViolation) -> SchemaViolation:
    if found.msg != _NO_CHOICE:
        return found
    source, *place = found.loc
    parameters = request.route_handler.parsed_fn_signature.parameters
    parameter = parameters.get("data" if source == "body" else place.pop(0))
    words = choices(parameter.annotation, tuple(place)) if parameter else ()
    return structs.replace(found, msg=f"Must be one of {', '.join(words)}") if words else found


def _surprise(request: AnyRequest, error: Exception) -> Response[ErrorEnvelope]:
    log.error("request failed unexpectedly", exc_info=error)
    if (used_up := exhausted(error)) is not None:
        return _reply(problem(used_up, _door(request)))
    request_id: str | None = _scope(request).get("state", {}).get("request_id")
    return _reply(unexpected(request_id, _door(request)))


EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[[AnyRequest, Any], Response[Any]]] = {
    ParleyError: _ours,
    TurnDidNotAnswer: _no_answer,
    JobDidNotSucceed: _no_result,
    ClientGone: _gone,
    MethodNotAllowedException: _no_such_method,
    HTTPException: _foreign,
    InternalServerException: _surprise,
    Exception: _surprise,
}

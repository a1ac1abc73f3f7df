"""Who is calling, for HTTP and sockets alike."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from application.accounts.identify import Identify
from domain.errors import AccessDenied, NotAuthenticated
from domain.ids import UserId

_INVALID = "Invalid authentication token"

Connection = ASGIConnection[Any, Any, Any, Any]
SignedIn = Request[UserId, Any, Any]
"""A request that a guard of this module has let pass: whose it is stands in `user`."""


def token_from(headers: Mapping[str, str], query: Mapping[str, Any] | None = None) -> str | None:
    """Return the token a request carries; the `Authorization` header wins over the query.

    Args:
        headers: names in lower case, or a mapping that ignores case.
        query: only where a client cannot set headers (sockets, event streams): tokens in URLs
            end up in the logs of proxies.

    Raises:
        NotAuthenticated: the header holds something other than a bearer token.
    """
    header = headers.get("authorization")
    if header is None:
        return (query or {}).get("token") or None
    match header.split():
        case []:
            return None
        case [word] if word.lower() != "bearer":
            return word
        case [scheme, token] if scheme.lower() == "bearer":
            return token
        case [_]:
            return None
        case _:
            raise NotAuthenticated(_INVALID, "token_invalid")


async def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Let only holders of a token pass; `request.user` is then their id (a guard).

    Raises:
        NotAuthenticated: there is no good token in the header.
        AccessDenied: the query names another customer.
    """
    await _identify(connection, token_from(connection.headers))


async def signed_in_by_url(connection: Connection, _: BaseRouteHandler) -> None:
    """Do as `signed_in`, for clients that cannot set headers: `?token=` counts too (a guard)."""
    await _identify(connection, token_from(connection.headers, connection.query_params))


async def _identify(connection: Connection, token: str | None) -> None:
    identify: Identify = await connection.app.state.dishka_container.get(Identify)
    user = (await identify(token)).user
    for claimed in connection.query_params.getall("customer_id", []):
        check_customer(claimed, user)
    connection.scope["user"] = user


def check_customer(claimed: object, user: UserId) -> None:
    """Refuse a request that names another customer than its token does; none is fine.

    Raises:
        AccessDenied: it does.
    """
    if claimed is not None and str(claimed) != str(user):
        raise AccessDenied


def origin_allowed(origin: str | None, allowed: Iterable[str]) -> bool:
    """Return whether a page of this origin may connect; no origin means that no browser asks."""
    return origin is None or origin_pattern(tuple(allowed)).fullmatch(origin) is not None


@lru_cache(maxsize=16)
def origin_pattern(allowed: tuple[str, ...]) -> re.Pattern[str]:
    """Return what the whole of an allowed origin matches; `:*` stands for any port, or none."""
    if not allowed:
        return re.compile(r"(?!)")
    return re.compile("|".join(re.escape(o).replace(r":\*", r"(?::\d{1,5})?") for o in allowed))

"""Logging in."""

from typing import Annotated, Any

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from application.accounts.log_in import LogIn
from entrypoints.web.documented import errors
from entrypoints.web.wire.envelopes import Envelope

_LONGEST_PASSWORD = 1000

AnyRequest = Request[Any, Any, Any]


class LoginRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A name and its password."""

    username: Annotated[
        str, Meta(min_length=1, max_length=200, description="The username or e-mail address.")
    ]
    password: Annotated[str, Meta(min_length=1, max_length=_LONGEST_PASSWORD)]
    customer_id: Annotated[Any, Meta(description="Accepted; has no influence.")] = None


class LoginData(Struct, frozen=True):
    """Who logged in; the token goes into `Authorization: Bearer …`."""

    customer_id: int
    username: str
    email: str | None
    token: str


@post(
    ["/api/v1/chat/auth/login", "/api/v1/auth/login"],
    status_code=200,
    tags=["Accounts"],
    security=[],
    responses=errors(401, 422, 429),
    summary="Log in",
)
@inject
async def log_in(
    request: AnyRequest, data: JSONBody[LoginRequest], use_case: FromDishka[LogIn]
) -> Envelope[LoginData]:
    """Trade a name and a password for a token that is good for 90 days."""
    address = request.client.host if request.client else "unknown"
    found = await use_case(data.username, data.password, address)
    account = found.account
    return Envelope(
        message="Authentication successful",
        data=LoginData(account.id, account.username, account.email, found.token),
    )

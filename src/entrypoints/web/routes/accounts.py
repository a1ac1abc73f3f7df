"""Logging in and out, another password, and the end of an account."""

from typing import Annotated, Any

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, delete, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from application.accounts.change_password import ChangePassword
from application.accounts.delete_account import DeleteOwnAccount
from application.accounts.log_in import LoggedIn, LogIn
from application.accounts.log_out_everywhere import LogOutEverywhere
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.wire.envelopes import Envelope

_LONGEST_PASSWORD = 1000

AnyRequest = Request[Any, Any, Any]
Password = Annotated[str, Meta(min_length=1, max_length=_LONGEST_PASSWORD)]


class LoginRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A name and its password."""

    username: Annotated[
        str, Meta(min_length=1, max_length=200, description="The username or e-mail address.")
    ]
    password: Password
    customer_id: Annotated[Any, Meta(description="Accepted; has no influence.")] = None


class PasswordRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The password as it is, and as it is to be."""

    old_password: Password
    new_password: Password


class DeletionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The password once more: a token alone must not end an account."""

    password: Password


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
    return Envelope(message="Authentication successful", data=_login(found))


@post(
    "/api/v1/auth/password",
    status_code=200,
    guards=[signed_in],
    tags=["Accounts"],
    security=BEARER,
    responses=errors(401, 403, 422, 429),
    summary="Change the password",
)
@inject
async def change_password(
    request: SignedIn, data: JSONBody[PasswordRequest], use_case: FromDishka[ChangePassword]
) -> Envelope[LoginData]:
    """Replace the caller's password; only the token in the answer counts from then on."""
    found = await use_case(request.user, data.old_password, data.new_password)
    return Envelope(message="Password changed successfully", data=_login(found))


@post(
    "/api/v1/auth/logout-everywhere",
    status_code=200,
    guards=[signed_in],
    tags=["Accounts"],
    security=BEARER,
    responses=errors(401, 403),
    summary="Log out everywhere",
)
@inject
async def log_out_everywhere(
    request: SignedIn, use_case: FromDishka[LogOutEverywhere]
) -> Envelope[None]:
    """Revoke every token of the caller, this one too; open sockets are closed in some seconds."""
    await use_case(request.user)
    return Envelope(message="Logged out everywhere", data=None)


@delete(
    "/api/v1/account",
    status_code=200,
    guards=[signed_in],
    tags=["Accounts"],
    security=BEARER,
    responses=errors(401, 403, 404, 422, 429),
    summary="Delete the account",
)
@inject
async def delete_account(
    request: SignedIn, data: JSONBody[DeletionRequest], use_case: FromDishka[DeleteOwnAccount]
) -> Envelope[None]:
    """Stop the caller's turns and remove all that is kept of the caller, for good."""
    await use_case(request.user, data.password)
    return Envelope(message="Account deleted", data=None)


def _login(found: LoggedIn) -> LoginData:
    account = found.account
    return LoginData(account.id, account.username, account.email, found.token)

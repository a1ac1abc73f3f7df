"""The contract's two envelopes, and the one shape of every error."""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

T = TypeVar("T")


class Envelope(Struct, Generic[T], frozen=True, kw_only=True):
    """Envelope A: the history API and most others. `code` is the HTTP status."""

    code: int = 200
    success: Literal[True] = True
    message: str
    data: T
    meta: None = None


class ChatEnvelope(Struct, Generic[T], frozen=True, kw_only=True):
    """Envelope B: the chat endpoints."""

    success: Literal[True] = True
    data: T
    error: None = None
    code: int = 200


class SchemaViolation(Struct, frozen=True):
    """One place of a request that does not fit its schema; never the value that was sent."""

    type: str
    loc: tuple[str, ...]
    msg: str


class ErrorDetail(Struct, frozen=True, omit_defaults=True):
    """What the chat endpoints say about an error."""

    error: str
    message: str
    context: Mapping[str, Any] = {}


Detail = str | ErrorDetail | tuple[SchemaViolation, ...]


class ErrorEnvelope(Struct, frozen=True, kw_only=True):
    """Every answer with a status of 400 or above, whichever endpoint gives it."""

    code: Annotated[int, Meta(description="The HTTP status.", ge=400, le=599)]
    success: Literal[False] = False
    message: Annotated[str, Meta(description="What went wrong, for a human.")]
    data: Mapping[str, Any] | None = None
    meta: None = None
    detail: Detail | UnsetType = UNSET

"""What the caller has used."""

from datetime import date
from typing import Annotated

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import QueryParameter

from application.usage.show_usage import ShowUsage
from domain.errors import InvalidRequest
from domain.usage import GroupBy
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.usage import UsageData, usage_data

First = Annotated[
    str | None,
    QueryParameter(
        name="from", required=False, description="The first day, an ISO date; 30 days by default."
    ),
]
Last = Annotated[
    str | None,
    QueryParameter(
        name="to", required=False, description="The last day, included; today by default."
    ),
]
By = Annotated[GroupBy, QueryParameter(description="What the rows are sums of.")]


@get(
    "/api/v1/usage",
    guards=[signed_in],
    tags=["Usage"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Show what was used",
)
@inject
async def show_usage(
    request: SignedIn,
    use_case: FromDishka[ShowUsage],
    first: First = None,
    last: Last = None,
    group_by: By = "day",
) -> Envelope[UsageData]:
    """Add up the caller's tokens and costs by day (UTC), model or provider."""
    report = await use_case(request.user, _day(first, "from"), _day(last, "to"), group_by)
    return Envelope(message="Usage retrieved successfully", data=usage_data(report, group_by))


def _day(text: str | None, field: str) -> date | None:
    if text is None or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidRequest(f"{field} must be an ISO date such as 2026-01-31", field) from None

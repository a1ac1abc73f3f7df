"""Searching one's own messages by their words."""

from typing import Annotated

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import QueryParameter

from application.files.links import FileLinks
from application.history.search_messages import SearchMessages
from domain.fulltext.found import SearchPlace
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.wire.cursors import CURSOR_CHARS, read_cursor
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.search import SearchData, search_data

Query = Annotated[
    str,
    QueryParameter(
        max_length=1000,
        description=(
            'Words, `"phrases"` and `beginnings*`, all of which must be in a message. Case and'
            " accents do not count; of Chinese, Japanese, Korean and Thai any part is found."
        ),
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Conversations on a page.")]
Place = Annotated[
    str | None,
    QueryParameter(
        required=False,
        max_length=CURSOR_CHARS,
        description="The `next_cursor` of the page before, asked with the same `q`.",
    ),
]


@get(
    "/api/v1/chat/search",
    guards=[signed_in],
    tags=["History"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Search messages by relevance",
)
@inject
async def search_messages(
    request: SignedIn,
    q: Query,
    use_case: FromDishka[SearchMessages],
    links: FromDishka[FileLinks],
    limit: Limit = 20,
    cursor: Place = None,
) -> Envelope[SearchData]:
    """Find the caller's messages by their words, the best first, told by conversation.

    Of what is in fifteen of the newest five hundred, the newest two hundred are ranked.
    """
    page = await use_case(request.user, q, limit, read_cursor(cursor, SearchPlace))
    return Envelope(message="Messages matched successfully", data=search_data(page, links))

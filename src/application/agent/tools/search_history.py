"""What the user has talked about before."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from application.history.search_messages import FoundConversation, SearchMessages
from domain.conversation.conversation import StoredMessage
from domain.tools import ToolSpec, parameters_of

_MOST_CHARS = 1500
"""Of one message."""


class SearchHistoryArguments(Struct, frozen=True):
    """What to look for."""

    query: Annotated[
        str, Meta(pattern=r"\S", max_length=300, description="Words that occur in the messages.")
    ]
    limit: Annotated[int, Meta(ge=1, le=20, description="Conversations.")] = 5


class SearchHistory(Tool):
    """Searches by words, in the history of the one who asks."""

    spec = ToolSpec(
        "search_history",
        "Search the user's earlier conversations; the best match comes first.",
        parameters_of(SearchHistoryArguments),
        limit_s=30,
    )
    takes = SearchHistoryArguments

    def __init__(self, search: SearchMessages) -> None:
        self._search = search

    async def __call__(
        self, arguments: SearchHistoryArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return conversations, each with the messages that were found in it.

        Raises:
            InvalidRequest: the query has too many words.
        """
        # The one of now is before the model's eyes, and would be the best match of all.
        page = await self._search(context.user, arguments.query, arguments.limit + 1)
        others = [one for one in page.found if one.conversation.id != context.conversation]
        return {"conversations": [_conversation(one) for one in others[: arguments.limit]]}


def _conversation(found: FoundConversation) -> dict[str, Any]:
    about = found.conversation
    return {
        "session_id": about.id,
        "name": about.name,
        "last_update": about.last_update.isoformat(),
        "messages": [_message(match.message) for match in found.matches],
    }


def _message(message: StoredMessage) -> dict[str, Any]:
    text = message.message or ""
    return {
        "from": message.sender,
        "written_at": message.created_at.isoformat(),
        "text": text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}…",
    }

"""What a search found, and in which order it is told."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from domain.ids import ConversationId, MessageId

Natural = Annotated[int, Meta(ge=0, le=2**31 - 1)]
MOST_HITS = 1000
"""How many messages, the best ones, a search tells."""


class Hit(Struct, frozen=True):
    """A message in which all terms occur."""

    message: MessageId
    conversation: ConversationId


class Found(Struct, frozen=True):
    """A conversation with its hits, best first."""

    conversation: ConversationId
    messages: tuple[MessageId, ...]


class SearchPlace(Struct, frozen=True, array_like=True):
    """Where a page ended, so that the next one goes on there whatever was written meanwhile."""

    asked: int
    """What was looked for, so that a place is not taken for one in another search."""
    last: ConversationId
    """The last conversation told."""
    told: Natural
    """How many were told so far, for when the last one is gone."""
    up_to: Natural
    """The newest message of the first page's search; later ones do not move what was found."""


def grouped(hits: Iterable[Hit]) -> list[Found]:
    """Return the conversations of hits, in order of their best one."""
    messages: dict[ConversationId, list[MessageId]] = {}
    for hit in hits:
        messages.setdefault(hit.conversation, []).append(hit.message)
    return [Found(conversation, tuple(keys)) for conversation, keys in messages.items()]


def page_after(found: Sequence[Found], place: SearchPlace | None) -> Sequence[Found]:
    """Return what comes after a place."""
    if place is None:
        return found
    for number, one in enumerate(found):
        if one.conversation == place.last:
            return found[number + 1 :]
    return found[max(0, place.told - 1) :]

"""What is so common that only the newest messages with it are looked at.

Ranking all that holds a common word takes every store longer the more is kept, and nobody reads
that far. Which words are common does not depend on the store, nor does the order of what is found.
"""

from collections.abc import Sequence

from msgspec import Struct

from domain.fulltext.found import Hit
from domain.ids import ConversationId, MessageId

RECENT = 500
"""As many of a user's newest messages tell what is common."""
COMMON = 15
"""What is in as many of the newest is common; of what is in fewer, all messages are ranked."""
LOOKED_AT = 200
"""How many messages, the newest ones, are looked at for what is common."""

_SATURATION = 1.2
_LENGTH_COUNTS = 0.75
"""The usual constants of BM25."""


class Occurrences(Struct, frozen=True, array_like=True):
    """A message in which all terms occur, and how often each of them does."""

    message: MessageId
    conversation: ConversationId
    length: int
    """In tokens."""
    counts: tuple[int, ...]


def best(found: Sequence[Occurrences]) -> list[Hit]:
    """Return the messages that say it often and say little else first, then the newest.

    It is BM25 without the weight of what is rare, since nothing is that all of these hold.
    """
    mean = sum(one.length for one in found) / max(1, len(found))
    ranked = sorted(((_weight(one, mean), one.message, one) for one in found), reverse=True)
    return [Hit(one.message, one.conversation) for _, _, one in ranked]


def _weight(one: Occurrences, mean: float) -> float:
    length = 1 - _LENGTH_COUNTS + _LENGTH_COUNTS * one.length / mean
    return sum(count / (count + _SATURATION * length) for count in one.counts)

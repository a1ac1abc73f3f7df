"""What an index holds of a message: its tokens, and on MySQL and MariaDB its pairs of neighbours.

FTS5 knows which token comes after which. InnoDB looks for a phrase in the text of every message
that has all its words, which takes long where they are common. So each two neighbours are one more
token to it, and a phrase is looked for where its pairs are.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any
from zlib import crc32

from adapters.sql.dialect import MYSQL
from domain.fulltext.words import indexed
from domain.ids import MessageId, UserId

_MARK = "__"
"""What a pair begins with, and no word does: a letter that became a number has but one `_`."""
_NUMBERS = 2**12
"""Pairs of one number are taken for one another: each is in one of 90 messages of fifty words.

With more numbers fewer rows are looked at for nothing, and the index takes longer to write.
"""


def row_of(engine: str, user: UserId, message: MessageId, said: str | None) -> dict[str, Any]:
    """Return what is indexed of a message, by columns; nothing where it has no words."""
    if not (tokens := indexed(said)):
        return {}
    pairs = pairs_of(user, tokens) if engine in MYSQL else None
    return {"message_id": message, "words": owned(user, tokens), "pairs": pairs}


def owned(user: UserId, tokens: Iterable[str]) -> str:
    """Return tokens as they are indexed, each with its owner's number before it."""
    return " ".join(f"u{user}_{token}" for token in tokens)


def pairs_of(user: UserId, tokens: Iterable[str]) -> str | None:
    """Return the pairs of tokens as they are indexed, each once; None for a token alone."""
    return owned(user, dict.fromkeys(paired(tokens))) or None


def paired(tokens: Iterable[str]) -> Iterator[str]:
    """Yield each two neighbours as one token, which stands for a few other pairs too."""
    for two in pairwise(tokens):
        yield f"{_MARK}{crc32(' '.join(two).encode()) % _NUMBERS:03x}"

"""What somebody looks for: words, beginnings of words and phrases, all of which must be there."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from zlib import crc32

from msgspec import Struct

from domain.errors import InvalidRequest
from domain.fulltext.words import Kind, Piece, coded, paired, pieces

MOST_TERMS = 32
LEAST_BEGINNING = 2
"""Letters of a beginning; one letter begins too much of what anybody has written."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))
_PARTS = re.compile(r'"([^"]*)(?:"|$)|([^\s"]+)')


class Term(Struct, frozen=True):
    """Tokens that must follow one another; of a beginning, one token that must begin so."""

    tokens: tuple[str, ...]
    beginning: bool = False


def terms(text: str) -> tuple[Term, ...]:
    """Return what a user's text asks for; no text is wrong, and one without words asks nothing.

    Raises:
        InvalidRequest: there are too many terms.
    """
    found: dict[Term, None] = {}
    for phrase, loose in _PARTS.findall(text.translate(_QUOTES)):
        found.update(dict.fromkeys(_phrase(phrase) if phrase else _loose(loose)))
    if len(found) > MOST_TERMS:
        raise InvalidRequest(f"q must not have more than {MOST_TERMS} words", "q")
    return tuple(found)


def fingerprint(wanted: Sequence[Term]) -> int:
    """Return a number that tells one search from another."""
    return crc32(repr(wanted).encode())


def occurs(term: Term, held: Sequence[str]) -> int:
    """Return how often a term occurs in the tokens of a text, one occurrence after another."""
    if term.beginning:
        return sum(token.startswith(term.tokens[0]) for token in held)
    size, count, at = len(term.tokens), 0, 0
    while at + size <= len(held):
        if tuple(held[at : at + size]) == term.tokens:
            count, at = count + 1, at + size
        else:
            at += 1
    return count


def _phrase(text: str) -> Iterator[Term]:
    """Yield the terms of a quoted phrase: one, unless it ends in a single letter of a run."""
    said = list(pieces(text))
    if not said:
        return
    *before, last = said
    held = [token for piece in before for token in _held(piece)]
    if last.kind is not Kind.RUN:
        yield Term((*held, *_held(last)))
    elif len(last.text) > 1:
        yield Term((*held, *_held(last)[:-1]))
    else:
        if held:
            yield Term(tuple(held))
        yield Term((coded(last.text),), beginning=True)


def _loose(text: str) -> Iterator[Term]:
    """Yield the terms of what has no spaces in it: words joined by signs are a phrase."""
    beginning = text.endswith("*")
    said = list(pieces(text))
    for kind, group in groupby(said, key=lambda piece: piece.kind):
        if kind is Kind.WORD:
            words = list(group)
            yield from _words(words, beginning=beginning and words[-1] is said[-1])
        else:
            for piece in group:
                yield from _phrase(text[piece.start : piece.end])


def _words(said: Sequence[Piece], *, beginning: bool) -> Iterable[Term]:
    held = tuple(coded(piece.text) for piece in said)
    if not beginning or len(said[-1].text) < LEAST_BEGINNING:
        return [Term(held)]
    last = Term(held[-1:], beginning=True)
    return [Term(held[:-1]), last] if held[1:] else [last]


def _held(piece: Piece) -> list[str]:
    return paired(piece.text) if piece.kind is Kind.RUN else [coded(piece.text)]

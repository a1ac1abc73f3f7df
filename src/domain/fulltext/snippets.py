"""The part of a text that shows why it was found."""

import re
from collections import deque
from collections.abc import Iterable, Sequence

from msgspec import Struct

from domain.fulltext.query import Term
from domain.fulltext.words import Token, tokens

SNIPPET_CHARS = 160
_BEFORE = 40
"""How much of it comes before what was found."""
_MOST_MARKS = 60
"""Where looking for a better part of the text ends."""
_NEAR = 15
"""How far a cut moves so as not to split a word."""
_SPACES = re.compile(r"\s+")


class SnippetPart(Struct, frozen=True):
    """Parts joined are the snippet; a client never has to count letters."""

    text: str
    hit: bool = False


class _Mark(Struct, frozen=True):
    term: int
    start: int
    end: int


def snippet(text: str, wanted: Sequence[Term]) -> tuple[SnippetPart, ...]:
    """Return some 160 letters of the text, those that answer most of the terms."""
    marks = _marks(text, wanted)
    at = _window(marks)
    start = _cut(text, max(0, at - _BEFORE))
    end = _cut(text, min(len(text), start + SNIPPET_CHARS))
    parts = [SnippetPart("…")] if start else []
    done = start
    for mark_start, mark_end in _joined(marks):
        if mark_start < start or mark_end > max(end, at + SNIPPET_CHARS):
            continue
        parts += [
            SnippetPart(text[done:mark_start]),
            SnippetPart(text[mark_start:mark_end], hit=True),
        ]
        done = mark_end
    parts.append(SnippetPart(text[done : max(done, end)]))
    if max(done, end) < len(text):
        parts.append(SnippetPart("…"))
    return tuple(SnippetPart(_SPACES.sub(" ", part.text), part.hit) for part in parts if part.text)


def _marks(text: str, wanted: Sequence[Term]) -> list[_Mark]:
    by_last: dict[str, list[int]] = {}
    beginnings: list[tuple[str, int]] = []
    for number, term in enumerate(wanted):
        if term.beginning:
            beginnings.append((term.tokens[0], number))
        else:
            by_last.setdefault(term.tokens[-1], []).append(number)
    recent: deque[Token] = deque(maxlen=max((len(term.tokens) for term in wanted), default=1))
    marks: list[_Mark] = []
    unseen = set(range(len(wanted)))
    for token in tokens(text):
        recent.append(token)
        here = by_last.get(token.text, ())
        if beginnings:
            here = [*here, *(number for said, number in beginnings if token.text.startswith(said))]
        for number in here:
            if (start := _start(wanted[number], recent)) is not None:
                marks.append(_Mark(number, start, token.end))
                unseen.discard(number)
        everything = marks and not unseen and token.start > marks[-1].start + SNIPPET_CHARS
        if everything or len(marks) >= _MOST_MARKS:
            break
    return marks


def _start(term: Term, recent: Sequence[Token]) -> int | None:
    """Return where a term begins whose last token is the last of these, or None."""
    size = len(term.tokens)
    if size == 1:
        return recent[-1].start
    last = list(recent)[-size:]
    if tuple(token.text for token in last) != term.tokens:
        return None
    return last[0].start


def _window(marks: Sequence[_Mark]) -> int:
    """Return where the snippet's first mark is."""
    best, most = 0, 0
    for number, first in enumerate(marks):
        within = {
            mark.term
            for mark in marks[number:]
            if mark.end - first.start <= SNIPPET_CHARS - _BEFORE
        }
        if len(within) > most:
            best, most = first.start, len(within)
    return best


def _joined(marks: Iterable[_Mark]) -> list[tuple[int, int]]:
    """Return the places of marks, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        if found and mark.start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], mark.end))
        else:
            found.append((mark.start, mark.end))
    return found


def _cut(text: str, at: int) -> int:
    """Return a place near one, such that no word is split where that can be helped."""
    if at in (0, len(text)):
        return at
    space = text.find(" ", max(0, at - _NEAR), at)
    return at if space < 0 else space + 1

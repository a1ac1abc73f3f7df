"""What deep research finds: an instruction, a report, and the pages that its numbers stand for."""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, Literal

from msgspec import Struct

from domain.ids import ConversationId

ResearchStage = Literal["initialization", "optimization", "research", "analysis", "completed"]

NOTIFICATION = "notification"
"""The tag of a conversation in which research has been completed."""
NAME_CHARS = 50

_NUMBER = re.compile(r" ?\[ ?([0-9]{1,4})\](?!\()")
"""A number in brackets; before a parenthesis they are the words of a link."""
_TAIL = re.compile(r" ?(?:\[ ?[0-9]{0,4}\]?)?\Z")
"""What may be a number, or become one."""
_LONGEST = 8
"""Of a number with all around it."""


class Source(Struct, frozen=True):
    """A page of the report: `[number]` in its text stands for it."""

    number: int
    url: str
    title: str = ""


class Research(Struct, frozen=True, kw_only=True):
    """What has come of the work so far."""

    instruction: str
    written_by: str | None = None
    report: str = ""
    whole: bool = False
    """The report is."""
    sources: tuple[Source, ...] = ()
    model: str | None = None
    settings: Mapping[str, Any] = {}
    completed: bool = False
    timings_s: Mapping[str, float] = {}
    """How long each stage took."""
    conversation: ConversationId | None = None
    """Where it is kept, once it is completed."""


def conversation_name(question: str) -> str:
    """Return the name of a conversation that begins with research."""
    return f"Deep Research: {question.strip()[:NAME_CHARS]}..."


def sources_of(pages: Sequence[tuple[str, str, Sequence[int]]]) -> tuple[Source, ...]:
    """Return pages as sources in the order of their numbers.

    Args:
        pages: address, title, and the numbers by which the report refers to it. Pages without any
            are numbered on from the last.
    """
    found = [Source(number, url, title) for url, title, own in pages for number in own]
    found.sort(key=lambda source: source.number)
    last = found[-1].number if found else 0
    rest = [(url, title) for url, title, own in pages if not own]
    return (*found, *(Source(at, *page) for at, page in enumerate(rest, last + 1)))


class ResolvedNumbers:
    """Takes numbers in brackets that stand for no source out of a text that comes in pieces.

    What has been fed and not been returned is held back: it may be the beginning of a number.
    """

    def __init__(self, sources: Set[int]) -> None:
        self._sources = sources
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be said by now."""
        text = self._held + text
        tail = _TAIL.search(text, max(0, len(text) - _LONGEST))
        begin = len(text) if tail is None else tail.start()
        self._held = text[begin:]
        return self._resolved(text[:begin], self._held)

    def flush(self) -> str:
        """Return what is left."""
        rest, self._held = self._held, ""
        return self._resolved(rest, "")

    def _resolved(self, text: str, following: str) -> str:
        if "[" not in text:
            return text
        whole = text + following
        kept: list[str] = []
        at = 0
        for found in _NUMBER.finditer(whole):
            if found.end() > len(text):
                break
            if int(found[1]) not in self._sources:
                kept.append(text[at : found.start()])
                at = found.end()
        kept.append(text[at:])
        return "".join(kept)


def with_resolved_numbers(text: str, sources: Set[int]) -> str:
    """Return a whole text without the numbers that stand for no source."""
    numbers = ResolvedNumbers(sources)
    return numbers.feed(text) + numbers.flush()

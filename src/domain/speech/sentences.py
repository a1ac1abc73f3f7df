"""Cuts text that is still being written into pieces that can be spoken on their own.

A piece ends with its sentence, its line or its list item. Whether a mark ends a sentence is told
by the one character that follows it, and never by where the stream happens to be cut: any chunking
of a text gives the same pieces.
"""

# ruff: noqa: RUF001 - marks of other scripts, meant as they stand

import re
from collections.abc import Iterator

from msgspec import Struct

from domain.speech.markdown import speakable

LONGEST = 400
"""Characters of a piece; a sentence without an end is cut at a pause, else at a space."""

_ENDS = frozenset(".!?")
_WIDE_ENDS = frozenset("。！？｡")
_CLOSERS = "\"')]}»”’*_~`"
_WIDE_CLOSERS = "」』）】》〉”’"
_CLOSING = frozenset(_CLOSERS + _WIDE_CLOSERS)
_PAUSES = ",;:–—，、；："
_PLAIN = re.compile(f"[^\n{re.escape(''.join(_ENDS | _WIDE_ENDS | _CLOSING))}]*")
"""Characters that neither end a piece nor open anything."""
_NEW_BLOCK = frozenset(" \t\r\n-*+#>|`~=•0123456789")
"""Characters at the beginning of a line that make it more than the rest of the line before."""
_LIST_NUMBER = re.compile(r"\s*(?:\d{1,3}|[A-Za-z])\.")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_LAST_WORD = re.compile(r"[^\W\d_][\w.]*$")
_ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "mt", "gen", "col", "sgt", "capt"),
        *(
            "rev",
            "hon",
            "gov",
            "sen",
            "rep",
            "vs",
            "etc",
            "approx",
            "dept",
            "est",
            "fig",
            "figs",
            "vol",
        ),
        *("vols", "pp", "ed", "eds", "al", "cf", "ca", "inc", "ltd", "co", "corp", "ave", "blvd"),
        *(
            "rd",
            "jan",
            "feb",
            "mar",
            "apr",
            "jun",
            "jul",
            "aug",
            "sep",
            "sept",
            "oct",
            "nov",
            "dec",
        ),
        *(
            "min",
            "max",
            "bzw",
            "usw",
            "evtl",
            "ggf",
            "inkl",
            "nr",
            "vgl",
            "zzgl",
            "str",
            "tel",
            "mio",
        ),
        *("mrd", "hr", "fr", "sra", "dra", "mme", "mlle", "av", "pag", "ecc", "sig", "dott", "ing"),
    )
)
"""Of English, German and the Romance languages; `no` is not among them, as it mostly is a word."""


class Piece(Struct, frozen=True):
    """A part of the text; the sources of all pieces, joined, are the text."""

    source: str
    """As it was written."""
    spoken: str
    """What of it is said; empty where there is nothing to say, as in a block of code."""


class SentenceCutter:
    """Feed it text as it is written, get pieces as soon as each is complete."""

    def __init__(self) -> None:
        self._held = ""
        self._at = 0
        """The next character to look at."""
        self._line = 0
        """Where the current line begins; negative when that has been given away."""
        self._fence: str | None = None
        """What closes the block of code that is being written."""
        self._on_fence_line = False
        self._fence_ends = False

    def feed(self, text: str) -> list[Piece]:
        """Return the pieces that the text completes."""
        self._held += text
        return [*self._pieces(last=False)]

    def end(self) -> list[Piece]:
        """Return what is left."""
        found = [*self._pieces(last=True)]
        if self._held:
            found.append(self._take(len(self._held)))
        return found

    def _pieces(self, *, last: bool) -> Iterator[Piece]:
        while self._comes_to_mark():
            after = self._held[self._at + 1 : self._at + 2]
            if not after and not last:
                return
            cut = self._cut_here(self._held[self._at], after)
            self._at += 1
            if self._held[self._at - 1] == "\n":
                self._line = self._at
            if cut:
                yield self._take(cut)

    def _comes_to_mark(self) -> bool:
        """Pass over what is plain; return whether there is more, from where a piece may end."""
        held, at = self._held, self._at
        if at < LONGEST - 1 and (plain := _PLAIN.match(held, at, LONGEST - 1)):
            self._at = at = plain.end()
        return at < len(held)

    def _take(self, size: int) -> Piece:
        source, self._held = self._held[:size], self._held[size:]
        spoken = speakable(source) if self._fence is None else ""
        if self._fence_ends:
            self._fence, self._fence_ends = None, False
        self._at -= size
        self._line -= size
        return Piece(source, spoken)

    def _cut_here(self, char: str, after: str) -> int:
        """Return where the piece ends that is complete with this character; 0: none is."""
        size = self._at + 1
        if self._fence is not None:
            return self._cut_in_code(self._fence, char, size)
        if char in "`~" and after != char and self._opens_fence(size):
            return size
        if char == "\n":
            return size if self._line_ends_piece(after) else 0
        if (char in _ENDS or char in _WIDE_ENDS or char in _CLOSING) and self._ends_sentence(after):
            return size
        return self._pause() if size >= LONGEST else 0

    def _cut_in_code(self, fence: str, char: str, size: int) -> int:
        if char == "`" and self._on_fence_line:
            # Code within a line, whatever its first marks looked like.
            self._fence = None
            return 0
        if char != "\n":
            return size if size >= LONGEST else 0
        line = self._held[max(self._line, 0) : self._at].strip()
        self._fence_ends = (
            not self._on_fence_line and line.startswith(fence) and not line.strip(fence[0])
        )
        self._on_fence_line = False
        return size

    def _opens_fence(self, size: int) -> bool:
        marks = _FENCE.fullmatch(self._held, max(self._line, 0), size)
        if marks is None or self._line < 0:
            return False
        self._fence, self._on_fence_line = marks[1], True
        return True

    def _line_ends_piece(self, after: str) -> bool:
        line = self._held[max(self._line, 0) : self._at].rstrip()
        if not line or after in _NEW_BLOCK or not after:
            return True
        if line.lstrip()[:1] in "-+#>|•" or _LIST_NUMBER.match(line):
            return True
        return line[-1] in ".!?:;。！？：；…"

    def _ends_sentence(self, after: str) -> bool:
        said = self._held[: self._at + 1].rstrip(_CLOSERS + _WIDE_CLOSERS)
        if not said or self._is_inside():
            return False
        if said[-1] in _WIDE_ENDS:
            return after not in _CLOSING and after not in _WIDE_ENDS
        if after and not after.isspace():
            return False
        if said[-1] == ".":
            return not self._is_abbreviated(said)
        return said[-1] in _ENDS

    def _is_inside(self) -> bool:
        """Return whether this is within code or the text of a link."""
        start, end = max(self._line, 0), self._at + 1
        if self._held.count("`", start, end) % 2:
            return True
        return self._held.rfind("[", start, end) > self._held.rfind("]", start, end)

    def _is_abbreviated(self, said: str) -> bool:
        if said.endswith(".."):
            return True  # A pause, and not the end.
        if self._line >= 0 and _LIST_NUMBER.fullmatch(said, self._line):
            return True
        word = _LAST_WORD.search(said, 0, len(said) - 1)
        if word is None:
            return False
        name = word[0]
        return len(name) == 1 or "." in name or name.lower() in _ABBREVIATIONS

    def _pause(self) -> int:
        """Return where a piece that grew too long is best cut."""
        text = self._held[: self._at + 1]
        least = LONGEST // 2
        pause = max(text.rfind(mark) for mark in _PAUSES)
        if pause >= least:
            return pause + 1
        space = max(text.rfind(" "), text.rfind("\n"))
        return space + 1 if space >= least else len(text)

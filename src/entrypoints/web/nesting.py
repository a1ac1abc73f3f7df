"""Documents that would keep a parser busy for minutes, told before it sees them."""

import re

from domain.errors import InvalidRequest

DEEPEST = 32
LONGEST_NAME = 256

_TEXT_GOES_ON = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_TOKEN = re.compile(
    rb'([\[{])|([\]}])|"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"(?:\s*+(:))?|(\\?)\Z)', re.DOTALL
)
"""A bracket; or a text, with the colon that makes a name of it, or cut off by the piece's end."""


class Nesting:
    """Watches how deep a JSON document goes and how long its names are, in pieces.

    A parser that works piece by piece writes the whole path anew for every value, so that a small
    body of brackets within brackets, or one long name, costs it the square of their size.
    """

    def __init__(self) -> None:
        """Begin at the beginning."""
        self._depth = 0
        self._begun: int | None = None
        """The length so far of a text that goes on in the next piece."""
        self._escapes = False
        """A backslash was the last thing of it."""
        self._ended_long = False
        """A long text was the last thing; should a colon follow, it is a name."""

    def check(self, piece: bytes) -> None:
        """Read the next piece.

        Raises:
            InvalidRequest: it goes deeper, or a name is longer, than anything that makes sense.
        """
        if self._begun is not None:
            piece = self._after_text(self._begun, piece)
        if self._ended_long and (following := piece.lstrip()):
            self._ended_long = False
            _refuse_name_if(following.startswith(b":"))
        for token in _TOKEN.finditer(piece):
            opens, closes, text, colon, escape = token.groups()
            if text is None:
                self._go(1 if opens else -bool(closes))
            elif escape is not None:
                self._begun, self._escapes = len(text), bool(escape)
            elif len(text) > LONGEST_NAME:
                _refuse_name_if(colon is not None)
                self._ended_long = not piece[token.end() :].strip()

    def _after_text(self, begun: int, piece: bytes) -> bytes:
        """Return what follows a text that began in an earlier piece; nothing where it goes on."""
        if self._escapes:
            piece, self._escapes = piece[1:], False
        found = _TEXT_GOES_ON.match(piece)
        end = found.end() if found else 0
        self._begun = begun + end
        if piece[end : end + 1] != b'"':
            self._escapes = end < len(piece)
            return b""
        self._begun = None
        self._ended_long = begun + end > LONGEST_NAME
        return piece[end + 1 :]

    def _go(self, levels: int) -> None:
        self._depth += levels
        if self._depth > DEEPEST:
            raise InvalidRequest(f"The body is nested deeper than {DEEPEST} levels")


def _refuse_name_if(long: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if long:
        raise InvalidRequest(f"A name in the body is longer than {LONGEST_NAME} characters")

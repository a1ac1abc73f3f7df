"""What of a text can be found: its words, folded, in the same way for every store.

A store's own idea of a word is never used. Engines differ in what they leave out (short words,
common words), in which letters they take for one another, and none finds a part of a run of
Chinese or Thai, where words have no spaces between them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

LOOKED_AT_CHARS = 250_000
"""How much of a message can be found; what comes after is kept, and not looked at."""
WORD_CHARS = 64
"""Where long words are cut: the shortest limit of an engine is 84, with a prefix of the owner's."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # Hangul: words carry their particles with them
)
_SIGNS = "\u2600-\u27bf\U0001f000-\U0001faff"
_ACCENTS = re.compile(
    "[\u0300-\u036f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Points of Hebrew
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u08d3-\u08e1\u08e3-\u08ff\u0640]"  # Marks of Arabic, and a stroke that fills lines
)
"""What is left out where people write quickly. The vowels of Indian letters are none of it."""
_PLAIN = re.compile("[a-z0-9]+")
_WHOLE = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "\u0671": "\u0627",
    }
)
"""Letters that Unicode does not take apart, though people leave the stroke out, or the hook."""


class Kind(Enum):
    """How a piece of a text is looked for."""

    WORD = "word"
    RUN = "run"
    """Writing without spaces: any part of it can be found."""
    SIGN = "sign"
    """An emoji or another pictograph, which is a word of its own."""


class Piece(Struct, frozen=True):
    """A word, a run or a sign, and where in the text it is."""

    kind: Kind
    text: str
    """Folded, without the letters that engines disagree about."""
    start: int
    end: int


class Token(Struct, frozen=True):
    """What an index holds, and what of the text it stands for."""

    text: str
    start: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """Yield the words, runs and signs of a text, in order."""
    for found in _pattern().finditer(text, 0, LOOKED_AT_CHARS):
        if bare := folded(found.group()):
            yield Piece(Kind(found.lastgroup), bare, found.start(), found.end())


def tokens(text: str) -> Iterator[Token]:
    """Yield what an index holds of a text: words as they are, runs as overlapping pairs.

    The last letter of a run stands alone, so that every letter begins some token.
    """
    if text.isascii():
        for found in _PLAIN.finditer(text.lower(), 0, LOOKED_AT_CHARS):
            yield Token(found.group()[:WORD_CHARS], found.start(), found.end())
        return
    for piece in pieces(text):
        if piece.kind is Kind.RUN:
            yield from _pairs(piece)
        else:
            yield Token(coded(piece.text), piece.start, piece.end)


def indexed(text: str | None) -> list[str]:
    """Return what an index holds of a text, without the places."""
    if not text:
        return []
    if text.isascii():  # As `tokens`, at a fraction of the time: this is part of every write.
        return [word[:WORD_CHARS] for word in _PLAIN.findall(text[:LOOKED_AT_CHARS].lower())]
    return [token.text for token in tokens(text)]


def folded(text: str) -> str:
    """Return the text without case, accents, forms of width and the marks of vowels."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold().translate(_WHOLE)
    return unicodedata.normalize("NFKC", bare)


def coded(text: str) -> str:
    """Return a folded word in letters that every engine takes for letters, cut to size."""
    if text.isascii() and text.isalnum():
        return text[:WORD_CHARS]
    return text.translate(_LETTERS)[:WORD_CHARS]


def paired(run: str) -> list[str]:
    """Return the overlapping pairs of a run, the last letter alone included."""
    return [coded(run[at : at + 2]) for at in range(len(run))]


def _pairs(piece: Piece) -> Iterable[Token]:
    one_to_one = len(piece.text) == piece.end - piece.start
    for at, pair in enumerate(paired(piece.text)):
        if one_to_one:
            start = piece.start + at
            yield Token(pair, start, min(start + 2, piece.end))
        else:
            # Folding has joined or split letters, so only the run's own place is sure.
            yield Token(pair, piece.start, piece.end)


class _Letters(dict[int, str]):
    """Letters of Unicode 3.2 as they are, since every engine has known them for long.

    All others, among them marks that are no letters to some engines, become their number.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        known = code < 0x10000 and unicodedata.ucd_3_2_0.category(letter) in _LETTER_KINDS
        self[code] = kept = letter if known else f"_{code:x}"
        return kept


_LETTER_KINDS = frozenset({"Ll", "Lo", "Lm", "Lu", "Lt", "Nd"})
_LETTERS = _Letters()
_patterns: list[re.Pattern[str]] = []


def _pattern() -> re.Pattern[str]:
    """Return the pattern of a piece; it takes some milliseconds to make, when first needed."""
    if not _patterns:
        # Marks belong to the word that they are written on, as `\w` does not know.
        marks = "".join(
            chr(code)
            for code in range(0x300, 0x1F000)
            if unicodedata.category(chr(code)) in {"Mn", "Mc"}
        )
        letter = rf"[^\W_{_UNSPACED}]"
        word = rf"(?P<word>{letter}(?:{letter}|[{marks}])*)"
        _patterns.append(re.compile(rf"(?P<run>[{_UNSPACED}]+)|(?P<sign>[{_SIGNS}])|{word}"))
    return _patterns[0]

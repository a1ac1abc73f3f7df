"""What of a piece of Markdown is said aloud: its words, without marks, addresses and pictures."""

# ruff: noqa: RUF001 - marks of other scripts, meant as they stand

import re

_BLOCK = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+(?:\[[ xX]\]\s+)?)+")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]*-[\s:|-]*\|[\s:|-]*$")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"\n]*\")?\)")
_REFERENCE = re.compile(r"!?\[([^\]\n]+)\]\[[^\]\n]*\]")
_FOOTNOTE = re.compile(r"\[\^?[\w-]{1,8}\](?!\()")
_CHART = re.compile(r"\[CHART:[^\]\n]*\]")
"""Where a client draws a chart."""
_ADDRESS = re.compile(
    r"<?\b(?:https?://|www\.)[^\s<>）」]*[^\s<>）」.,;:!?'\")\]]>?/?", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_STRONG = re.compile(r"(\*{1,3}|~~)(?=\S)|(?<=\S)(\*{1,3}|~~)")
_UNDERSCORES = re.compile(r"(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)")
_LEFT_OVER = re.compile(r"\]\([^\s)]*\)?|[\[\]`]")
_ANY_MARK = re.compile(r"^\W|[\[\]()<>`*~_|]|://|www\.", re.IGNORECASE)
"""Without any of these a line is what is said; nearly all lines are."""
_SPACES = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r"\s+([.,;:!?。！？，；：])")
_EMPTY = re.compile(r"(?<!\w)\(\s*\)")


def speakable(text: str) -> str:
    """Return the words in one line; nothing where there is no letter and no digit among them.

    Of links their text is said and of code within a line what it holds; addresses are not, nor
    tags. Numbers of lists stay: they are heard as they are read.
    """
    said = " ".join(filter(None, map(_line, text.splitlines())))
    return said if any(char.isalnum() for char in said) else ""


def _line(line: str) -> str:
    words = _words(line) if _ANY_MARK.search(line) else line
    return _BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", words)).strip()


def _words(line: str) -> str:
    if _RULE.match(line) or _TABLE_RULE.match(line):
        return ""
    line = _BLOCK.sub("", line)
    if line.lstrip().startswith("|"):
        cells = (cell.strip() for cell in line.strip().strip("|").split("|"))
        line = ", ".join(cell for cell in cells if cell)
    line = _CHART.sub("", line)
    line = _LINK.sub(r"\1", line)
    line = _REFERENCE.sub(r"\1", line)
    line = _FOOTNOTE.sub("", line)
    line = _ADDRESS.sub("", line)
    line = _TAG.sub(" ", line)
    line = _STRONG.sub("", line)
    line = _UNDERSCORES.sub("", line)
    return _EMPTY.sub("", _LEFT_OVER.sub("", line))

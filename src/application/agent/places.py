"""Addresses that have come up in a turn, and which the model has made up of them.

What comes from outside may tell the model to put something private into an address: of a picture,
which is loaded as soon as it is shown, of a link, or of a page to fetch. Strangers do not know
what is private, so an address that stands somewhere word for word cannot carry it. One that the
model has put together itself can.
"""

import html
import re
from urllib.parse import unquote

_HOST = re.compile(r"[a-z0-9\u00a1-\uffff_-]+(?:\.[a-z0-9\u00a1-\uffff_-]+)+", re.IGNORECASE)
_URL = re.compile(r"(?:https?:)?//[^\s<>\"'`\]\\]+|\bwww\.[^\s<>\"'`\]\\]+", re.IGNORECASE)
_TRAILING = ".,;:!?)*_~'\"]}>"
_MOST_CHARS = 4_000_000
"""Of all that is remembered of one turn; beyond that nothing counts as known."""


class KnownPlaces:
    """Told of everything the model reads, asked about what it writes."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._hosts: set[str] = set()
        self._chars = 0
        self.read_outside = False
        """Whether anything from outside has been read in this turn."""

    def learn(self, text: str) -> None:
        """Take in what the user or the operator has written."""
        for url in _URL.findall(text):
            self._add(_plain(url))

    def learn_outside(self, text: str) -> None:
        """Take in what strangers have written: their hosts are watched from now on."""
        self.read_outside = True
        self.learn(text)
        self._hosts.update(name.lower().strip(".") for name in _HOST.findall(_bare(text)))

    def knows(self, url: str) -> bool:
        """Return whether the address has come up as it is, up to a part that it begins with."""
        plain = _plain(url)
        return plain in self._known or any(
            known.startswith(plain) and known[len(plain)] in "/?#" for known in self._known
        )

    def is_composed(self, word: str) -> bool:
        """Return whether there is an address in the word that leads to strangers and is not theirs.

        Args:
            word: a piece of text without spaces.
        """
        if not self._hosts:
            return False
        bare = _bare(word)
        return any(self._is_composed_at(bare, found) for found in _HOST.finditer(bare))

    def _is_composed_at(self, word: str, found: re.Match[str]) -> bool:
        labels = found[0].lower().strip(".").split(".")
        watched = any(".".join(labels[at:]) in self._hosts for at in range(len(labels) - 1))
        if not watched:
            return False
        before = word[: found.start()]
        scheme = re.search(r"(?:https?:)?//(?:[^\s/@]*@)?$", before, re.IGNORECASE)
        rest = word[found.end() :].rstrip(_TRAILING)
        whole = (scheme[0] if scheme else "//") + found[0] + rest
        if (
            not rest
            and ".".join(labels) in self._hosts
            and (scheme is None or "@" not in scheme[0])
        ):
            return False  # The bare name of a place says nothing.
        return not self.knows(whole)

    def _add(self, url: str) -> None:
        self._chars += len(url)
        if self._chars <= _MOST_CHARS:
            self._known.add(url)


def _bare(text: str) -> str:
    """Return the text as whatever shows it would read it: without entities, escapes and such."""
    plain = html.unescape(text).replace("\\", "")
    return unquote(plain, errors="replace") if "%" in plain else plain


def _plain(url: str) -> str:
    """Return an address in the form in which two of them are compared."""
    bare = _bare(url).rstrip(_TRAILING)
    bare = re.sub(r"^(?:https?:)?//", "", bare, flags=re.IGNORECASE)
    host, slash, rest = bare.partition("/")
    return host.lower() + slash + rest if rest else host.lower()

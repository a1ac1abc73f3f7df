"""Keeps addresses that the model has put together out of an answer that strangers had a say in."""

from application.agent.places import KnownPlaces

REMOVED = "[link removed]"
_SUSPECT = frozenset(":/.&%@\\")
"""Without one of these a word holds no address, and need not be waited for."""
_LONGEST = 4096


class LinkGuard:
    """Fed the pieces of one text in order; gives back what may be shown of it.

    A word with a sign of an address in it is held back until it is whole. The rest goes through
    as it comes.
    """

    def __init__(self, places: KnownPlaces) -> None:
        self._places = places
        self._held = ""
        self.removed = 0
        """How many words were taken out."""

    def feed(self, text: str) -> str:
        """Return what can be shown by now; perhaps nothing."""
        text = self._held + text
        cut = _start_of_last_word(text)
        whole, word = text[:cut], text[cut:]
        if len(word) > _LONGEST or not _SUSPECT.intersection(word):
            whole, word = text, ""
        self._held = word
        return self._checked(whole)

    def flush(self) -> str:
        """Return what is left at the end."""
        held, self._held = self._held, ""
        return self._checked(held)

    def checked(self, text: str) -> str:
        """Return a text that is whole, likewise."""
        return self._checked(text)

    def _checked(self, text: str) -> str:
        if not _SUSPECT.intersection(text):
            return text
        return "".join(map(self._checked_word, _words(text)))

    def _checked_word(self, word: str) -> str:
        if not self._places.is_composed(word):
            return word
        self.removed += 1
        return REMOVED


def _start_of_last_word(text: str) -> int:
    at = len(text)
    while at and not text[at - 1].isspace():
        at -= 1
    return at


def _words(text: str) -> list[str]:
    """Return the text cut between words and the spaces around them."""
    pieces: list[str] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isspace() != text[start].isspace():
            pieces.append(text[start:at])
            start = at
    return pieces

r"""Halves of characters, where a provider writes one as two escapes and cuts between them.

JSON writes what is beyond U+FFFF as a pair, `"\ud83d\ude00"`. A provider that cuts its answer into
pieces of such text may send each half in a payload of its own, none of which can be decoded. Other
halves are alone because a model said so, or was stopped there.
"""

import re
from collections.abc import Iterator

_ESCAPE = re.compile(
    rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|u[dD][c-fC-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
_ALONE = rb"\ufffd"
_QUOTE = b'"'


class Halves:
    """Of one answer. Only payloads that could not be decoded, and their next ones, come here."""

    def __init__(self) -> None:
        self.held: bytes | None = None
        """A payload that was held back, since the next one may complete its last half."""

    def mended(self, payload: bytes) -> list[bytes]:
        """Return the payloads that can be read now, no half in them."""
        ready: list[bytes] = []
        if self.held is not None:
            first, payload = _joined(self.held, payload)
            ready.append(without_halves(first))
        if any(is_last for _, is_last, _ in _firsts(payload)):
            self.held = payload
        else:
            self.held = None
            ready.append(without_halves(payload))
        return ready

    def rest(self) -> list[bytes]:
        """Return what was held back, at the end of the answer."""
        held, self.held = self.held, None
        return [] if held is None else [without_halves(held)]


def has_halves(payload: bytes) -> bool:
    """Return whether half a character is the reason why a payload is no JSON."""
    return without_halves(payload) != payload


def without_halves(payload: bytes) -> bytes:
    """Return the payload with the sign for what cannot be shown in place of each half."""
    return _ESCAPE.sub(lambda escape: _ALONE if _is_half(escape) else escape[0], payload)


def _joined(first: bytes, second: bytes) -> tuple[bytes, bytes]:
    """Return both with the halves at the ends of texts in the first where the others are."""
    ends = [(escape, half) for escape, is_last, half in _firsts(first) if is_last]
    begins = [*_seconds_at_the_beginning(second)]
    if not begins:
        return first, second
    half = ends[-1][1]
    for escape, _ in reversed(ends):
        first = first[: escape.start()] + first[escape.end() :]
    for at in reversed(begins):
        second = second[:at] + half + second[at:]
    return first, second


def _firsts(payload: bytes) -> Iterator[tuple[re.Match[bytes], bool, bytes]]:
    """Yield each first half without a second, whether its text ends with it, and the half."""
    for escape in _ESCAPE.finditer(payload):
        if escape[1] and not escape[2]:
            yield escape, payload[escape.end() : escape.end() + 1] == _QUOTE, escape[0]


def _seconds_at_the_beginning(payload: bytes) -> Iterator[int]:
    """Yield where a text begins with a second half."""
    behind_escape = 0
    for escape in _ESCAPE.finditer(payload):
        at = escape.start()
        is_second = _is_half(escape) and not escape[1]
        if is_second and at > behind_escape and payload[at - 1 : at] == _QUOTE:
            yield at
        behind_escape = escape.end()


def _is_half(escape: re.Match[bytes]) -> bool:
    if escape[1]:
        return not escape[2]
    return len(escape[0]) == len(_ALONE)  # Of the others only second halves are as long.

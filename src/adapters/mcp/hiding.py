"""Keeps an operator's secrets out of what a server says: it may send back what it was sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

T = TypeVar("T")
_SHORTEST = 6
"""Shorter values are no secrets, and stand in any text."""
_HIDDEN = "***"


class Hiding:
    """Replaces values, wherever they stand."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the values; the longest goes first, for one may be a part of another."""
        long = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self._secrets = sorted(long, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return the text without them."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    def value(self, value: T) -> T:
        """Return what JSON can hold, keys included, without them."""
        return cast("T", self._value(value)) if self._secrets else value

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            items = cast("Mapping[str, Any]", value).items()
            return {self.text(key): self._value(each) for key, each in items}
        if isinstance(value, list | tuple):
            return [self._value(each) for each in cast("Sequence[Any]", value)]
        return value

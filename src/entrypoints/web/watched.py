"""Being in a register for as long as a block lasts."""

from types import TracebackType
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Watched(Generic[K, V]):
    """Enters something into a register, and takes it out at the end.

    A class, because a generator would take half a KiB of every idle socket.
    """

    __slots__ = ("_key", "_register")

    def __init__(self, register: dict[K, V], key: K, value: V) -> None:
        self._register = register
        self._key = key
        register[key] = value

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._register.pop(self._key, None)

"""What the machine refuses to a process, told apart from defects."""

import errno

from domain.errors import ServerExhausted

_USED_UP = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
_NO_THREAD = "can't start new thread"
"""Python has no type of its own for it."""


def exhausted(error: BaseException) -> ServerExhausted | None:
    """Return what to tell of an error that means no more than that there is too much at once.

    None where it means something else.
    """
    match error:
        case MemoryError():
            return ServerExhausted()
        case RuntimeError() if str(error) == _NO_THREAD:
            return ServerExhausted()
        case OSError() if error.errno in _USED_UP:
            return ServerExhausted()
        case _:
            return None

"""Ids for calls to which Google gives none."""

from uuid import uuid4


class CallIds:
    """Makes ids that are unique among all answers; one object an answer."""

    def __init__(self) -> None:
        self._answer = ""
        self._count = 0

    def belong_to(self, answer: str) -> None:
        """Take the id of the answer, which every call id then begins with."""
        self._answer = answer

    def next(self) -> str:
        """Return a new id."""
        # Most answers have an id; where a gateway drops it, any other will do.
        self._answer = self._answer or uuid4().hex
        self._count += 1
        return f"call_{self._answer}_{self._count}"

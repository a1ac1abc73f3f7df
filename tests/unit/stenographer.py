"""Somebody who writes recordings down, for tests of what is done with the words."""

from application.chat.write_down import WriteDown
from application.ports.downloads import Downloaded
from domain.ids import UserId
from domain.turn.prompt import TextPart


class Stenographer(WriteDown):
    """Writes down the same words whatever is said, or cannot."""

    def __init__(self, words: str | None = "words") -> None:
        self._words = words
        self.heard: list[tuple[UserId, str]] = []

    async def __call__(self, user: UserId, found: Downloaded) -> TextPart | None:
        self.heard.append((user, found.mime_type))
        return None if self._words is None else TextPart(self._words)

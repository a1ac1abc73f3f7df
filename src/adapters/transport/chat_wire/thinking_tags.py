"""Tells reasoning from answer in text that opens with `<think>…</think>`."""

from domain.turn.events import TextDelta, ThinkingDelta

_OPEN = "<think>"
_CLOSE = "</think>"


class ThinkingTags:
    """Feed it pieces of text cut anywhere; tags come out as the type of the events.

    Only a tag at the very beginning opens reasoning: later ones are the model talking about tags.
    """

    def __init__(self) -> None:
        self._held = ""
        self._place = "start"

    @property
    def settled(self) -> bool:
        """Whether all that follows is answer."""
        return self._place == "answer"

    @property
    def over(self) -> bool:
        """Whether everything that comes is answer: nothing is held back, no tag counts."""
        return self._place == "answer"

    def feed(self, text: str) -> list[TextDelta | ThinkingDelta]:
        """Return what the piece makes certain; what may be part of a tag is held back."""
        if self._place == "answer":
            return [TextDelta(text)] if text else []
        text = self._held + text
        self._held = ""
        match self._place:
            case "start":
                return self._at_start(text)
            case "thinking":
                return self._thinking(text)
            case _:
                return self._gap(text)

    def flush(self) -> list[TextDelta | ThinkingDelta]:
        """Return what was held back when the text is over."""
        text, self._held = self._held, ""
        if not text:
            return []
        return [ThinkingDelta(text) if self._place == "thinking" else TextDelta(text)]

    def _at_start(self, text: str) -> list[TextDelta | ThinkingDelta]:
        begun = text.lstrip()
        if begun.startswith(_OPEN):
            self._place = "thinking"
            return self._thinking(begun[len(_OPEN) :])
        if _OPEN.startswith(begun):
            self._held = text
            return []
        self._place = "answer"
        return [TextDelta(text)]

    def _thinking(self, text: str) -> list[TextDelta | ThinkingDelta]:
        thought, closed, rest = text.partition(_CLOSE)
        if closed:
            self._place = "gap"
            return [*_thoughts(thought), *self._gap(rest)]
        keep = _overlap(text)
        self._held = text[len(text) - keep :]
        return [*_thoughts(text[: len(text) - keep])]

    def _gap(self, text: str) -> list[TextDelta | ThinkingDelta]:
        """Drop the blank lines between reasoning and answer."""
        if not (answer := text.lstrip("\n")):
            return []
        self._place = "answer"
        return [TextDelta(answer)]


def _thoughts(text: str) -> list[ThinkingDelta]:
    return [ThinkingDelta(text)] if text else []


def _overlap(text: str) -> int:
    """Return how many characters at the end of the text may begin the closing tag."""
    for length in range(min(len(text), len(_CLOSE) - 1), 0, -1):
        if _CLOSE.startswith(text[-length:]):
            return length
    return 0

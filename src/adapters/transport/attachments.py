"""What is common to the ways in which providers take attachments."""

from collections.abc import Iterable

from domain.turn.prompt import AudioPart, FilePart, ImagePart, Part, Prompt, TextPart

_ORDER: dict[type, int] = {TextPart: 0, FilePart: 1, ImagePart: 2, AudioPart: 3}


def in_order(parts: Iterable[Part]) -> list[Part]:
    """Return text first, then files, images and the rest, each in the order given."""
    return sorted(parts, key=lambda part: _ORDER[type(part)])


def is_inline(url: str) -> bool:
    """Return whether the URL carries its content in itself."""
    return url[:5].lower() == "data:"


def inline_size(prompt: Prompt) -> int:
    """Return how many characters of the prompt are content that is carried in URLs."""
    return sum(
        len(part.url)
        for message in prompt.messages
        for part in message.parts
        if not isinstance(part, TextPart) and is_inline(part.url)
    )


def note_of(part: Part) -> str:
    """Return words that stand for an attachment where a wire has no room for it."""
    match part:
        case TextPart(text):
            return text
        case ImagePart():
            return "[an image]"
        case FilePart(_, name):
            return f"[the file {name}]" if name else "[a file]"
        case AudioPart():
            return "[a recording]"

"""Text as it is handed to a voice (contract: speech §4): pauses made longer, asides left out."""

import re

MOST_CHARS = 4096
"""Characters of one request."""

_MONOLOGUE = re.compile(r"<inner_monologue>.*?</inner_monologue>", re.DOTALL)
_DIRECTIONS = re.compile(
    r"\b(?:burps loudly|belches|burps|laughs maniacally|takes a swig from flask)\b", re.IGNORECASE
)
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d),|,(?!\d)"), ".. …"),
    (re.compile(r"\?!"), "??"),
    (re.compile(r"\*"), ""),
    (re.compile(r"(?<=[^\W\d_])\. "), ".. "),
    (re.compile(r"(?<=[^\W\d_])! "), "!!.. "),
    (re.compile(r"(?<=[^\W\d_])\? "), "??.. "),
    (re.compile(r"</?response>"), ""),
    (_DIRECTIONS, ""),
)
_AFTER_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def prepared(text: str) -> str:
    """Return what is to be said; nothing where nothing is left to say."""
    text = _MONOLOGUE.sub("", text)
    for pattern, instead in _STEPS:
        text = pattern.sub(instead, text)
    return text.strip()


def in_requests(text: str, most: int = MOST_CHARS) -> list[str]:
    """Return the text in parts of at most `most` characters, cut after sentences.

    Sentences are packed into as few parts as they fit into, with single spaces between them; one
    that is longer than a part is cut wherever a part is full.
    """
    parts: list[str] = []
    pending = ""
    for sentence in filter(None, _AFTER_SENTENCE.split(text.strip())):
        joined = f"{pending} {sentence}" if pending else sentence
        if len(joined) <= most:
            pending = joined
            continue
        if pending:
            parts.append(pending)
        *full, pending = (sentence[at : at + most] for at in range(0, len(sentence), most))
        parts.extend(full)
    return [*parts, pending] if pending else parts

"""Text of others on its way to a terminal, which obeys what it is sent."""

_KEPT = "\n\t"
_C0 = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in _KEPT}
"""By the pictures that Unicode has of them: ␛ for escape."""
_C1 = dict.fromkeys(range(0x80, 0xA0), "\ufffd")
# A carriage return is half of a line's end in some texts, and a way to overwrite it in others.
_SHOWN = {**_C0, **_C1, 0x7F: "\u2421", ord("\r"): ""}


def plain(text: str) -> str:
    """Return text that moves no cursor, rings no bell and sets no title.

    Line feeds and tabs stay, carriage returns go, other control characters become signs.
    """
    return text.translate(_SHOWN)

"""Letters whose case does not count."""


def small_letters(text: str) -> str:
    """Return the text with each letter small, whatever stands beside it.

    So whatever is part of a text is part of it then, too. `str.lower` alone makes of a capital
    sigma another letter at the end of a word, and of the Turkish capital i two.
    """
    return text.replace("\u0130", "i").lower().replace("\u03c2", "\u03c3")

"""Words that recognisers keep mishearing, put right."""

import re
from collections.abc import Iterable

from msgspec import Struct


class RewriteRule(Struct, frozen=True, array_like=True):
    """Whatever a pattern matches as whole words, in any case, becomes the text."""

    pattern: str
    """A regular expression."""
    text: str
    """Put in as it is."""


DEFAULT_RULES = (
    RewriteRule("CLOUD CODE", "Claude Code"),
    RewriteRule("CLOUD COWORK", "Claude Cowork"),
    RewriteRule("CLOUD COAT", "Claude Code"),
    RewriteRule("11 laps", "elevenlabs"),
)


class Rewrite:
    """Applies rules in order, each to what the one before it made."""

    def __init__(self, rules: Iterable[RewriteRule] = DEFAULT_RULES) -> None:
        """Take the rules.

        Raises:
            ValueError: a pattern is no regular expression.
        """
        self._rules: list[tuple[re.Pattern[str], str]] = []
        for rule in rules:
            try:
                # `\b` would miss words that begin or end with something else than a letter.
                pattern = re.compile(rf"(?<!\w)(?:{rule.pattern})(?!\w)", re.IGNORECASE)
            except re.error as error:
                raise ValueError(f"{rule.pattern[:60]!r} is no regular expression") from error
            self._rules.append((pattern, rule.text))

    def __call__(self, text: str) -> str:
        """Return the text with every rule applied."""
        for pattern, instead in self._rules:
            text = pattern.sub(lambda _, instead=instead: instead, text)
        return text

"""Which of the server's environment Claude Code gets to see."""

from collections.abc import Mapping

_NAMES = frozenset({"PATH", "HOME", "LANG"})
_BEGINNINGS = ("ANTHROPIC_", "CLAUDE_")
_OURS = frozenset({"CLAUDE_KEY"})
"""Begins like its own variables, and is an older name of our provider key."""


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what it needs, and what the operator has set for it: never a secret of ours.

    The shells that it starts get no credentials at all, unless the operator says otherwise: a
    user could ask to be shown them.
    """
    chosen = {
        name: value
        for name, value in environ.items()
        if name in _NAMES or (name.startswith(_BEGINNINGS) and name not in _OURS)
    }
    # Claude Code's changelog, 2.1.83; older versions pass it over.
    return {"CLAUDE_CODE_SUBPROCESS_ENV_SCRUB": "1"} | chosen

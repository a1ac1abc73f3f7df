"""The system prompts that ship with Parley, by character."""

from collections.abc import Mapping

from domain.conversation.conversation import DEFAULT_CHARACTER

SHIPPED: Mapping[str, str] = {
    DEFAULT_CHARACTER: (
        "You are a helpful assistant. Answer in the language of the question, plainly and to the "
        "point. Use Markdown where it helps reading. Say so when you do not know."
    ),
    "flowstudio_clarification": (
        "Decide whether the request is clear enough to act on. Answer with one JSON object and "
        'nothing else: {"questions": [{"question": "…", "options": ["…"]}]} with at most three '
        'questions when it is not, or {"enhanced_prompt": "…"} with the request in full when it is.'
    ),
}


class Characters:
    """Looks up the system prompt of a character."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Take the operator's templates, which add to the shipped ones or replace them."""
        self._templates = {**SHIPPED, **(own or {})}

    def system_prompt(self, character: str, *, as_agent: bool) -> str:
        """Return the template; an unknown character speaks as the assistant does."""
        names = [f"{character}_ai_agent"] if as_agent else []
        for name in (*names, character):
            if name in self._templates:
                return self._templates[name]
        return self._templates[DEFAULT_CHARACTER]

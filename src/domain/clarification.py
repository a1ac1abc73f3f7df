"""Questions that a model asks back, and what becomes of their answers: a prompt for a picture."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

DEFAULT_IMAGES = 4

RULES = (
    "You write prompts for a model that makes pictures. Answer with the prompt and nothing else: "
    "two to four sentences that describe one picture, its subject, setting, light, colours and "
    "style. No lists, no headings, no quotation marks, no questions."
)
_FILL = "The user leaves the details to you: fill every gap yourself, in keeping with the concept."


class Clarification(Struct, frozen=True, kw_only=True):
    """A concept, and what the user has answered when asked about it."""

    concept: str
    answers: Mapping[str, str] = {}
    details: str = ""
    fills_gaps: bool = False
    """The model is to decide what the user has not."""
    images: int | None = None
    """How many pictures the client will ask for; None: none."""

    @property
    def instruction(self) -> str:
        """What the model is told."""
        lines = [f"Concept: {self.concept}"]
        if self.answers:
            lines.append("Answers of the user:")
            lines.extend(f"- {key}: {value}" for key, value in self.answers.items())
        if self.details:
            lines.append(f"More details: {self.details}")
        if self.fills_gaps:
            lines.append(_FILL)
        return "\n".join(lines)


class PromptEnhanced(Struct, frozen=True, tag_field="type", tag="prompt_enhanced"):
    """The prompt is written."""

    prompt: str
    concept: str


class ImagesAnnounced(Struct, frozen=True, tag_field="type", tag="images_announced"):
    """The client will ask for pictures of this prompt; the server makes none by itself."""

    prompt: str
    count: int


class QuestionsAsked(Struct, frozen=True, tag_field="type", tag="questions_asked"):
    """The answer consists of questions to the user."""

    content: Mapping[str, Any]
    """The JSON object that the model has written."""


ClarificationEvent = PromptEnhanced | ImagesAnnounced | QuestionsAsked


def questions_in(answer: str) -> Mapping[str, Any] | None:
    """Return the JSON object that a whole answer is, if it has `questions`; None for any other."""
    text = answer.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    if isinstance(found, dict) and "questions" in found:
        return cast("Mapping[str, Any]", found)
    return None

"""What a client sees of questions that a model asks back, and of their answers."""

from typing import assert_never

from domain.clarification import (
    ClarificationEvent,
    ImagesAnnounced,
    PromptEnhanced,
    QuestionsAsked,
)
from entrypoints.web.wire.custom_events import Body, untyped


def clarification_event(event: ClarificationEvent) -> Body:
    """Return the contract's event."""
    match event:
        case QuestionsAsked():
            return untyped("clarificationQuestions", event.content)
        case PromptEnhanced():
            content = {"enhanced_prompt": event.prompt, "original_input": event.concept}
            return untyped("promptEnhanced", content)
        case ImagesAnnounced():
            content = {"prompt": event.prompt, "count": event.count}
            return untyped("imageGenerationStarted", content)
        case _:
            assert_never(event)

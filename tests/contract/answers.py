"""Reads answers of chat models to their end, whichever it is."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from application.ports.chat_model import ChatModel
from domain.provider_errors import ProviderError
from domain.turn.events import ModelEvent, TextDelta, ThinkingDelta
from domain.turn.prompt import Prompt
from tests.batches import one_by_one


async def all_of(model: ChatModel, prompt: Prompt) -> list[ModelEvent]:
    """Return every event of an answer."""
    async with aclosing(one_by_one(model.stream(prompt))) as events:
        return [event async for event in events]


async def heard(
    batches: AsyncGenerator[Sequence[ModelEvent], None],
) -> tuple[list[ModelEvent], ProviderError | None]:
    """Return what was said, and the error it ended with, if it did."""
    said: list[ModelEvent] = []
    try:
        async with aclosing(one_by_one(batches)) as events:
            async for event in events:
                said.append(event)  # noqa: PERF401 - what was said before an error counts
    except ProviderError as error:
        return said, error
    return said, None


async def error_of(model: ChatModel, prompt: Prompt) -> tuple[ProviderError, list[ModelEvent]]:
    """Return the error an answer ends with, and what was said before it."""
    said, error = await heard(model.stream(prompt))
    assert error is not None, "the answer ended without an error"
    return error, said


def text_of(events: Sequence[ModelEvent]) -> str:
    """Return the answer."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def without_cuts(events: Sequence[ModelEvent]) -> list[ModelEvent]:
    """Return the same however text was cut into pieces: neighbours of one kind are one."""
    whole: list[ModelEvent] = []
    for event in events:
        match whole, event:
            case [*_, TextDelta(text)], TextDelta():
                whole[-1] = TextDelta(text + event.text)
            case [*_, ThinkingDelta(text)], ThinkingDelta():
                whole[-1] = ThinkingDelta(text + event.text)
            case _:
                whole.append(event)
    return whole

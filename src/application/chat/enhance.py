"""A concept and what the user has answered about it → one prompt for a picture."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import structs

from application.agent.loop import Batches
from application.chat.answer_event import AnswerEvent
from domain.catalog.card import ModelCard
from domain.clarification import RULES, Clarification, ImagesAnnounced, PromptEnhanced
from domain.provider_errors import ProviderGarbled
from domain.turn.events import TextDelta
from domain.turn.prompt import Prompt


def enhancing(prompt: Prompt) -> Prompt:
    """Return the prompt of an ordinary turn as one that asks for the prompt of a picture."""
    # The character that asked the questions would ask again.
    return structs.replace(prompt, system=RULES, native_tools={})


async def enhanced(
    answer: Batches, clarification: Clarification, card: ModelCard
) -> AsyncGenerator[Sequence[AnswerEvent], None]:
    """Yield the answer as it comes, and what was made of the concept once it is whole.

    Raises:
        ProviderGarbled: there are no words in it.
    """
    words: list[str] = []
    async with aclosing(answer) as batches:
        async for batch in batches:
            words.extend(event.text for event in batch if isinstance(event, TextDelta))
            yield batch
    prompt = "".join(words).strip()
    if not prompt:
        raise ProviderGarbled(card.provider, f"{card.provider} wrote no prompt")
    yield (PromptEnhanced(prompt, clarification.concept),)
    if clarification.images is not None:
        yield (ImagesAnnounced(prompt, clarification.images),)

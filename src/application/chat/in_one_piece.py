"""An answer for readers who want it whole."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from application.chat.answer_event import AnswerEvent
from domain.errors import ParleyError
from domain.turn.events import ModelChosen, ModelStopped, TextDelta

Batches = AsyncGenerator[Sequence[AnswerEvent | ModelChosen], None]


async def in_one_piece(batches: Batches) -> Batches:
    """Yield the same, each round's text as one delta; of a round that breaks off, what there is."""
    held: list[str] = []

    def text() -> list[AnswerEvent | ModelChosen]:
        whole = "".join(held)
        held.clear()
        return [TextDelta(whole)] if whole else []

    async with aclosing(batches) as each:
        try:
            async for batch in each:
                told: list[AnswerEvent | ModelChosen] = []
                for event in batch:
                    if isinstance(event, TextDelta):
                        held.append(event.text)
                    else:
                        told += [*text(), event] if isinstance(event, ModelStopped) else [event]
                if told:
                    yield told
        except ParleyError:
            if rest := text():
                yield rest
            raise
    if rest := text():
        yield rest

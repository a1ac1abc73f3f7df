"""Asks a model again when it fails before its first word."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import stamina

from application.ports.chat_model import ChatModel
from application.providers.patience import ATTEMPTS, LONGEST_WAIT_S, wait_s
from domain.provider_errors import ProviderDown, ProviderError
from domain.turn.events import ModelEvent, ProviderRetrying
from domain.turn.prompt import Prompt


async def ask_patiently(
    model: ChatModel, prompt: Prompt
) -> AsyncGenerator[Sequence[ModelEvent | ProviderRetrying], None]:
    """Yield the model's answer; before its first event, retryable failures are tried again.

    Each wait is announced by `ProviderRetrying` before it begins, so that nobody waits in silence.
    After the first event a failure is a failure: what was said cannot be unsaid.

    Raises:
        ProviderError: it failed for good.
    """
    waits = _Waits()
    failure: ProviderError | None = None
    batches = model.stream(prompt)
    first: Sequence[ModelEvent] | None = None
    try:
        # By itself: nearly always this is all, and a context for retries costs a tenth of a turn.
        first = await anext(batches, None)
    except ProviderError as error:
        failure = error
    if failure is not None:
        async for attempt in stamina.retry_context(
            on=waits.before_next, attempts=ATTEMPTS, timeout=None
        ):
            waits.announce = None
            with attempt:
                try:
                    if attempt.num == 1:  # It was made above; here its wait is decided.
                        raise failure
                    batches = model.stream(prompt)
                    first = await anext(batches, None)
                except ProviderDown as error:
                    # Left alone since the attempt before: what that one met says more.
                    raise waits.last or error from error
                except ProviderError as error:
                    waits.failed(error, attempt.num)
                    raise
            # Outside the attempt: it must never see this generator being closed.
            if waits.announce is not None:
                yield (waits.announce,)
    if first is None:
        return
    async with aclosing(batches):
        yield first
        async for batch in batches:
            yield batch


class _Waits:
    """How long to wait after each failure, decided once and both announced and obeyed."""

    def __init__(self) -> None:
        self.announce: ProviderRetrying | None = None
        self.last: ProviderError | None = None

    def failed(self, error: ProviderError, attempt: int) -> None:
        self.last = error
        pause_s = wait_s(error, attempt)
        if error.retryable and attempt < ATTEMPTS and pause_s <= LONGEST_WAIT_S:
            self.announce = ProviderRetrying(
                error.provider, attempt + 1, round(pause_s, 3), error.code
            )

    def before_next(self, error: Exception) -> float | bool:
        return False if self.announce is None else self.announce.wait_s

"""Kept requests, read as the questions that a provider is asked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from application.batch.lines import decode_request, lines
from application.ports.batches import BatchOrder
from application.ports.files import Files
from domain.batch import MAX_TOKENS, BatchJob, BatchRequest, number_of, requests_key
from domain.catalog.card import ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import UnknownModel
from domain.ids import BatchId, UserId
from domain.turn.prompt import Prompt

NO_TOOLS = {
    "disable_native_tools": True,
    "builtin_tool_config": {"web_search": False, "code_interpreter": False},
    "google_search": False,
    "code_execution": False,
}
"""Tools that the providers run themselves are billed apart, and nobody has asked for them."""


class KeptRequests:
    """Reads the requests of jobs; a piece of them at a time is in memory."""

    def __init__(self, files: Files, catalog: Catalog) -> None:
        self._files = files
        self._catalog = catalog

    async def read(self, owner: UserId, batch: BatchId) -> AsyncGenerator[BatchRequest, None]:
        """Yield the requests in order.

        Raises:
            FileNotFound: they are not kept (any more).
        """
        async with aclosing(self._files.read(owner, requests_key(owner, batch))) as chunks:
            async for piece in lines(chunks):
                for line in piece:
                    yield decode_request(line)
                await asyncio.sleep(0)  # Turns that are being answered come first.

    def order(self, job: BatchJob) -> BatchOrder:
        """Return the order of a job.

        Raises:
            UnknownModel: its model is not in the catalogue any more.
        """
        card = self._catalog.find(job.model)

        async def prompts() -> AsyncGenerator[tuple[str, Prompt], None]:
            position = 0
            async with aclosing(self.read(job.owner, job.id)) as requests:
                async for request in requests:
                    yield number_of(job.id, position), self.prompt(card, request)
                    position += 1

        return BatchOrder(job.id, card, job.requests, job.created_at, prompts)

    def model_of(self, job: BatchJob) -> str:
        """Return the provider's name of a job's model; what was asked for where it is gone."""
        try:
            return self._catalog.find(job.model).model
        except UnknownModel:
            return job.model

    def card_for(self, card: ModelCard, request: BatchRequest) -> ModelCard:
        """Return the card of the model that a request is put to.

        Raises:
            UnknownModel: it names one that there is not.
        """
        return card if request.model is None else self._catalog.find(request.model)

    def prompt(self, card: ModelCard, request: BatchRequest) -> Prompt:
        """Return the question that a request is, to the batch's model or to its own."""
        return Prompt(
            card=self.card_for(card, request),
            messages=request.messages,
            system=request.system,
            temperature=request.temperature,
            max_tokens=request.max_tokens or MAX_TOKENS,
            native_tools=NO_TOOLS,
        )

"""A new batch."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Protocol

from msgspec import Struct, structs

from application.background.going_on import GoingOn
from application.batch.lines import encode
from application.batch.requests import KeptRequests
from application.batch.services import BatchServices
from application.files.keep_file import KeepFile
from application.ports.batches import Batches
from application.ports.clock import Clock
from application.ports.files import Files
from application.ports.unit_of_work import Stores, UnitOfWork
from application.usage.spending import Spending, characters_of
from domain.batch import (
    BatchHead,
    BatchJob,
    BatchRequest,
    batch_id,
    number_of,
    requests_key,
)
from domain.batch_errors import TooManyBatchRequests
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.catalog.cost import estimate_usd
from domain.errors import (
    FeatureUnavailable,
    FileNotFound,
    InvalidRequest,
    ModelCannot,
    NotConfigured,
)
from domain.ids import TurnId, UserId
from domain.turn.prompt import ImagePart, Prompt, TextPart

KIND = "batch"
"""The name of this kind of work, for whatever goes on by itself."""
MOST_REQUESTS = 100_000
MOST_BYTES = 2_048_000_000
"""The largest batch that any provider takes."""


class Incoming(Protocol):
    """A batch on its way in."""

    def requests(self) -> AsyncIterator[BatchRequest]:
        """Yield the requests as they come; once.

        Raises:
            InvalidRequest: they, or what is said of them all, make no sense.
        """
        ...

    def head(self) -> BatchHead:
        """Return what is said of them all, which is known once all have come."""
        ...


class BatchRules(Struct, frozen=True):
    """What the operator allows."""

    enabled: bool = True
    requests_a_day: int | None = 100_000
    """Of one user; None: any number."""


class SubmitBatch:
    """Keeps the requests and sees to it that they are handed over; no provider is asked here.

    Requests are stored as they come in, so that of a large batch only a piece is in memory, and
    read again to be checked, because the model may be named last.
    """

    def __init__(
        self,
        catalog: Catalog,
        services: BatchServices,
        files: Files,
        keep: KeepFile,
        kept: KeptRequests,
        work: UnitOfWork,
        spending: Spending,
        going_on: GoingOn,
        clock: Clock,
        rules: BatchRules,
    ) -> None:
        self._catalog = catalog
        self._services = services
        self._files = files
        self._keep = keep
        self._kept = kept
        self._work = work
        self._spending = spending
        self._going_on = going_on
        self._clock = clock
        self._rules = rules

    async def __call__(self, user: UserId, incoming: Incoming) -> BatchJob:
        """Return the new job, which is queued.

        Raises:
            InvalidRequest: something in it makes no sense, or more than the provider takes.
            UnknownModel: there is no such model.
            ModelCannot: the model's provider has no batches, or it cannot take a request.
            TooManyBatchRequests: the user has sent too many of them today.
            SpendingCapReached: they may cost more than the user may spend today.
            NotConfigured: the provider's key is missing.
            FilesUnavailable: the requests could not be stored.
        """
        if not self._rules.enabled:
            raise FeatureUnavailable("The batch API")
        now = self._clock.now()
        batch = batch_id(now, self._clock.new_id().replace("-", ""))
        key = requests_key(user, batch)
        counted = _Counted(incoming)
        await self._keep.under(key, counted.lines(), MOST_BYTES)
        try:
            job, estimate = await self._checked(
                BatchJob(
                    id=batch,
                    owner=user,
                    provider="",
                    model=incoming.head().model,
                    description=incoming.head().description,
                    requests=counted.requests,
                    created_at=now,
                )
            )
            await self._enter(job, estimate)
        except BaseException:
            with suppress(FileNotFound):
                await self._files.delete(user, key)
            raise
        self._going_on.go_on(KIND, batch)
        return job

    async def _checked(self, job: BatchJob) -> tuple[BatchJob, float]:
        """Return the job, complete, and what it may cost in US dollars."""
        card = self._catalog.find(job.model)
        service = self._service(card)
        service.check()
        if job.requests > service.limits.requests:
            raise InvalidRequest(
                f"{job.requests} requests are too many: {card.provider} takes"
                f" {service.limits.requests} in one batch",
                "requests",
            )
        size = position = 0
        estimate = 0.0
        async with aclosing(self._kept.read(job.owner, job.id)) as requests:
            async for request in requests:
                prompt = self._question(card, request, position, service)
                size += len(_written(service, number_of(job.id, position), prompt, position)) + 1
                if size > service.limits.size_bytes:
                    raise InvalidRequest(
                        f"The requests are larger than the {service.limits.size_bytes // 1_000_000}"
                        f" MB that {card.provider} takes in one batch",
                        "requests",
                    )
                price = prompt.card.price
                estimate += estimate_usd(
                    price and price.in_batch(),
                    characters_of(prompt),
                    prompt.max_tokens or prompt.card.output_tokens,
                )
                position += 1
        return structs.replace(job, provider=card.provider), estimate

    def _service(self, card: ModelCard) -> Batches:
        if not card.able_to(Capability.BATCH):
            able = self._catalog.able(Capability.BATCH)
            raise ModelCannot(card.id, "be asked in batches", able)
        service = self._services.get(card.provider)
        if service is None or card.adapter not in (None, card.provider):
            raise NotConfigured(f"provider.{card.adapter or card.provider}")
        return service

    def _question(
        self, card: ModelCard, request: BatchRequest, position: int, service: Batches
    ) -> Prompt:
        own = self._kept.card_for(card, request)
        if own.id != card.id and (service.limits.one_model or own.provider != card.provider):
            raise InvalidRequest(
                f"requests[{position}] names model {own.id!r}, but all requests of a batch of"
                f" {card.provider} must be put to {card.id!r}",
                f"requests.{position}.model",
            )
        self._service(own)
        return self._kept.prompt(card, request)

    async def _enter(self, job: BatchJob, estimate: float) -> None:
        """Store the job, and set aside what it may cost."""
        bill = TurnId(job.id)
        midnight = job.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
        limit = self._rules.requests_a_day
        card = self._catalog.find(job.model)

        async def add(db: Stores) -> None:
            # Whoever submits at the same time waits here, so no two see the same room.
            await db.usage.hold(job.owner, midnight, besides=bill)
            sent = await db.batches.requested(job.owner, midnight)
            if limit is not None and sent + job.requests > limit:
                raise TooManyBatchRequests(limit, sent, job.created_at)
            await self._spending.set_aside_in(
                db, job.owner, bill, card.model, card.provider, estimate
            )
            await db.batches.add(job)

        await self._work.run(add)


class _Counted:
    """The lines to keep, and how many there were."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self.requests = 0

    async def lines(self) -> AsyncGenerator[bytes, None]:
        async for request in self._incoming.requests():
            self.requests += 1
            if self.requests > MOST_REQUESTS:
                raise InvalidRequest(
                    f"These are too many requests: no provider takes more than {MOST_REQUESTS}"
                    " in one batch",
                    "requests",
                )
            yield encode(request) + b"\n"


def _written(service: Batches, number: str, prompt: Prompt, position: int) -> bytes:
    try:
        for message in prompt.messages:
            for part in message.parts:
                if not isinstance(part, TextPart) and not _may_travel(part.url, prompt.card, part):
                    raise InvalidRequest("its attachments must be data URLs")  # noqa: TRY301
        return service.written(number, prompt)
    except InvalidRequest as error:
        raise InvalidRequest(f"requests[{position}]: {error}", f"requests.{position}") from error


def _may_travel(url: str, card: ModelCard, part: object) -> bool:
    """Return whether an attachment can go along as it is; nothing is fetched for a batch."""
    if url[:5].lower() == "data:":
        return True
    by_url = Capability.IMAGE_URLS if isinstance(part, ImagePart) else Capability.FILE_URLS
    return card.able_to(by_url) or url.startswith(card.own_urls)

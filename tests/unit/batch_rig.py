"""Batches with nothing real around them: stores in memory, a provider as told, a test's clock."""

from collections.abc import AsyncIterator, Sequence

from msgspec import structs

from adapters.memory.batches import MemoryBatches
from adapters.memory.clock import ManualClock
from adapters.memory.files import MemoryFiles
from adapters.memory.spool import MemorySpool
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.background.going_on import GoingOn
from application.batch.cancel import CancelBatch
from application.batch.collect import CollectBatch
from application.batch.follow import FollowBatch
from application.batch.forget import DropResults, UserBatches
from application.batch.requests import KeptRequests
from application.batch.services import BatchServices
from application.batch.settle import SettleBatch
from application.batch.show import FetchResults
from application.batch.submit import KIND, BatchRules, SubmitBatch
from application.files.keep_file import KeepFile
from application.usage.spending import Spending
from domain.account import Account
from domain.batch import BatchAnswer, BatchHead, BatchJob, BatchRequest
from domain.catalog.card import Capability, ModelCard, Price
from domain.catalog.catalog import Catalog
from domain.ids import TurnId
from domain.turn.prompt import Message, TextPart
from domain.usage import UsageRecord

CARDS = (
    ModelCard(
        id="swift",
        provider="memory",
        model="swift-2026",
        can=frozenset({Capability.BATCH}),
        price=Price(2.0, 10.0, batch_share=0.5),
    ),
    ModelCard(id="other", provider="memory", model="other-1", can=frozenset({Capability.BATCH})),
    ModelCard(id="plain", provider="memory", model="plain-1"),
)


class Coming:
    """A batch on its way in."""

    def __init__(self, requests: Sequence[BatchRequest], model: str = "swift") -> None:
        self._requests = requests
        self._model = model

    async def requests(self) -> AsyncIterator[BatchRequest]:
        for request in self._requests:
            yield request

    def head(self) -> BatchHead:
        return BatchHead(self._model, "nightly")


def request(number: int, **said: object) -> BatchRequest:
    made = BatchRequest(
        custom_id=f"id-{number}", messages=(Message("user", (TextPart(f"Q{number}"),)),)
    )
    return structs.replace(made, **said)


class Rig:
    """One user, one provider, and every use case; `again()` is the next process."""

    def __init__(
        self,
        cap_usd: float | None = None,
        rules: BatchRules = BatchRules(),  # noqa: B008 - frozen
    ) -> None:
        self.clock = ManualClock()
        self.work = MemoryUnitOfWork(self.clock)
        self.files = MemoryFiles(self.clock)
        self.service = MemoryBatches()
        self.spool = MemorySpool()
        self.catalog = Catalog(CARDS)
        self.anna: Account
        self._cap_usd = cap_usd
        self._rules = rules
        self.again()

    async def open(self) -> "Rig":
        async with self.work() as db:
            self.anna = await db.accounts.add("anna", "hash", None)
        return self

    def again(self) -> None:
        """Make everything that a process has in its memory anew."""
        services = BatchServices({"memory": self.service})
        kept = KeptRequests(self.files, self.catalog)
        settle = SettleBatch(self.work, self.files, services, kept, self.clock)
        collect = CollectBatch(self.files, self.spool, kept)
        self.follow = FollowBatch(self.work, services, kept, collect, settle, self.clock)
        self.drop = DropResults(self.work, self.files, self.clock)
        self.going_on = GoingOn({KIND: self.follow}, self.clock)
        self.cancel = CancelBatch(self.work, self.going_on, self.clock)
        self.fetch = FetchResults(self.work, self.files, self.clock)
        self.forget = UserBatches(self.work, services, kept, self.going_on)
        self.submit = SubmitBatch(
            self.catalog,
            services,
            self.files,
            KeepFile(self.files, self.work, self.clock),
            kept,
            self.work,
            Spending(self.work, self.clock, self._cap_usd),
            self.going_on,
            self.clock,
            self._rules,
        )

    async def sent(self, count: int = 3) -> BatchJob:
        return await self.submit(self.anna.id, Coming([request(n) for n in range(count)]))

    async def step(self, job: BatchJob) -> float | None:
        """Do one step, unless it is one that waits."""
        return await self.follow.step(job.id)

    async def to_its_end(self, job: BatchJob) -> BatchJob:
        """Do every step that there is, as fast as the clock allows."""
        for _ in range(200):
            wait_s = await self.follow.step(job.id)
            if wait_s is None:
                return await self.job(job)
            await self.clock.advance(wait_s)
        raise AssertionError("it never ends")

    async def job(self, job: BatchJob) -> BatchJob:
        async with self.work() as db:
            return await db.batches.get(self.anna.id, job.id)

    async def answers(self, job: BatchJob) -> list[BatchAnswer]:
        found = await self.fetch.check(self.anna.id, job.id)
        return [one async for piece in self.fetch.pieces(found) for one in piece]

    def bill(self, job: BatchJob) -> UsageRecord | None:
        return self.work._shelf.committed.usage.get(TurnId(job.id))

    @property
    def kept(self) -> list[str]:
        """How the keys of all files end."""
        return sorted(key.rpartition("_")[2] for key in self.files._contents)

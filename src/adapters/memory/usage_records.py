"""What users have used, in memory."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import structs

from adapters.memory.state import Draft
from application.ports.usage_records import UsageRecords
from domain.errors import AccountNotFound
from domain.ids import TurnId, UserId
from domain.usage import GroupBy, UsageRecord, UsageState, UsageSum


class MemoryUsageRecords(UsageRecords):
    """Read and written inside a unit of work."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def put(self, record: UsageRecord) -> None:
        """Store a record, over that of the same turn if there is one."""
        state = await self._draft.writing()
        if record.user not in state.accounts:
            raise AccountNotFound(record.user)
        there = state.usage.get(record.turn)
        if there is not None:
            reserved = record.reserved_micro_usd
            record = structs.replace(
                record,
                at=there.at,
                reserved_micro_usd=there.reserved_micro_usd if reserved is None else reserved,
            )
        state.usage[record.turn] = record

    async def rename(self, user: UserId, turn: TurnId, other: TurnId) -> None:
        """Keep the record of an earlier turn under another id, where there is one."""
        held = (await self._draft.writing()).usage
        if turn in held and held[turn].user == user:
            held[other] = structs.replace(held.pop(turn), turn=other)

    async def hold(self, user: UserId, since: datetime, besides: TurnId) -> int:
        """Return what a user has spent since a moment, and keep others from spending."""
        state = await self._draft.writing()
        if user not in state.accounts:
            raise AccountNotFound(user)
        return sum(
            (one.reserved_micro_usd or 0) if one.cost_micro_usd is None else one.cost_micro_usd
            for one in state.usage.values()
            if one.user == user and one.at >= since and one.turn != besides
        )

    async def sums(
        self, user: UserId, start: datetime, end: datetime, by: GroupBy
    ) -> list[UsageSum]:
        """Return what a user's settled turns used from `start` to `end`, both included."""
        groups: dict[tuple[str, ...], list[UsageRecord]] = {}
        for one in self._draft.state.usage.values():
            settled = one.state is UsageState.SETTLED
            if one.user == user and settled and start <= one.at <= end:
                groups.setdefault(tuple(_keys(one, by).values()), []).append(one)
        return [_sum_of(records, by) for _, records in sorted(groups.items())]


def _keys(one: UsageRecord, by: GroupBy) -> dict[str, str]:
    match by:
        case "day":
            return {"day": one.at.date().isoformat()}
        case "model":
            return {"model": one.model, "provider": one.provider}
        case "provider":
            return {"provider": one.provider}


def _sum_of(records: Iterable[UsageRecord], by: GroupBy) -> UsageSum:
    found = tuple(records)
    return UsageSum(
        **_keys(found[0], by),
        answers=len(found),
        input_tokens=sum(one.input_tokens for one in found),
        cached_input_tokens=sum(one.cached_input_tokens for one in found),
        cache_written_tokens=sum(one.cache_written_tokens for one in found),
        output_tokens=sum(one.output_tokens for one in found),
        reasoning_tokens=sum(one.reasoning_tokens for one in found),
        known_micro_usd=sum(one.cost_micro_usd or 0 for one in found),
        unpriced_answers=sum(one.cost_micro_usd is None for one in found),
    )

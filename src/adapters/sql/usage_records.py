"""What users have used."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    RowMapping,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)

from adapters.sql.prepared import Prepared
from adapters.sql.rows import usage_row
from adapters.sql.tables.chat import usage, users
from adapters.sql.transaction import Transaction
from application.ports.usage_records import UsageRecords
from domain.errors import AccountNotFound
from domain.ids import TurnId, UserId
from domain.usage import GroupBy, UsageRecord, UsageState, UsageSum

_TOKENS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_written_tokens",
    "output_tokens",
    "reasoning_tokens",
)
_LEARNED = ("model", "provider", "state", *_TOKENS, "cost_micro_usd")
"""What a later record of a turn says anew."""
_RESERVED = "reserved_micro_usd"


def _new(name: str) -> ColumnElement[Any]:
    # Parameters of an update must not have the names of columns.
    return bindparam(f"new_{name}", type_=usage.c[name].type)


# An upsert in words both engines know: first what is there is changed, then what is missing made.
_CHANGE = Prepared(
    update(usage)
    .where(usage.c.turn_id == bindparam("this_turn"), usage.c.customer_id == bindparam("owner"))
    .values(
        {
            **{name: _new(name) for name in _LEARNED},
            _RESERVED: func.coalesce(_new(_RESERVED), usage.c[_RESERVED]),
        }
    )
)
_there = usage.alias("there")
_MAKE = Prepared(
    insert(usage).from_select(
        list(usage.c),
        select(*(bindparam(column.name, type_=column.type) for column in usage.c)).where(
            ~exists().where(_there.c.turn_id == bindparam("this_turn"))
        ),
    )
)
_RENAME = Prepared(
    update(usage)
    .where(usage.c.turn_id == bindparam("this_turn"), usage.c.customer_id == bindparam("owner"))
    .values(turn_id=bindparam("other_turn"))
)
# SQLite queues all writers and needs no lock.
_HOLD = (
    select(users.c.customer_id).where(users.c.customer_id == bindparam("owner")).with_for_update()
)
_SPENT = select(
    func.coalesce(func.sum(func.coalesce(usage.c.cost_micro_usd, usage.c[_RESERVED])), 0).label(
        "spent"
    )
).where(
    usage.c.customer_id == bindparam("owner"),
    usage.c.at >= bindparam("since"),
    usage.c.turn_id != bindparam("besides"),
)
_KEYS: dict[GroupBy, tuple[Label[Any], ...]] = {
    "day": (func.date(usage.c.at).label("day"),),
    "model": (usage.c.model.label("model"), usage.c.provider.label("provider")),
    "provider": (usage.c.provider.label("provider"),),
}
_SUMS = {
    by: select(
        *keys,
        func.count().label("answers"),
        *(func.sum(usage.c[name]).label(name) for name in _TOKENS),
        func.coalesce(func.sum(usage.c.cost_micro_usd), 0).label("known_micro_usd"),
        func.sum(case((usage.c.cost_micro_usd.is_(None), 1), else_=0)).label("unpriced_answers"),
    )
    .where(
        usage.c.customer_id == bindparam("owner"),
        usage.c.at >= bindparam("start"),
        usage.c.at <= bindparam("end"),
        usage.c.state == UsageState.SETTLED.value,
    )
    .group_by(*(key.element for key in keys))
    .order_by(*(key.element for key in keys))
    for by, keys in _KEYS.items()
}


class SqlUsageRecords(UsageRecords):
    """Read and written inside a unit of work."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, record: UsageRecord) -> None:
        """Store a record, over that of the same turn if there is one."""
        row = usage_row(record)
        this = {"this_turn": record.turn, "owner": record.user}
        new = {f"new_{name}": row[name] for name in (*_LEARNED, _RESERVED)}
        await self._transaction.gather(_CHANGE, this | new, owner=record.user)
        made = this | row | {_RESERVED: row[_RESERVED] or 0}
        await self._transaction.gather(_MAKE, made, owner=record.user)

    async def rename(self, user: UserId, turn: TurnId, other: TurnId) -> None:
        """Keep the record of an earlier turn under another id, where there is one."""
        this = {"this_turn": turn, "owner": user, "other_turn": other}
        await self._transaction.gather(_RENAME, this, owner=user)

    async def hold(self, user: UserId, since: datetime, besides: TurnId) -> int:
        """Return what a user has spent since a moment, and keep others from spending."""
        await self._transaction.queue_to_write()
        if await self._transaction.first("hold", _HOLD, {"owner": user}) is None:
            raise AccountNotFound(user)
        wanted = {"owner": user, "since": since, "besides": besides}
        row = await self._transaction.first("hold", _SPENT, wanted)
        return 0 if row is None else int(row["spent"])

    async def sums(
        self, user: UserId, start: datetime, end: datetime, by: GroupBy
    ) -> list[UsageSum]:
        """Return what a user's settled turns used from `start` to `end`, both included."""
        wanted = {"owner": user, "start": start, "end": end}
        rows = await self._transaction.all("sum usage", _SUMS[by], wanted)
        return [_sum_of(row, by) for row in rows]


def _sum_of(row: RowMapping, by: GroupBy) -> UsageSum:
    # One engine gives days as text, the other as dates, and sums as decimals.
    keys: dict[str, Any] = {key.name: str(row[key.name]) for key in _KEYS[by]}
    counts: dict[str, Any] = {
        name: int(row[name])
        for name in ("answers", *_TOKENS, "known_micro_usd", "unpriced_answers")
    }
    return UsageSum(**keys, **counts)

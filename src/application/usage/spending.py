"""What a user may spend in a day, kept to before a model is called."""

import msgspec

from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.catalog.cost import estimate_usd
from domain.errors import SpendingCapReached
from domain.ids import TurnId, UserId
from domain.turn.prompt import Prompt, Round
from domain.usage import NAME_CHARS, UsageRecord, UsageState, micro_usd, usd


class Spending:
    """Sets money aside for a turn; billing the turn settles it (`Ledger`).

    The cap holds for each user and day (UTC). Without one nothing is read or written. A model
    without a price has nothing set aside for it: what it costs cannot be told.
    """

    def __init__(self, work: UnitOfWork, clock: Clock, cap_usd: float | None = None) -> None:
        self._work = work
        self._clock = clock
        self._cap_usd = cap_usd or None

    async def reserve(
        self,
        user: UserId,
        turn: TurnId,
        prompt: Prompt,
        spent_usd: float = 0.0,
        at_least_usd: float = 0.0,
    ) -> float:
        """Set aside what the answer may cost; in one short transaction, before the call.

        Of one user one call waits for the other, so no two spend the same money. Called again for
        a turn, as for another model, it replaces what the turn had set aside. What a process that
        dies has set aside counts until the day ends.

        Args:
            user: who pays.
            turn: for which.
            prompt: what is asked.
            spent_usd: what the turn has cost before, which is not billed yet.
            at_least_usd: what the answer is taken to cost, where its tokens are but a part.

        Returns:
            What was set aside for the answer (US dollars).

        Raises:
            SpendingCapReached: with what was spent or is set aside today it would be too much.
            StorageError: it is not known what was spent.
        """
        if self._cap_usd is None:
            return 0.0
        card = prompt.card
        tokens = estimate_usd(card.price, characters_of(prompt), _longest(prompt))
        answer = max(tokens, at_least_usd)
        await self.set_aside(user, turn, card.model, card.provider, spent_usd + answer)
        return answer

    async def set_aside(
        self, user: UserId, turn: TurnId, model: str, provider: str, estimate: float
    ) -> None:
        """Set aside what anything may cost (US dollars) that is billed under a turn's id.

        Raises:
            SpendingCapReached, StorageError: as `reserve`.
        """
        if self._cap_usd is None:
            return

        async def set_aside(db: Stores) -> None:
            await self.set_aside_in(db, user, turn, model, provider, estimate)

        await self._work.run(set_aside, repeatable=True)

    async def set_aside_in(
        self, db: Stores, user: UserId, turn: TurnId, model: str, provider: str, estimate: float
    ) -> None:
        """Do the same in a transaction that stores more than that.

        Raises:
            SpendingCapReached: as `reserve`.
        """
        if self._cap_usd is None:
            return
        now = self._clock.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await db.usage.hold(user, midnight, besides=turn)
        if spent + micro_usd(estimate) > micro_usd(self._cap_usd):
            raise SpendingCapReached(self._cap_usd, usd(spent), estimate, now)
        await db.usage.put(
            UsageRecord(
                turn=turn,
                user=user,
                at=now,
                model=model[:NAME_CHARS],
                provider=provider[:NAME_CHARS],
                state=UsageState.RESERVED,
                reserved_micro_usd=micro_usd(estimate),
            )
        )

    async def settle(
        self, user: UserId, turn: TurnId, model: str, provider: str, cost_usd: float | None
    ) -> None:
        """Store what it did cost; None, where nobody knows, leaves what was set aside.

        Raises:
            StorageError: nothing was stored.
        """
        record = UsageRecord(
            turn=turn,
            user=user,
            at=self._clock.now(),
            model=model[:NAME_CHARS],
            provider=provider[:NAME_CHARS],
            cost_micro_usd=None if cost_usd is None else micro_usd(cost_usd),
        )
        await self._work.run(lambda db: db.usage.put(record), repeatable=True)


def _longest(prompt: Prompt) -> int:
    """Return how many tokens the answer may have, those of its reasoning included."""
    # An effort that is a number is a budget in tokens, to which the answer's own limit comes.
    budget = prompt.effort if isinstance(prompt.effort, int) else 0
    return budget + (prompt.max_tokens or prompt.card.output_tokens)


def characters_of(prompt: Prompt) -> int:
    """Return how many characters a model is sent."""
    said = sum(len(message.text) for message in prompt.messages)
    called = sum(len(call.arguments) for message in prompt.messages for call in message.calls)
    since = sum(_characters_in(round_) for round_ in prompt.rounds)
    return len(prompt.system) + said + called + since


def _characters_in(round_: Round) -> int:
    # Opaque items are not counted: some are much longer than the tokens that they stand for.
    called = [call.arguments for call in round_.calls]
    returned = [result.result for result in round_.results]
    return len(round_.text) + len(msgspec.json.encode([called, returned], enc_hook=str))

"""Asks the user before a tool acts, and remembers what was said."""

import asyncio
from collections import OrderedDict

from msgspec import Struct

from application.flow.within import TimeIsUp, within
from application.ports.clock import Clock
from domain.errors import NotFound
from domain.ids import ConversationId, TurnId, UserId

MOST_REMEMBERED = 10_000


class ApprovalNotFound(NotFound):
    """No tool call of this name waits for this user's approval, or it waits no longer."""

    def __init__(self, call: str) -> None:
        super().__init__("No tool call waits for this approval")
        self.call = call


_Grant = tuple[UserId, ConversationId, str]


class _Waiting(Struct, eq=False):
    """A question that the user has not answered yet."""

    user: UserId
    grant: _Grant | None
    """What a lasting answer is remembered under; None: the turn is not kept anywhere."""
    answer: asyncio.Future[bool]


class Word(Struct, frozen=True):
    """What the user says to a call."""

    call: str
    approved: bool
    remember: bool = False
    """Allow the tool for the rest of the conversation."""


class Decision(Struct, frozen=True):
    """What came of a question."""

    approved: bool
    timed_out: bool = False


class Approvals:
    """Of one process: a turn is asked and answered where it runs.

    What is remembered for a conversation lasts as long as the process; after that the user is
    asked again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[tuple[TurnId, str], _Waiting] = {}
        self._granted: OrderedDict[_Grant, None] = OrderedDict()

    def granted(self, user: UserId, conversation: ConversationId | None, tool: str) -> bool:
        """Return whether the user has allowed the tool for the rest of the conversation."""
        return conversation is not None and (user, conversation, tool) in self._granted

    async def wait(
        self,
        turn: TurnId,
        call: str,
        user: UserId,
        grant: tuple[ConversationId | None, str],
        within_s: float,
    ) -> Decision:
        """Return the user's answer, or a refusal once the time is over. Cancelling asks no more.

        Args:
            turn: in which the call was made.
            call: its id.
            user: who may answer.
            grant: conversation and tool, for an answer that is to last.
            within_s: how long to wait.
        """
        conversation, tool = grant
        key = None if conversation is None else (user, conversation, tool)
        answer = asyncio.get_running_loop().create_future()
        waiting = self._waiting[turn, call] = _Waiting(user, key, answer)
        try:
            approved = await within(self._clock.sleep, within_s, _result(answer))
        except TimeIsUp:
            return Decision(approved=False, timed_out=True)
        else:
            return Decision(approved)
        finally:
            if self._waiting.get((turn, call)) is waiting:
                del self._waiting[turn, call]

    def answer(self, user: UserId, turn: TurnId, word: Word) -> None:
        """Give the user's answer.

        Raises:
            ApprovalNotFound: nothing of that name waits for this user.
        """
        waiting = self._waiting.get((turn, word.call))
        if waiting is None or waiting.user != user or waiting.answer.done():
            raise ApprovalNotFound(word.call)
        if word.approved and word.remember and waiting.grant is not None:
            self._granted[waiting.grant] = None
            while len(self._granted) > MOST_REMEMBERED:
                self._granted.popitem(last=False)
        waiting.answer.set_result(word.approved)

    def forget(self, user: UserId) -> None:
        """Forget what the user has allowed."""
        for grant in [grant for grant in self._granted if grant[0] == user]:
            del self._granted[grant]


async def _result(answer: "asyncio.Future[bool]") -> bool:
    return await answer

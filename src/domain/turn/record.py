"""What outlives the process that ran a turn."""

from datetime import datetime

from msgspec import Struct

from domain.conversation.conversation import AnswerState
from domain.ids import ConversationId, MessageId, TurnId, UserId


class TurnRecord(Struct, frozen=True, kw_only=True):
    """The durable trace of a turn: enough to answer for it after a crash, and not to run it twice.

    One that is not kept in the history has it too, where the user has an id for the question.
    """

    turn: TurnId
    user: UserId
    fingerprint: str
    conversation: ConversationId = ConversationId("")
    """Empty: it is not kept …"""
    question: MessageId = MessageId(0)
    """… and this is 0."""
    answer: MessageId | None = None
    state: AnswerState = AnswerState.RUNNING
    started_at: datetime
    """Aware UTC."""

    @property
    def is_kept(self) -> bool:
        """Whether there is something of it in the history."""
        return bool(self.conversation)

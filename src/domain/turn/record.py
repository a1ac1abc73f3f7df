"""What outlives the process that ran a turn."""

from datetime import datetime

from msgspec import Struct

from domain.conversation.conversation import AnswerState
from domain.ids import ConversationId, MessageId, TurnId, UserId


class TurnRecord(Struct, frozen=True, kw_only=True):
    """The durable trace of one kept turn: enough to answer for it after a crash."""

    turn: TurnId
    user: UserId
    fingerprint: str
    conversation: ConversationId
    question: MessageId
    answer: MessageId | None = None
    state: AnswerState = AnswerState.RUNNING
    started_at: datetime
    """Aware UTC."""

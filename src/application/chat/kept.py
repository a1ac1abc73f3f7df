"""Where a turn is in the database."""

from datetime import datetime

from msgspec import Struct

from domain.ids import ConversationId, MessageId, TurnId
from domain.turn.ask import Ask, Record
from domain.turn.prompt import Origin


class Kept(Struct, frozen=True):
    """Where a turn is kept."""

    ask: Ask
    record: Record
    turn: TurnId
    conversation: ConversationId
    question: MessageId
    asked_at: datetime
    """When the last row before the answer was written; the answer comes later, whatever the clock
    says."""
    earlier: MessageId | None = None
    """The version of the question that an edit has replaced; the earlier answer follows it."""
    others: frozenset[TurnId] = frozenset()
    """The turns that were answering the question already when this one's edit asked it anew."""
    answer: MessageId | None = None
    instruction: MessageId | None = None
    """Of research: the row of what was to be found out …"""
    report: MessageId | None = None
    """… and the row of what was."""
    growing: MessageId | None = None
    """The row that is being written, by the turn's record."""
    tagged: bool = False
    """The conversation says that research is completed."""
    gone: bool = False
    """Question or answer were deleted while the model spoke, and the answer is not stored."""
    doubtful: bool = False
    """An attempt to save the answer may have got through without our hearing of it."""
    code_session: str | None = None
    """The Claude Code session that the conversation's row names."""

    @property
    def last(self) -> MessageId:
        """What the answer follows."""
        return self.report or self.question


def origin_of(ask: Ask, kept: Kept | None) -> Origin:
    """Return where a question comes from, for a model that keeps files and sessions of its own."""
    if kept is None:
        return Origin(ask.user)
    # A session remembers what an edit has replaced.
    session = None if kept.record.edits else kept.code_session
    return Origin(ask.user, kept.conversation, session)

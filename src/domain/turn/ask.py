"""A question as it comes in, whichever door it came through."""

import hashlib
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.clarification import Clarification
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.ids import MessageId, TurnId, UserId
from domain.speech.orders import DictationWish
from domain.turn.events import Work
from domain.turn.prompt import Message, Part, joined_text
from domain.turn.settings import TurnSettings

AUDIO, AUDIO_DIRECT, TTS = "audio", "audio_direct", "tts"
"""Kinds of questions: spoken and written down; spoken and heard by the model; and texts that are
only to be spoken."""


_KEYS = UUID("5b0c1e52-6d7f-4a53-9b53-2b8f1d1f7e10")
"""Namespace of the turn ids that are made from a user's own key for the question."""


class Copied(Struct, frozen=True):
    """A message of another conversation."""

    sender: Sender
    draft: MessageDraft


class Record(Struct, frozen=True, kw_only=True):
    """How a turn is to be kept in the history."""

    conversation: ConversationDraft = ConversationDraft()
    question: MessageDraft = MessageDraft()
    answer: MessageDraft = MessageDraft()
    edits: bool = False
    """Question and answer replace the messages whose ids their drafts carry."""
    again: bool = False
    """The question is asked once more as it stands there; its draft says only which it is."""
    copied: tuple[Copied, ...] = ()
    """What a fork brings along: the conversation is a new one, and begins with these."""


class Ask(Struct, frozen=True, kw_only=True):
    """One question: who asks, what, against which history, and how it is kept."""

    user: UserId
    question: tuple[Part, ...]
    """Empty where the history ends with results of the client's own tools: the answer goes on."""
    history: tuple[Message, ...] = ()
    settings: TurnSettings = TurnSettings()
    kind: str = "text"
    key: str | None = None
    """The client's own id of the question; asking twice under one key runs once."""
    record: Record | None = None
    """None: nothing is kept."""
    dictation: DictationWish | None = None
    """The question is yet to be spoken: how it is to be heard."""
    voiced: MessageId | None = None
    """The stored message whose text this is, where it is to be spoken and not answered."""
    wants_voiced: bool = False
    """The sound of a text is to be attached to a message, named or not."""
    clarification: Clarification | None = None
    """The question is that of a concept which the user has made clear."""

    @property
    def work(self) -> Work:
        """What is to be done."""
        if self.clarification is not None:
            return "clarification"
        if self.kind == AUDIO_DIRECT:
            return "hearing"
        return "answer" if self.settings.research is None else "research"

    @property
    def text(self) -> str:
        """The words of the question."""
        return joined_text(self.question)

    @property
    def own_turn(self) -> TurnId | None:
        """The turn that answers it, where the client's own id of the question says which."""
        return TurnId(str(uuid5(_KEYS, f"{self.user}:{self.key}"))) if self.key else None

    @property
    def fingerprint(self) -> str:
        """Tells one question from another under the same key (hex, 64 characters)."""
        asked = self.question or self.history[-1:]
        return hashlib.sha256(msgspec.json.encode([self.kind, asked])).hexdigest()


def brings_results(history: tuple[Message, ...]) -> bool:
    """Return whether a history ends with what a tool of the client's has returned."""
    return bool(history) and history[-1].role == "tool"


class TurnHeader(Struct, frozen=True, kw_only=True):
    """What a turn is, apart from what is said in it."""

    turn: TurnId
    user: UserId
    fingerprint: str
    kind: str = "text"

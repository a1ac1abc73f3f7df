"""The event vocabulary of a turn: three unions, each inside the next.

`ModelEvent` is what a model adapter may say, `TurnEvent` adds what use cases say, and exactly one
`TurnEnding` is the last event of every turn. Every `TurnEvent` is visible to readers, so that the
numbers they see have no gaps. `ModelStopped` and what is only for the agent (`AgentOnlyEvent`) or
only for research (`ResearchOnlyEvent`) are for the engine alone and are not logged, nor is
`MediaGiven`: readers hear of what is kept (`PictureMade`, `MediaKept`).
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from domain.clarification import ClarificationEvent
from domain.conversation.conversation import Conversation, StoredMessage
from domain.ids import ConversationId, MessageId
from domain.research import Research
from domain.turn.agent_events import LoopStopped, ToldAgentEvent
from domain.turn.metering import Metering, Usage
from domain.turn.research_events import ToldResearchEvent
from domain.turn.voice_events import VoiceEvent

Work = Literal["answer", "research", "clarification", "hearing"]
"""What a turn does with its question."""


class TextDelta(Struct, frozen=True, gc=False, tag_field="type", tag="text_delta"):
    """The next piece of the answer; pieces join without separators."""

    text: str


class ThinkingDelta(Struct, frozen=True, gc=False, tag_field="type", tag="thinking_delta"):
    """The next piece of the model's reasoning; never part of the answer or of speech."""

    text: str


class ToolCalled(Struct, frozen=True, tag_field="type", tag="tool_called"):
    """The model uses a tool: one of ours to run, or one the provider has run itself."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    provider: str = ""
    run_by_provider: bool = False
    awaited: bool = False
    """The client has to run it, unless it is one of ours: the turn pauses for its result."""
    item_id: str | None = None
    """OpenAI Responses' id of the output item, which its own follow-up requests name."""


class SourceCited(Struct, frozen=True, tag_field="type", tag="source_cited"):
    """The answer rests on this page."""

    url: str
    title: str = ""
    numbers: tuple[int, ...] = ()
    """By which the answer's text refers to it, where it does."""


StopReason = Literal["stop", "length", "tool_calls", "content_filter", "refusal"]


class ModelStopped(Struct, frozen=True, tag_field="type", tag="model_stopped"):
    """One round of the model is over; `note` says why where the provider gives a reason."""

    reason: StopReason
    usage: Usage | None = None
    note: str | None = None
    state: tuple[Mapping[str, Any], ...] = ()
    """Opaque items the same provider wants back in the next round (encrypted reasoning)."""
    cost_usd: float | None = None
    """As the provider itself puts it, where it does."""


class ToolReturned(Struct, frozen=True, tag_field="type", tag="tool_returned"):
    """What a tool answered: one of ours, or one that an agent of the provider's has run.

    Failed results of ours are told to the model like any other.
    """

    id: str
    name: str
    result: Any
    failed: bool = False
    arguments: Mapping[str, Any] = {}
    """What it was called with, for readers."""
    error: str | None = None
    """Why there is no result, where it is one of ours that failed."""
    duration_ms: int = 0


class MediaGiven(Struct, frozen=True, tag_field="type", tag="media_given"):
    """The answer holds a picture, recording or clip itself; it is kept, and its place is told."""

    content: bytes
    mime_type: str
    """What the content shows itself to be, else what the provider says."""


CLAUDE_CODE = "claude_code"
"""What `ToolCalled.provider` says of the tools that Claude Code runs."""


class CodeSession(Struct, frozen=True, tag_field="type", tag="code_session"):
    """Claude Code works on this question in a session of its own, new or gone on with."""

    id: str
    model: str = ""
    """The model behind it, as it is named there."""
    metadata: Mapping[str, Any] = {}
    """What else it says of itself, for readers."""


class CodeResult(Struct, frozen=True, tag_field="type", tag="code_result"):
    """How Claude Code's work on one question ended."""

    session: str
    subtype: str
    """`success`, or the limit that ended it, in Claude Code's words."""
    text: str = ""
    """Its last words."""
    rounds: int = 0
    duration_ms: int = 0
    cost_usd: float | None = None
    usage: Usage | None = None


ModelEvent = (
    TextDelta
    | ThinkingDelta
    | ToolCalled
    | ToolReturned
    | SourceCited
    | CodeSession
    | CodeResult
    | MediaGiven
    | ModelStopped
)


class TurnStarted(Struct, frozen=True, tag_field="type", tag="turn_started"):
    """The question is accepted; `kind` is the contract's request type."""

    kind: str = "text"


class ModelChosen(Struct, frozen=True, tag_field="type", tag="model_chosen"):
    """Who answers: the provider-side model name."""

    model: str
    provider: str
    because: str | None = None
    """Code of the failure for which the model asked before gives way to this one."""


class SpeechDeclined(Struct, frozen=True, tag_field="type", tag="speech_declined"):
    """Speech was asked for and will not come; the reader need not wait for it."""


class ProviderRetrying(Struct, frozen=True, tag_field="type", tag="provider_retrying"):
    """The provider failed before its first word and is asked again after `wait_s` seconds."""

    provider: str
    attempt: int
    """The attempt that is coming, counted from 1."""
    wait_s: float
    reason: str


class PictureBegun(Struct, frozen=True, tag_field="type", tag="picture_begun"):
    """A picture of the answer is being made."""


class PictureMade(Struct, frozen=True, tag_field="type", tag="picture_made"):
    """A picture that belongs to the answer is kept."""

    url: str
    """Its address, as messages keep it."""
    model: str
    """The provider's own name of what drew it."""
    settings: Mapping[str, Any] = {}
    """How it was ordered …"""
    request: Mapping[str, Any] = {}
    """… and from what."""
    duration_s: float = 0.0


class PictureFailed(Struct, frozen=True, tag_field="type", tag="picture_failed"):
    """No picture came about; the words of the answer stand."""

    code: str
    message: str
    provider: str | None = None
    retry_after_s: float | None = None


class MediaKept(Struct, frozen=True, tag_field="type", tag="media_kept"):
    """A recording or clip out of the answer is kept."""

    url: str
    mime_type: str


class AnswerWritten(Struct, frozen=True, tag_field="type", tag="answer_written"):
    """The whole answer, once the model has said its last word."""

    text: str
    stop: StopReason = "stop"
    metering: Metering | None = None
    note: str | None = None
    code_session: str | None = None
    """The Claude Code session that it was written in."""
    agent: LoopStopped | None = None
    """How the work with tools of ours went, where there was any."""
    research: Research | None = None
    """What it rests on, where it was researched."""
    asks_back: bool = False
    """It consists of questions to the user."""
    enhances: bool = False
    """It is a prompt that was made of the user's answers to questions."""


class ResearchRows(Struct, frozen=True):
    """What research has left in the history beside question and answer."""

    instruction: MessageId
    report: MessageId
    tagged: bool = False
    """The conversation has got its tag."""


class Saved(Struct, frozen=True):
    """The rows a turn left in the history."""

    conversation: ConversationId
    question: MessageId
    answer: MessageId | None = None
    edited: Conversation | None = None
    """After an edit: the conversation as it is now, with `edited_messages`."""
    edited_messages: tuple[StoredMessage, ...] = ()
    research: ResearchRows | None = None


class TurnCompleted(Struct, frozen=True, tag_field="type", tag="turn_completed"):
    """The answer is whole and, where the turn is kept at all, saved."""

    saved: Saved | None = None
    speech_settled: bool = False
    """Readers were already told how speech ends, so the ending says nothing of it."""
    text_settled: bool = False
    """Readers were told that there will be no text."""
    metering: Metering | None = None
    """What it took; None where no model was asked."""
    paused: bool = False
    """It goes on with the next question, which brings the result of a call that the client runs."""


class TurnCancelled(Struct, frozen=True, tag_field="type", tag="turn_cancelled"):
    """Somebody stopped the turn; what had been said is saved."""

    saved: Saved | None = None
    speech_settled: bool = False
    text_settled: bool = False
    metering: Metering | None = None


class TurnFailed(Struct, frozen=True, tag_field="type", tag="turn_failed"):
    """The turn broke off; `code` is that of the error, `message` is fit for a client."""

    code: str
    message: str
    after_content: bool = False
    """Some of the answer had been sent before it broke off."""
    provider: str | None = None
    retry_after_s: float | None = None
    field: str | None = None
    work: Work = "answer"
    """What was being done."""
    saved: Saved | None = None
    speech_settled: bool = False
    text_settled: bool = False
    metering: Metering | None = None


TurnEnding = TurnCompleted | TurnCancelled | TurnFailed

TurnEvent = (
    TurnStarted
    | ModelChosen
    | SpeechDeclined
    | ProviderRetrying
    | TextDelta
    | ThinkingDelta
    | ToolCalled
    | ToolReturned
    | SourceCited
    | CodeSession
    | CodeResult
    | ToldAgentEvent
    | PictureBegun
    | PictureMade
    | PictureFailed
    | MediaKept
    | VoiceEvent
    | ToldResearchEvent
    | ClarificationEvent
    | AnswerWritten
    | TurnEnding
)

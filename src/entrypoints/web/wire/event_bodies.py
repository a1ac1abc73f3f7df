"""Turn events → what a client is told: the contract, in one `match`."""

from collections.abc import Callable
from typing import assert_never

import msgspec

from domain.clarification import ImagesAnnounced, PromptEnhanced, QuestionsAsked
from domain.turn.agent_events import (
    ApprovalAsked,
    ApprovalSettled,
    ChartBegun,
    ChartFailed,
    ChartMade,
    RoundBegan,
    RoundEnded,
    ToolProgressed,
)
from domain.turn.events import (
    AnswerWritten,
    CodeResult,
    CodeSession,
    MediaKept,
    ModelChosen,
    PictureBegun,
    PictureFailed,
    PictureMade,
    ProviderRetrying,
    Saved,
    SourceCited,
    SpeechDeclined,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
    TurnCancelled,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStarted,
)
from domain.turn.metering import Metering
from domain.turn.research_events import ReportWritten, Stage
from domain.turn.voice_events import VoiceEvent
from entrypoints.web.wire.clarification_events import clarification_event
from entrypoints.web.wire.custom_events import (
    Body,
    citation,
    code_result,
    code_session,
    custom,
    media_kept,
    model_in_use,
    picture_begun,
    picture_made,
    retrying,
    untyped,
)
from entrypoints.web.wire.failures import StageOf, errors_of, picture_failed
from entrypoints.web.wire.json_safe import encode
from entrypoints.web.wire.research_events import (
    kept_research,
    research_metadata,
    rows_of_research,
    stage_entered,
)
from entrypoints.web.wire.tool_events import (
    approval_asked,
    approval_settled,
    chart_event,
    round_began,
    round_ended,
    tool_progress,
    tool_result,
    tool_start,
)
from entrypoints.web.wire.voice_frames import voice_frames

ShowConversation = Callable[[Saved], Body]
"""The contract's session object, for the acknowledgement of an edit."""

Renewed = Callable[[str], str]
"""Makes a link of the address of a kept file."""


def terminal_pair(
    *, speech_settled: bool = False, text_settled: bool = False, metering: Metering | None = None
) -> list[Body]:
    """Return the two events that tell a client that its turn is over, and what it took.

    What the client was told before is left out.
    """
    pair: list[Body] = [] if text_settled else [{"type": "text_completed", "content": ""}]
    if pair and metering is not None:
        pair[0]["metadata"] = {"usage": metering.told()}
    if not speech_settled:
        pair.append({"type": "tts_not_requested", "content": ""})
    return pair


def waits_for_client(event: TurnEvent) -> bool:
    """Return whether no pair follows: the client's tool comes first, then the rest."""
    return isinstance(event, TurnCompleted) and event.paused


class EventBodies:
    """Says what happened in the words that clients know."""

    def __init__(self, stage_of: StageOf, show: ShowConversation, renewed: Renewed) -> None:
        self._stage_of = stage_of
        self._show = show
        self._renewed = renewed

    def of(self, event: TurnEvent, chunk: int) -> list[Body]:  # noqa: C901 - one match, flat
        """Return the bodies of an event's frames; a piece of text has this chunk number."""
        if isinstance(event, VoiceEvent):
            return voice_frames(event)
        match event:
            case TextDelta():
                return [_text(event, chunk)]
            case ThinkingDelta():
                return _thinking(event, chunk)
            case TurnStarted():
                return [{"type": "working", "content": {"request_type": event.kind}}]
            case ModelChosen():
                return [model_in_use(event)]
            case SpeechDeclined():
                return [{"type": "tts_not_requested", "content": ""}]
            case ProviderRetrying():
                return [retrying(event)]
            case ToolCalled():
                return tool_start(event)
            case ToolReturned():
                return [tool_result(event)]
            case SourceCited():
                return [custom("citations", citations=[citation(event)])]
            case Stage():
                return [stage_entered(event)]
            case ReportWritten():
                return [custom("citations", citations=msgspec.to_builtins(event.sources))]
            case QuestionsAsked() | PromptEnhanced() | ImagesAnnounced():
                return [clarification_event(event)]
            case CodeSession():
                return code_session(event)
            case CodeResult():
                return [code_result(event)]
            case RoundBegan():
                return [round_began(event)]
            case RoundEnded():
                return [round_ended(event)]
            case ApprovalAsked():
                return [approval_asked(event)]
            case ApprovalSettled():
                return [approval_settled(event)]
            case ToolProgressed():
                return [tool_progress(event)]
            case ChartBegun() | ChartMade() | ChartFailed():
                return [chart_event(event)]
            case PictureBegun() | PictureMade() | PictureFailed() | MediaKept():
                return [self._made(event)]
            case AnswerWritten():
                content = {"full_response": event.text, "metadata": _metadata(event)}
                return [untyped("textGenerationCompleted", content)]
            case TurnCompleted():
                return [*self._saved(event.saved), *_pair(event)]
            case TurnCancelled():
                cancelled: Body = {"type": "cancelled", "content": "Request cancelled"}
                return [cancelled, *self._saved(event.saved), *_pair(event)]
            case TurnFailed():
                return [*errors_of(event, self._stage_of), *self._saved(event.saved), *_pair(event)]
            case _:
                assert_never(event)

    def _made(self, event: PictureBegun | PictureMade | PictureFailed | MediaKept) -> Body:
        match event:
            case PictureBegun():
                return picture_begun()
            case PictureMade():
                return picture_made(event, self._renewed(event.url))
            case PictureFailed():
                return picture_failed(event)
            case MediaKept():
                return media_kept(event, self._renewed(event.url))

    def _saved(self, saved: Saved | None) -> list[Body]:
        if saved is None:
            return []
        if saved.research is not None:
            content = rows_of_research(saved)
        else:
            content: Body = {"user_message_id": saved.question}
            if saved.answer is not None:
                content["ai_message_id"] = saved.answer
            content["session_id"] = saved.conversation
        if saved.edited is not None:
            content["session"] = self._show(saved)
        # The contract wants text here: JSON inside JSON.
        text = msgspec.json.format(encode(content), indent=0).decode()
        return [{"type": "db_operation_executed", "content": text}]


def _text(event: TextDelta, chunk: int) -> Body:
    return {
        "type": "text_chunk",
        "content": event.text,
        "chunk_index": chunk,
        "chunk_id": chunk,
    }


def _pair(ending: TurnCompleted | TurnCancelled | TurnFailed) -> list[Body]:
    if waits_for_client(ending):
        return []
    pair = terminal_pair(
        speech_settled=ending.speech_settled,
        text_settled=ending.text_settled,
        metering=ending.metering,
    )
    if ending.saved is not None and ending.saved.research is not None:
        told = pair[0].setdefault("metadata", {})
        told["research_metadata"] = kept_research(ending.saved)
    return pair


def _thinking(event: ThinkingDelta, chunk: int) -> list[Body]:
    return [
        {
            "type": "thinking_chunk",
            "data": {"content": event.text, "chunk_index": chunk, "chunk_id": chunk},
        },
        # The web client's text view shows only reasoning that comes in this form.
        custom("reasoning", message="reasoningReceived", reasoning=event.text),
    ]


_ORDINARY: frozenset[StopReason] = frozenset({"stop", "tool_calls"})
"""An answer that ends so is whole, or has a tool of the client's to wait for."""


def _metadata(event: AnswerWritten) -> Body:
    metadata: Body = {} if event.stop in _ORDINARY else {"finish_reason": event.stop}
    if event.note:
        metadata["note"] = event.note
    if event.metering is not None:
        metadata["usage"] = event.metering.told()
    if event.code_session:
        metadata["claude_session_id"] = event.code_session
    if event.agent is not None:
        metadata |= {"iterations": event.agent.rounds, "status": event.agent.status}
    if event.research is not None:
        metadata["research_metadata"] = research_metadata(event.research, event.text)
    if event.asks_back:
        metadata["is_clarification"] = True
    if event.enhances:
        metadata["is_enhancement"] = True
    return metadata

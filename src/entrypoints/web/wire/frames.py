"""Turn events → the frames a client sees: the contract, in one `match`.

A frame is encoded once and then completed for each connection, whose id every frame carries: at the
top, or inside `data` where there is one. That is why `data` is always the last key.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

import msgspec
from msgspec import Struct

from domain.clarification import ImagesAnnounced, PromptEnhanced, QuestionsAsked
from domain.ids import TurnId
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
from domain.turn.entries import Entry
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
from domain.turn.voice_events import AudioChunk, VoiceEvent
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
from entrypoints.web.wire.joining import joined
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
from entrypoints.web.wire.voice_frames import sound_frame, voice_frames

_encoder = msgspec.json.Encoder()

APART = 1000
"""Chunks that are sent again one by one: many clients take no frame of more than 1 MiB."""

ShowConversation = Callable[[Saved], Body]
"""The contract's session object, for the acknowledgement of an edit."""


Renewed = Callable[[str], str]
"""Makes a link of the address of a kept file."""


class Frame(Struct, frozen=True):
    """One frame without the id of a connection."""

    head: bytes
    """JSON up to the closing braces."""
    tail: bytes
    """The closing braces."""

    def on(self, connection: bytes) -> str:
        """Return the frame for a connection, given as `connection_part` makes it."""
        return (self.head + connection + self.tail).decode()


class TextChunk(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="text_chunk"):
    """The frame of a piece of the answer: what nearly all frames are, so it has a shape of its own.

    Encoding it is several times cheaper than by way of a dictionary.
    """

    content: str
    chunk_index: int
    chunk_id: int
    turn_id: str = ""
    seq: int = 0
    seq_from: int | None = None


class Step(Struct, frozen=True):
    """All frames of one place in a turn."""

    seq: int
    """The last number they cover."""
    frames: tuple[Frame, ...]
    final: bool = False
    """They end the turn."""


def connection_part(connection: str) -> bytes:
    """Return what `Frame.on` puts into every frame of a connection."""
    return b',"session_id":' + encode(connection)


def frame(body: Body) -> Frame:
    """Return the frame with this body; `data`, where there is one, must be its last key."""
    encoded = encode(body)
    braces = 2 if isinstance(body.get("data"), dict) else 1
    return Frame(encoded[:-braces], encoded[-braces:])


def _text_frame(turn: TurnId, first: int, last: Entry, text: str) -> Frame:
    joined = first if first != last.seq else None
    chunk = TextChunk(text, last.chunk, last.chunk, turn, last.seq, joined)
    try:
        encoded = _encoder.encode(chunk)
    except UnicodeEncodeError:  # Half a character.
        encoded = encode(msgspec.to_builtins(chunk))
    return _complete(encoded)


def _complete(encoded: bytes) -> Frame:
    return Frame(encoded[:-1], encoded[-1:])


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


class Framer:
    """Turns batches of log entries into steps; what several readers hear at once, only once."""

    def __init__(self, stage_of: StageOf, show: ShowConversation, renewed: Renewed = str) -> None:
        self._stage_of = stage_of
        self._show = show
        self._renewed = renewed
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._last_steps: list[Step] = []

    def steps(self, turn: TurnId, entries: Sequence[Entry]) -> list[Step]:
        """Return the frames of entries that follow one another; waiting deltas are joined."""
        # All readers of a turn hear of the same append, one after another.
        if self._first is entries[0] and self._last is entries[-1]:
            return self._last_steps
        self._first, self._last = first, last = entries[0], entries[-1]
        if first is last:  # A reader that keeps up.
            self._last_steps = [self._step(turn, first.seq, first, first.event)]
        else:
            self._last_steps = [self._step(turn, *each) for each in joined(entries)]
        return self._last_steps

    def chunks(
        self, turn: TurnId, entries: Iterable[Entry], connection: str, after_chunk: int
    ) -> list[Body]:
        """Return the chunk frames of a connection above a chunk number.

        There is one for each delta, but of many the older ones are joined: they come in one frame.
        """
        deltas = [
            entry
            for entry in entries
            if entry.chunk > after_chunk and isinstance(entry.event, TextDelta | ThinkingDelta)
        ]
        older, latest = deltas[:-APART], deltas[-APART:]
        found = [*joined(older), *((entry.seq, entry, entry.event) for entry in latest)]
        return [
            _placed(body, _place(turn, first, last.seq) | {"session_id": connection})
            for first, last, event in found
            for body in self._bodies(event, last.chunk)[:1]
        ]

    def _step(self, turn: TurnId, first: int, last: Entry, event: TurnEvent) -> Step:
        if isinstance(event, TextDelta):
            return Step(last.seq, (_text_frame(turn, first, last, event.text),))
        if isinstance(event, AudioChunk):
            return Step(last.seq, (_complete(sound_frame(turn, last.seq, event)),))
        place = _place(turn, first, last.seq)
        frames = (frame(_placed(body, place)) for body in self._bodies(event, last.chunk))
        final = isinstance(event, TurnCompleted | TurnCancelled | TurnFailed)
        return Step(last.seq, tuple(frames), final)

    def _bodies(self, event: TurnEvent, chunk: int) -> list[Body]:  # noqa: C901 - one match, flat
        if isinstance(event, VoiceEvent):
            return voice_frames(event)
        match event:
            case TextDelta():
                return [msgspec.to_builtins(TextChunk(event.text, chunk, chunk))]
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


def _place(turn: TurnId, first: int, last: int) -> Body:
    place: Body = {"turn_id": turn, "seq": last}
    return place if first == last else place | {"seq_from": first}


def _placed(body: Body, place: Body) -> Body:
    """Return the body with its place in the turn, `data` last."""
    if (data := body.get("data")) is None:
        return body | place
    if "session_id" in place:
        data = data | {"session_id": place["session_id"]}
    return {key: body[key] for key in body if key != "data"} | place | {"data": data}


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


def _metadata(event: AnswerWritten) -> Body:
    metadata: Body = {"note": event.note} if event.note else {}
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

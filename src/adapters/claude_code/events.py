"""Claude Code's lines → events (contract: text-providers §9)."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, cast

import msgspec

from adapters.claude_code import wire
from adapters.claude_code.catalog import PROVIDER
from adapters.claude_code.errors import ended, failed, garbled
from adapters.transport.not_json import NOT_JSON
from domain.turn.events import (
    CodeResult,
    CodeSession,
    ModelEvent,
    ModelStopped,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
)

LONGEST_RESULT = 20_000
"""Characters of a tool's result that readers are shown: whole files and logs pass through here."""

_LIMITS = ("error_max_turns", "error_max_budget_usd")
"""Results that are an answer cut short, not a failure."""
_REASONS: dict[str, StopReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_CALLS = ("tool_use", "server_tool_use")


class CodeReader:
    """Reads the work on one question; it does no I/O.

    Text comes in pieces while it is written and once more in its whole message. A message whose
    pieces were seen is not told twice; one that came without any, as Claude Code's own notices and
    its older versions do, is told as a whole. Of sub-agents only their use of tools is told: their
    words are meant for the agent, not for the user.
    """

    def __init__(self) -> None:
        self._session: str | None = None
        self._calls: dict[str, ToolCalled] = {}
        self._in_pieces: set[str] = set()
        self._message = ""
        self._told_in: dict[type[TextDelta | ThinkingDelta], str] = {}
        self._error: str | None = None
        self._spoke = False
        self._ended = False
        self._readers: dict[str, Callable[[bytes], Sequence[ModelEvent]]] = {
            "system": self._system,
            "stream_event": self._piece,
            "assistant": self._assistant,
            "user": self._results,
            "result": self._result,
        }

    @property
    def ended(self) -> bool:
        """Whether the result has been read; nothing after it counts."""
        return self._ended

    def feed(self, line: bytes) -> Sequence[ModelEvent]:
        """Read the next line.

        Kinds of lines that are not known are passed over, and so are lines that are no JSON at
        all: some builds print notices among them.

        Raises:
            ProviderError: the line tells of one.
            ProviderGarbled: it begins as JSON and is none, or not in the shape of its kind.
        """
        if self._ended or not line.lstrip().startswith(b"{"):
            return ()
        try:
            events = self._read(line)
        except msgspec.ValidationError as garbage:
            raise garbled() from garbage
        except NOT_JSON:
            events = self._read_mended(line)
        self._spoke = self._spoke or bool(events)
        return events

    def finish(self, exit_code: int | None, stderr: str) -> NoReturn:
        """Read the end of the output, where no result came.

        Raises:
            ProviderBrokeOff: always; it says how the process ended.
        """
        raise ended(exit_code, stderr, spoke=self._spoke)

    def _read(self, line: bytes) -> Sequence[ModelEvent]:
        read = self._readers.get(wire.decode_head(line).type)
        return read(line) if read is not None else ()

    def _read_mended(self, line: bytes) -> Sequence[ModelEvent]:
        try:
            return self._read(wire.without_halves(line))
        except (ValueError, RecursionError) as garbage:
            raise garbled() from garbage

    def _system(self, line: bytes) -> Sequence[ModelEvent]:
        # It is said again after each of its own interruptions, the session being the same.
        if wire.decode_head(line).subtype != "init" or self._session is not None:
            return ()
        found = wire.decode_init(line)
        self._session = found.session_id
        metadata = {
            "model": found.model,
            "tools": found.tools,
            "permissionMode": found.permission_mode,
            "version": found.claude_code_version,
        }
        told = {name: value for name, value in metadata.items() if value}
        return (CodeSession(found.session_id, found.model, told),)

    def _piece(self, line: bytes) -> Sequence[ModelEvent]:
        found = wire.decode_partial(line)
        if found.parent_tool_use_id is not None:
            return ()
        event = found.event
        if event.type == "message_start" and event.message is not None:
            self._message = event.message.id
            self._in_pieces.add(event.message.id)
        elif event.type == "content_block_delta" and event.delta is not None:
            if event.delta.text:
                return self._told(TextDelta(event.delta.text), self._message)
            if event.delta.thinking:
                return self._told(ThinkingDelta(event.delta.thinking), self._message)
        return ()

    def _assistant(self, line: bytes) -> Sequence[ModelEvent]:
        found = wire.decode_message(line)
        if found.error:
            # The result that follows says it again, and ends the answer.
            self._error = found.error
            return ()
        silent = found.parent_tool_use_id is not None or found.message.id in self._in_pieces
        events: list[ModelEvent] = []
        for block in found.message.blocks:
            kind = block.get("type")
            if kind in _CALLS:
                events.append(self._call(block))
            elif kind == "text" and not silent and (text := block.get("text")):
                events.extend(self._told(TextDelta(str(text)), found.message.id))
            elif kind == "thinking" and not silent and (thought := block.get("thinking")):
                events.extend(self._told(ThinkingDelta(str(thought)), found.message.id))
        return events

    def _told(self, delta: TextDelta | ThinkingDelta, message: str) -> Sequence[ModelEvent]:
        """Return the words, apart from those of the message before, with work in between."""
        kind = type(delta)
        earlier = self._told_in.get(kind)
        self._told_in[kind] = message
        return (delta,) if earlier in (None, message) else (kind("\n\n"), delta)

    def _call(self, block: dict[str, Any]) -> ToolCalled:
        given = block.get("input")
        arguments = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        call = ToolCalled(
            str(block.get("id") or ""),
            str(block.get("name") or ""),
            arguments,
            PROVIDER,
            run_by_provider=True,
        )
        self._calls[call.id] = call
        return call

    def _results(self, line: bytes) -> Sequence[ModelEvent]:
        blocks = wire.decode_message(line).message.blocks
        return [self._returned(block) for block in blocks if block.get("type") == "tool_result"]

    def _returned(self, block: dict[str, Any]) -> ToolReturned:
        id_ = str(block.get("tool_use_id") or "")
        call = self._calls.get(id_)
        return ToolReturned(
            id_,
            call.name if call else "",
            _shown(_words(block.get("content"))),
            failed=block.get("is_error") is True,
            arguments=call.arguments if call else {},
        )

    def _result(self, line: bytes) -> Sequence[ModelEvent]:
        found = wire.decode_result(line)
        cut = found.subtype in _LIMITS
        if not cut and (found.is_error or found.subtype != "success" or self._error):
            raise failed(found, self._error)
        self._ended = True
        usage = found.counted()
        result = CodeResult(
            found.session_id or self._session or "",
            found.subtype,
            found.result or "",
            found.num_turns,
            found.duration_ms,
            found.total_cost_usd,
            usage,
        )
        reason = "length" if cut else _REASONS.get(found.stop_reason or "", "stop")
        stopped = ModelStopped(reason, usage, found.subtype if cut else None)
        if found.result and TextDelta not in self._told_in:
            # What its own commands print is told here only.
            return (TextDelta(found.result), result, stopped)
        return (result, stopped)


def _words(content: object) -> str:
    """Return a tool's result as text, with a note for each picture in it."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(_block_words(block) for block in cast("list[object]", content))


def _block_words(block: object) -> str:
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": str(kind)}:
            return f"[{kind}]"
        case _:
            return ""


def _shown(text: str) -> str:
    if len(text) <= LONGEST_RESULT:
        return text
    return f"{text[:LONGEST_RESULT]}… ({len(text) - LONGEST_RESULT} more characters)"

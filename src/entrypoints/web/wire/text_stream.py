"""A turn's entries → the body of `POST /chat/stream`, and of its plain-text form."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from domain.turn.agent_events import ApprovalAsked
from domain.turn.entries import Entry
from domain.turn.events import (
    MediaKept,
    PictureMade,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    TurnCancelled,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
)
from entrypoints.web.wire.answers import tool_call
from entrypoints.web.wire.json_safe import encode
from entrypoints.web.wire.sse import event
from entrypoints.web.wire.tool_events import approval_asked

DONE = event("[DONE]")
_LOOKS_LIKE_OURS = ("[DONE]", "[ERROR:", '{"type"', '{ "type"')
"""Text of a model that a reader would take for an end, an error or an object of the stream."""


def failure(message: str) -> bytes:
    """Return the event that takes the place of the end."""
    return event(f"[ERROR: {' '.join(message.split())}]")


def as_events(batch: Sequence[Entry], renewed: Callable[[str], str] = str) -> bytes:
    """Return the stream's events for entries that follow one another; waiting text is joined.

    Args:
        batch: the entries.
        renewed: makes a link of the address of a kept file.
    """
    return b"".join(_events(batch, renewed))


def as_plain_text(batch: Iterable[Entry]) -> bytes:
    """Return the words alone; a failure becomes a last line."""
    return "".join(_words(entry.event) for entry in batch).encode()


def _events(batch: Sequence[Entry], renewed: Callable[[str], str]) -> Iterator[bytes]:
    for kind, group in groupby((entry.event for entry in batch), type):
        run = list(group)
        if kind is TextDelta:
            yield from _text("".join(delta.text for delta in cast("list[TextDelta]", run)))
        elif kind is ThinkingDelta:
            words = "".join(delta.text for delta in cast("list[ThinkingDelta]", run))
            yield _object({"type": "reasoning", "content": words})
        else:
            yield from (_other(each, renewed) for each in run)


def _text(text: str) -> Iterator[bytes]:
    if not text:
        return
    if text.startswith(_LOOKS_LIKE_OURS):
        # Split, it reads the same once joined and is nothing but text in its parts.
        yield event(text[0])
        text = text[1:]
    yield event(text)


def _other(said: TurnEvent, renewed: Callable[[str], str]) -> bytes:
    match said:
        case PictureMade() | MediaKept():
            kind = "image" if isinstance(said, PictureMade) else "media"
            return _object({"type": kind, "url": renewed(said.url)})
        case ToolCalled():
            content = tool_call(said, requires_action=said.awaited)
            return _object(
                {"type": "tool_call", "content": content, "requires_action": said.awaited}
            )
        case ApprovalAsked():
            return _object(approval_asked(said))
        case TurnCompleted():
            return DONE
        case TurnCancelled():
            return failure("Request cancelled")
        case TurnFailed():
            return failure(said.message)
        case _:
            return b""


def _object(found: dict[str, Any]) -> bytes:
    return event(encode(found).decode())


def _words(said: TurnEvent) -> str:
    match said:
        case TextDelta():
            return said.text
        case TurnFailed():
            return f"\n[ERROR: {said.message}]"
        case TurnCancelled():
            return "\n[ERROR: Request cancelled]"
        case _:
            return ""

"""OpenAI's sound: transcription sessions, recordings and speech, after its specification."""

import base64
import itertools
from typing import Any

from tests.simulators.replies import Reply, json_reply
from tests.simulators.sockets import Play, Session

_COUNT = itertools.count(1)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """Return an event of a session."""
    return {"type": kind, "event_id": f"event_{next(_COUNT)}", **fields}


def delta(item: str, text: str) -> dict[str, Any]:
    """Return a piece of a transcript."""
    kind = "conversation.item.input_audio_transcription.delta"
    return event(kind, item_id=item, content_index=0, delta=text, obfuscation="x")


def completed(item: str, text: str) -> dict[str, Any]:
    """Return a whole transcript."""
    kind = "conversation.item.input_audio_transcription.completed"
    usage = {"type": "duration", "seconds": 3}
    return event(kind, item_id=item, content_index=0, transcript=text, usage=usage)


def committed(item: str) -> dict[str, Any]:
    """Return what says that a stretch of sound will be written down."""
    return event("input_audio_buffer.committed", previous_item_id=None, item_id=item)


def error(code: str, message: str = "It did not work", kind: str = "invalid_request_error") -> Any:
    """Return an error."""
    return event("error", error={"type": kind, "code": code, "message": message, "param": None})


def hearing(*segments: str) -> Play:
    """Return a play that hears a segment after each frame of sound, and the rest at the end."""

    async def play(session: Session) -> None:
        await session.send(event("session.created", session={"type": "transcription"}))
        left = list(segments)
        heard = 0
        while (frame := await session.receive()) is not None:
            if not isinstance(frame, dict):
                continue
            match frame["type"]:
                case "session.update":
                    await session.send(event("session.updated", session=frame["session"]))
                case "input_audio_buffer.append":
                    session.sound += base64.b64decode(frame["audio"])
                    if len(left) > 1:
                        heard += 1
                        await _segment(session, f"item_{heard}", left.pop(0))
                case "input_audio_buffer.commit":
                    if not left:
                        await session.send(error("input_audio_buffer_commit_empty"))
                        continue
                    *whole, last = left
                    for text in whole:
                        heard += 1
                        await _segment(session, f"item_{heard}", text)
                    await _segment(session, "item_last", last, stopped=False)
                    left = []

    return play


async def _segment(session: Session, item: str, text: str, *, stopped: bool = True) -> None:
    await session.send(event("input_audio_buffer.speech_started", audio_start_ms=0, item_id=item))
    if stopped:
        end = event("input_audio_buffer.speech_stopped", audio_end_ms=9, item_id=item)
        await session.send(end)
    await session.send(committed(item))
    await session.send(event("conversation.item.added", item={"id": item}))
    first, blank, rest = text.partition(" ")
    for piece in (first, blank + rest):
        if piece:
            await session.send(delta(item, piece))
    await session.send(completed(item, text))


def recorded(text: str, seconds: float = 4) -> Reply:
    """Return the answer to a recording, as recorded."""
    return json_reply({"text": text, "usage": {"type": "duration", "seconds": seconds}})


def speech(*chunks: bytes, media_type: str = "audio/pcm") -> Reply:
    """Return a text, spoken."""
    return Reply(chunks, headers={"content-type": media_type})

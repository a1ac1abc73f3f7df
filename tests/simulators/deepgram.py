"""Deepgram as Parley meets it: the live socket's frames, and the answer to a recording.

The frames are those of `listen.v1` of the deepgram-sdk's types; the answer is as recorded.
"""

from collections.abc import Sequence
from typing import Any

from tests.simulators.replies import Reply, json_reply
from tests.simulators.sockets import Play, Session

REQUEST_ID = "019ffae2-ee3d-7a11-b587-27a8ed7ddb31"


def results(text: str, *, is_final: bool = True, channel: int = 0) -> dict[str, Any]:
    """Return what was heard."""
    words = [
        {
            "word": word.lower(),
            "start": 0.1,
            "end": 0.2,
            "confidence": 0.99,
            "punctuated_word": word,
        }
        for word in text.split()
    ]
    alternative = {"transcript": text, "confidence": 0.99, "words": words}
    return {
        "type": "Results",
        "channel_index": [channel, 1],
        "duration": 1.0,
        "start": 0.0,
        "is_final": is_final,
        "speech_final": is_final,
        "from_finalize": False,
        "channel": {"alternatives": [alternative]},
        "metadata": {"request_id": REQUEST_ID, "model_uuid": REQUEST_ID},
    }


UTTERANCE_END = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 2.3}
SPEECH_STARTED = {"type": "SpeechStarted", "channel": [0, 1], "timestamp": 0.1}
METADATA = {
    "type": "Metadata",
    "transaction_key": "deprecated",
    "request_id": REQUEST_ID,
    "sha256": "dd38e82b",
    "created": "2026-08-13T11:30:04.510Z",
    "duration": 3.7,
    "channels": 1,
}
ERROR = {
    "type": "Error",
    "description": "The service has encountered an internal error",
    "message": "internal error",
    "variant": "",
}


def hearing(*pieces: str) -> Play:
    """Return a play that hears one piece after each frame of sound, and the rest at the end."""

    async def play(session: Session) -> None:
        left = list(pieces)
        while (frame := await session.receive()) is not None:
            if isinstance(frame, bytes) and left:
                await session.send(SPEECH_STARTED)
                await session.send(results(left[0][:3], is_final=False))
                await session.send(results(left.pop(0)))
                await session.send(UTTERANCE_END)
            elif isinstance(frame, dict) and frame["type"] == "CloseStream":
                for piece in left:
                    await session.send(results(piece))
                await session.send(results(""))
                await session.send(METADATA)
                return

    return play


def recorded(text: str, seconds: float = 3.7) -> Reply:
    """Return the answer to a recording."""
    alternative = {"transcript": text, "confidence": 0.999, "words": []}
    return json_reply(
        {
            "metadata": METADATA | {"duration": seconds},
            "results": {"channels": [{"alternatives": [alternative]}]},
        }
    )


def refusal(status: int, **headers: str) -> Reply:
    """Return an error as Deepgram words it."""
    codes = {401: "INVALID_AUTH", 429: "TOO_MANY_REQUESTS", 500: "INTERNAL_SERVER_ERROR"}
    body = {
        "err_code": codes.get(status, "Bad Request"),
        "err_msg": "Invalid credentials." if status == 401 else "It did not work.",
        "request_id": REQUEST_ID,
    }
    return json_reply(body, status, **headers)


def unheard(frames: Sequence[object] = (), code: int = 1011, reason: str = "NET-0001") -> Play:
    """Return a play that says some frames and closes with an error's code."""

    async def play(session: Session) -> None:
        await session.receive()
        for frame in frames:
            await session.send(frame)
        await session.close(code, reason)

    return play

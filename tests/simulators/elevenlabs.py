"""ElevenLabs' socket that takes text in, after its AsyncAPI description, and its HTTP errors."""

import base64
from typing import Any

from tests.simulators.replies import Reply, json_reply
from tests.simulators.sockets import Play, Session


def audio(sound: bytes, text: str = "") -> dict[str, Any]:
    """Return a frame of sound with its alignment."""
    alignment = {
        "charStartTimesMs": [3 * at for at in range(len(text))],
        "charsDurationsMs": [3] * len(text),
        "chars": list(text),
    }
    return {
        "audio": base64.b64encode(sound).decode(),
        "isFinal": None,
        "normalizedAlignment": alignment,
        "alignment": alignment,
    }


FINAL = {"audio": None, "isFinal": True, "normalizedAlignment": None, "alignment": None}


def error(word: str, message: str = "It did not work") -> dict[str, Any]:
    """Return an error as the socket tells it."""
    return {"message": message, "error": word, "code": 1008}


def sound_of(text: str) -> bytes:
    """Return what this voice makes of a text."""
    sound = f"<{text.strip()}>".encode()
    return sound + b" " * (len(sound) % 2)


async def speaking(session: Session) -> None:
    """Speak what is flushed, the rest at the end."""
    await session.receive()
    waiting = ""
    while isinstance(frame := await session.receive(), dict):
        waiting += frame["text"]
        if waiting.strip() and (frame.get("flush") or frame["text"] == ""):
            sound = sound_of(waiting)
            await session.send(audio(sound[:2], waiting[:2]))
            await session.send({"audio": None, "alignment": {"chars": []}})
            await session.send(audio(sound[2:], waiting[2:]))
            waiting = ""
        if frame["text"] == "":
            await session.send(FINAL)
            return


def failing(frame: object, code: int = 1008) -> Play:
    """Return a play that answers the first text with an error and closes."""

    async def play(session: Session) -> None:
        await session.receive()
        await session.receive()
        await session.send(frame)
        await session.close(code)

    return play


def refusal(status: int, word: str = "bad", **headers: str) -> Reply:
    """Return an error as ElevenLabs words it over HTTP."""
    detail = {"status": word, "message": "It did not work"}
    return json_reply({"detail": detail}, status, **headers)


def subscription(**changes: Any) -> Reply:
    """Return what the account has used."""
    found = {
        "tier": "starter",
        "character_count": 12345,
        "character_limit": 100000,
        "next_character_count_reset_unix": 1769904000,
    }
    return json_reply(found | changes)

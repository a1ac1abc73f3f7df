"""A chat socket on which somebody speaks."""

from typing import Any

from adapters.memory.clock import settle
from adapters.memory.speech import ScriptedTranscriber
from domain.speech.events import TranscriptDelta, TranscriptFinished
from tests.unit.entrypoints.sockets import PAIR, Client, Frame
from tests.unit.rig import Rig, said

LEMONS = [TranscriptDelta("Buy lemons"), TranscriptFinished("Buy lemons")]
SECOND = bytes(16_000)


def speaking(**settings: Any) -> Frame:
    speech = {"recording_sample_rate": 8000}
    text = {"model": "swift"}
    return {
        "request_type": "audio",
        "user_input": {"prompt": ""},
        "user_settings": {"speech": speech, "text": text, **settings},
    }


async def hears(client: Client, *sound: bytes) -> None:
    for pcm in sound:
        client.socket.say_bytes(pcm)
    await settle(60)


async def test_what_is_said_after_the_longest_recording_is_told_once() -> None:
    ears = ScriptedTranscriber(LEMONS)
    async with Rig(said("Sure."), ears=ears) as rig, Client(rig) as client:
        await client.say(speaking())
        await hears(client, *[SECOND * 60] * 10, SECOND, SECOND)
        (error,) = [frame for frame in client.socket.sent if frame["type"] == "error"]
        assert (error["stage"], error["code"]) == ("validation", "recording_too_long")
        assert "may last 600 s" in error["content"]
        assert client.text == "Sure."
        assert client.kinds()[-2:] == PAIR
        assert len(ears.sessions[0].heard) == len(SECOND) * 600

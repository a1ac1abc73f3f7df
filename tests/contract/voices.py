"""Every speaker of ours as the one suite sees it: told beforehand how it will sound."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.demo.speak import DemoSpeaker
from adapters.demo.speech_catalog import SPEAKERS as DEMO
from adapters.elevenlabs.catalog import speakers as elevenlabs
from adapters.elevenlabs.speak import ElevenLabsSpeaker
from adapters.memory.speech import ScriptedSpeaker
from adapters.openai.speak import OpenAISpeaker
from adapters.openai.speech_catalog import speakers as openai
from adapters.transport.patience import Patience
from application.ports.speech import ReadingSpeaker, Speaker, Speaking
from domain.speech.audio import audio_format
from domain.speech.cards import SpeakerFamily
from domain.speech.orders import SpeechOrder
from tests.contract.ears import KEY
from tests.simulators.elevenlabs import speaking
from tests.simulators.openai_sound import speech
from tests.simulators.replies import Step
from tests.simulators.server import Simulator
from tests.simulators.sockets import SocketSimulator

SOUND = (b"\x01\x00" * 500, b"\x02\x00" * 700, b"\x03\x00")


@dataclass
class Voice:
    """A speaker, and how to let it sound."""

    speaker: Speaker
    family: SpeakerFamily
    will_sound: Callable[[Sequence[Any]], None]
    """How the next text sounds."""
    sim: Simulator | None = None
    reader: ReadingSpeaker | None = None
    sockets: SocketSimulator | None = None

    def order(self, **changes: Any) -> SpeechOrder:
        """Return how a text is to be spoken."""
        card = next(card for card in self.family.cards if card.model == self.family.default)
        pcm = audio_format("pcm_24000")
        voice = self.family.voices.default
        settings: dict[str, Any] = {"format": pcm, "asked_format": pcm, **changes}
        return SpeechOrder(card=card, voice=voice, voice_name=voice, **settings)


@asynccontextmanager
async def openai_voice(
    patience: Patience | None = None, key: str | None = KEY
) -> AsyncGenerator[Voice, None]:
    with Simulator(speech(*SOUND)) as sim:
        made = OpenAISpeaker(key, f"{sim.address}/v1", patience)
        yield Voice(made, openai(), lambda steps: sim.script(_sounding(steps)), sim)
        await made.aclose()


@asynccontextmanager
async def elevenlabs_voice(
    patience: Patience | None = None, key: str | None = KEY, **times: float
) -> AsyncGenerator[Voice, None]:
    with Simulator(speech(*SOUND)) as sim, SocketSimulator(speaking) as sockets:
        made = ElevenLabsSpeaker(key, sim.address, patience)
        reader = ElevenLabsSpeaker(key, sockets.address, patience, **times)
        yield Voice(
            made,
            elevenlabs(),
            lambda steps: sim.script(_sounding(steps)),
            sim,
            reader,
            sockets,
        )
        await made.aclose()


@asynccontextmanager
async def memory_voice() -> AsyncGenerator[Voice, None]:
    made = ScriptedSpeaker()
    made._rounds = rounds = []
    yield Voice(made, DEMO, lambda steps: rounds.append(list(steps)), reader=made)


@asynccontextmanager
async def demo_voice() -> AsyncGenerator[Voice, None]:
    made = DemoSpeaker()
    yield Voice(made, DEMO, lambda _: None, reader=made)


VOICES: dict[str, Callable[[], AbstractAsyncContextManager[Voice]]] = {
    "memory": memory_voice,
    "demo": demo_voice,
    "openai": openai_voice,
    "elevenlabs": elevenlabs_voice,
}


def _sounding(steps: Sequence[Step]) -> Any:
    reply = speech(*SOUND)
    return type(reply)(list(steps), headers=reply.headers)


async def spoken(speaker: Speaker, order: SpeechOrder, text: str = "Hello there.") -> list[bytes]:
    """Return all that is heard of a text."""
    async with aclosing(speaker.speak(text, order)) as sound:
        return [chunk async for chunk in sound]


async def read_out(speaking: Speaking, *pieces: str) -> list[bytes]:
    """Say the pieces, finish, and return all that is heard."""
    for piece in pieces:
        await speaking.say(piece)
    await speaking.finish()
    async with aclosing(speaking.audio()) as sound:
        return [chunk async for chunk in sound]

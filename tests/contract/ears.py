"""Every transcriber of ours as the one suite sees it: told beforehand what it will hear."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.deepgram.catalog import TRANSCRIBERS as DEEPGRAM
from adapters.deepgram.transcribe import DeepgramTranscriber
from adapters.demo.speech_catalog import TRANSCRIBERS as DEMO
from adapters.demo.transcribe import DemoTranscriber
from adapters.google.speech_catalog import transcribers as google
from adapters.google.transcribe import GoogleTranscriber
from adapters.memory.speech import ScriptedTranscriber
from adapters.openai.speech_catalog import TRANSCRIBERS as OPENAI
from adapters.openai.transcribe import OpenAITranscriber
from adapters.transport.patience import Patience
from application.ports.speech import Listening, Transcriber
from domain.speech.cards import TranscriberCard, TranscriberFamily
from domain.speech.events import HeardEvent, TranscriptDelta, TranscriptFinished
from domain.speech.orders import LiveOrder, Transcript
from tests.simulators import deepgram, openai_sound
from tests.simulators.google import GoogleSimulator, answer_body
from tests.simulators.replies import Reply, json_reply
from tests.simulators.server import Simulator
from tests.simulators.sockets import SocketSimulator

KEY = "sk-test-Abcdef1234567890"
RATE_HZ = 16_000
SECOND = bytes(2 * RATE_HZ)
GOOGLE = google(in_production=False)


@dataclass
class Ears:
    """A transcriber, and how to let it hear something."""

    transcriber: Transcriber
    card: TranscriberCard
    will_hear: Callable[..., None]
    """What is said in the next session, a piece for each second of sound."""
    will_read: Callable[[str], None]
    """What the next recording says."""
    sim: Simulator | None = None
    sockets: SocketSimulator | None = None
    heard: Callable[[], bytes] = field(default=bytes)
    """The PCM that got there in the last session."""

    def order(self, **changes: Any) -> LiveOrder:
        """Return how the next session is to be."""
        return LiveOrder(card=self.card, rate_hz=RATE_HZ, window_s=1.0, **changes)


def card_of(family: TranscriberFamily) -> TranscriberCard:
    """Return the card of the model that hears by default."""
    return next(card for card in family.cards if card.model == family.default)


class Apart(Transcriber):
    """One that reads recordings and one that listens: the simulators have two addresses."""

    def __init__(self, reads: Transcriber, listens: Transcriber) -> None:
        self.transcribe = reads.transcribe
        self.listen = listens.listen


@asynccontextmanager
async def deepgram_ears(
    patience: Patience | None = None, key: str | None = KEY, **times: float
) -> AsyncGenerator[Ears, None]:
    with (
        Simulator(deepgram.recorded("")) as sim,
        SocketSimulator(deepgram.hearing()) as sockets,
    ):
        reads = DeepgramTranscriber(key, sim.address, patience)
        listens = DeepgramTranscriber(key, sockets.address, patience, **times)
        yield Ears(
            Apart(reads, listens),
            card_of(DEEPGRAM),
            lambda *pieces: sockets.script(deepgram.hearing(*pieces)),
            lambda text: sim.script(deepgram.recorded(text)),
            sim,
            sockets,
            lambda: bytes(sockets.sessions[-1].sound),
        )
        await reads.aclose()


@asynccontextmanager
async def openai_ears(
    patience: Patience | None = None, key: str | None = KEY, **times: float
) -> AsyncGenerator[Ears, None]:
    with (
        Simulator(openai_sound.recorded("")) as sim,
        SocketSimulator(openai_sound.hearing()) as sockets,
    ):
        reads = OpenAITranscriber(key, f"{sim.address}/v1", patience)
        listens = OpenAITranscriber(key, f"{sockets.address}/v1", patience, **times)
        yield Ears(
            Apart(reads, listens),
            card_of(OPENAI),
            lambda *pieces: sockets.script(openai_sound.hearing(*pieces)),
            lambda text: sim.script(openai_sound.recorded(text)),
            sim,
            sockets,
            lambda: bytes(sockets.sessions[-1].sound),
        )
        await reads.aclose()


@asynccontextmanager
async def gemini_ears(
    patience: Patience | None = None, key: str | None = KEY
) -> AsyncGenerator[Ears, None]:
    with GoogleSimulator() as sim:
        sim.default = silence()
        made = GoogleTranscriber(key, sim.base_url, patience)
        yield Ears(
            made,
            card_of(GOOGLE),
            lambda *pieces: sim.script(*map(answer_body, pieces)),
            lambda text: sim.script(answer_body(text) if text.strip() else silence()),
            sim,
        )
        await made.aclose()


@asynccontextmanager
async def memory_ears() -> AsyncGenerator[Ears, None]:
    rounds: list[Any] = []

    def will_hear(*pieces: str) -> None:
        texts = [f" {piece}" if at else piece for at, piece in enumerate(pieces)]
        finished = TranscriptFinished(" ".join(pieces), len(pieces))
        rounds.append([*map(TranscriptDelta, texts), finished])

    made = ScriptedTranscriber()
    made._rounds = rounds
    yield Ears(
        made,
        card_of(DEMO),
        will_hear,
        lambda text: rounds.append(Transcript(text.strip(), "demo")),
        heard=lambda: bytes(made.sessions[-1].heard),
    )


@asynccontextmanager
async def demo_ears() -> AsyncGenerator[Ears, None]:
    yield Ears(DemoTranscriber(), card_of(DEMO), lambda *_: None, lambda _: None)


EARS: dict[str, Callable[[], AbstractAsyncContextManager[Ears]]] = {
    "memory": memory_ears,
    "demo": demo_ears,
    "deepgram": deepgram_ears,
    "openai": openai_ears,
    "gemini": gemini_ears,
}


def silence() -> Reply:
    """Return what Gemini says where nobody speaks."""
    candidate = {"content": {"role": "model"}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 32, "totalTokenCount": 32}
    return json_reply({"candidates": [candidate], "usageMetadata": usage})


async def all_heard(listening: Listening, *sounds: bytes) -> list[HeardEvent]:
    """Speak, finish, and return all that is written down."""
    for sound in sounds:
        await listening.hear(sound)
    await listening.finish()
    async with aclosing(listening.events()) as events:
        return [event async for event in events]

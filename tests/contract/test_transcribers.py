"""The promises of `Transcriber`, on every adapter."""

import base64
from collections.abc import AsyncGenerator

import pytest

from domain.errors import NotConfigured
from domain.provider_errors import ProviderError
from domain.speech.audio import WavFacts, duration_s, read_wav, wav
from domain.speech.events import TranscriptDelta, TranscriptFinished
from domain.speech.orders import FileOrder, Recording
from tests.contract.ears import (
    EARS,
    RATE_HZ,
    SECOND,
    Ears,
    all_heard,
    deepgram_ears,
    gemini_ears,
    openai_ears,
)
from tests.simulators.google import answer_body, refusal
from tests.simulators.server import Request

RECORDING = Recording(wav(SECOND, RATE_HZ), "audio/wav", "talk.wav")
SCRIPTED = [name for name in EARS if name != "demo"]
REAL = {"deepgram": deepgram_ears, "openai": openai_ears, "gemini": gemini_ears}


@pytest.fixture
async def ears(request: pytest.FixtureRequest) -> AsyncGenerator[Ears, None]:
    async with EARS[request.param]() as made:
        yield made


@pytest.mark.parametrize("ears", SCRIPTED, indirect=True)
async def test_a_recording_is_written_down(ears: Ears) -> None:
    ears.will_read("  Buy two lemons. ")
    ears.will_read("")
    order = FileOrder(ears.card, language="en")
    found = await ears.transcriber.transcribe(RECORDING, order)
    nothing = await ears.transcriber.transcribe(RECORDING, order)
    assert (found.text, nothing.text) == ("Buy two lemons.", "")
    assert found.model == ears.card.model


@pytest.mark.parametrize("ears", SCRIPTED, indirect=True)
async def test_pieces_read_like_the_whole(ears: Ears) -> None:
    ears.will_hear("Buy two lemons.", "And some sugar.")
    async with ears.transcriber.listen(ears.order()) as listening:
        events = await all_heard(listening, SECOND, SECOND)
    said = [event.text for event in events if isinstance(event, TranscriptDelta)]
    assert len(said) >= 2
    assert "".join(said) == "Buy two lemons. And some sugar."
    assert events[-1] == TranscriptFinished("Buy two lemons. And some sugar.", 2)


@pytest.mark.parametrize("ears", EARS, indirect=True)
async def test_the_end_comes_once_and_last(ears: Ears) -> None:
    ears.will_hear("One.")
    async with ears.transcriber.listen(ears.order()) as listening:
        events = await all_heard(listening, SECOND[:999], SECOND[999:])
    *before, last = events
    assert isinstance(last, TranscriptFinished)
    assert not any(isinstance(event, TranscriptFinished) for event in before)
    assert "".join(e.text for e in before if isinstance(e, TranscriptDelta)) == last.text


@pytest.mark.parametrize("ears", [name for name in SCRIPTED if name != "memory"], indirect=True)
async def test_silence_is_an_empty_transcript(ears: Ears) -> None:
    async with ears.transcriber.listen(ears.order()) as listening:
        events = await all_heard(listening, SECOND)
    assert events[-1] == TranscriptFinished("", 0)


@pytest.mark.parametrize("ears", ["deepgram", "openai"], indirect=True)
async def test_leaving_early_ends_it_at_the_provider(ears: Ears) -> None:
    assert ears.sockets is not None
    ears.will_hear("One.", "Two.")

    async def hang_up() -> None:
        async with ears.transcriber.listen(ears.order()) as listening:
            await listening.hear(SECOND)
            raise KeyError("the speaker hung up")

    with pytest.raises(KeyError):
        await hang_up()
    await (await ears.sockets.first_session()).client_left()


@pytest.mark.parametrize(
    ("ears", "wire_hz"), [("deepgram", 16_000), ("openai", 24_000)], indirect=["ears"]
)
@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100])
async def test_the_sound_keeps_its_length_at_the_rate_of_the_wire(
    ears: Ears, wire_hz: int, rate_hz: int
) -> None:
    order = ears.order()
    changed = type(order)(card=order.card, rate_hz=rate_hz)
    async with ears.transcriber.listen(changed) as listening:
        await all_heard(listening, *[bytes(rate_hz // 5)] * 10, b"\0")
    assert duration_s(len(ears.heard()), wire_hz) == pytest.approx(1.0, abs=0.001)


async def test_windows_are_whole_wav_files_that_lose_nothing() -> None:
    async with gemini_ears() as ears:
        assert ears.sim is not None
        async with ears.transcriber.listen(ears.order(wire_rate_hz=8000)) as listening:
            await all_heard(listening, SECOND, SECOND, SECOND[:3000])
        lengths = [facts.duration_s for request in ears.sim.requests if (facts := _sent(request))]
    assert lengths == pytest.approx([1.0, 1.0, 3000 / 2 / RATE_HZ], abs=0.001)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("key", [None, ""])
async def test_a_missing_key_names_its_variable(name: str, key: str | None) -> None:
    variables = {"deepgram": "DEEPGRAM", "openai": "OPENAI", "gemini": "GOOGLE"}
    async with REAL[name](key=key) as ears:
        with pytest.raises(NotConfigured) as caught:
            await ears.transcriber.transcribe(RECORDING, FileOrder(ears.card))
        with pytest.raises(NotConfigured):
            async with ears.transcriber.listen(ears.order()):
                raise AssertionError("there is nobody to listen")
    assert caught.value.key == f"{variables[name]}_API_KEY"


async def test_a_window_that_fails_is_passed_over_and_only_all_of_them_are_an_error() -> None:
    async with gemini_ears() as ears:
        assert ears.sim is not None
        ears.sim.script(refusal(500, "no"), answer_body("Two."))
        async with ears.transcriber.listen(ears.order()) as listening:
            events = await all_heard(listening, SECOND, SECOND)
        assert events == [TranscriptDelta("Two."), TranscriptFinished("Two.", 1)]
        ears.sim.script(refusal(500, "no"), refusal(500, "no"))
        with pytest.raises(ProviderError):
            async with ears.transcriber.listen(ears.order()) as listening:
                await all_heard(listening, SECOND, SECOND)


def _sent(request: Request) -> WavFacts | None:
    (sound,) = [part["inlineData"] for part in request.json["contents"][0]["parts"][1:]]
    return read_wav(base64.b64decode(sound["data"]))

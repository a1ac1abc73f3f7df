"""Texts spoken and recordings written down: in parts, by several keys, on one bill."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

import pytest
import stamina

from adapters.demo.speech_catalog import SPEAKERS
from adapters.demo.speech_catalog import TRANSCRIBERS as DEMO_EARS
from adapters.memory.clock import ManualClock
from adapters.memory.speech import ScriptedSpeaker, ScriptedTranscriber, sound_of
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.openai.speech_catalog import TRANSCRIBERS as OPENAI_EARS
from adapters.openai.speech_catalog import speakers as openai
from application.providers.patience import ATTEMPTS
from application.speech.at_once import AtOnce
from application.speech.choose_ears import ChooseEars
from application.speech.choose_voice import ChooseVoice
from application.speech.dictate import Dictate, Dictated
from application.speech.lanes import ReadingSpeakerLanes, SpeakerLanes, TranscriberLanes
from application.speech.microphone import Microphone
from application.speech.speak_text import SpeakText, Spoken
from application.speech.transcribe_recording import HearingWish, TranscribeRecording
from application.usage.spending import Spending
from domain.errors import InvalidRequest, SpendingCapReached, TooManyTurns
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderDown,
    ProviderError,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from domain.speech.audio import wav, wav_header
from domain.speech.errors import NothingHeard
from domain.speech.events import TranscriptFinished
from domain.speech.orders import (
    DictationWish,
    LiveOrder,
    Recording,
    SpeechOrder,
    Transcript,
    VoiceWish,
)
from domain.speech.rewrite import Rewrite
from domain.turn.metering import Usage
from domain.turn.voice_events import VoiceEvent
from domain.usage import UsageSum, total

SICK = ProviderUnavailable("acme", "sorry")
BUSY = ProviderOverloaded("acme", "slow down", 30.0)
REFUSED = ProviderUnauthorized("acme", "no")
TTS_1 = VoiceWish(provider="openai", model="tts-1", format="pcm")
HD = VoiceWish(provider="openai", model="tts-1-hd", format="wav")
MINUTE = Recording(wav(bytes(2 * 8000 * 60), 8000), "audio/wav")


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


class Rig:
    """One user, one scripted provider of each kind, and a cap."""

    def __init__(self, speaker: Any = None, ears: Any = None, cap_usd: float = 0) -> None:
        self.ears = ears
        self.clock = ManualClock()
        self.work = MemoryUnitOfWork(self.clock)
        spending = Spending(self.work, self.clock, cap_usd)
        families = (openai(), SPEAKERS)
        voices = ChooseVoice(families, {"openai": speaker or ScriptedSpeaker()}, "openai")
        hears = ChooseEars((OPENAI_EARS, DEMO_EARS), {"openai": ears}, (), "openai", "openai")
        at_once = AtOnce(2)
        self.speak = SpeakText(voices, spending, self.clock, at_once, most_chars=20_000)
        self.transcribe = TranscribeRecording(hears, Rewrite(), spending, self.clock, at_once)

    async def begin(self) -> "Rig":
        async with self.work() as db:
            self.user = (await db.accounts.add("anna", "hash", None)).id
        return self

    async def used(self) -> UsageSum:
        now = self.clock.now()
        async with self.work() as db:
            return total(await db.usage.sums(self.user, now.replace(hour=0), now, "model"))


async def heard(spoken: Spoken) -> bytes:
    try:
        async with aclosing(spoken.sound()) as sound:
            return b"".join([chunk async for chunk in sound])
    finally:
        await spoken.aclose()


async def test_a_long_text_is_spoken_part_after_part_and_billed_by_its_characters() -> None:
    speaker = ScriptedSpeaker()
    rig = await Rig(speaker).begin()
    spoken = await rig.speak(rig.user, "Some words here. " * 600, TTS_1)
    sound = await heard(spoken)
    assert spoken.parts == len(speaker.texts) == 3
    assert max(map(len, speaker.texts)) <= 4096
    assert sound == b"".join(map(sound_of, speaker.texts))
    chars = sum(map(len, speaker.texts))
    assert (await rig.used()).known_micro_usd == round(chars * 15)


async def test_a_wav_file_begins_with_a_header() -> None:
    rig = await Rig().begin()
    sound = await heard(await rig.speak(rig.user, "Hi", HD))
    assert sound == wav_header(None, 24_000) + sound_of("Hi")


@pytest.mark.parametrize(
    "text", ["", "  ", "!!! …", "<inner_monologue>x</inner_monologue>", "a" * 20_001]
)
async def test_what_cannot_be_spoken_is_refused_before_any_call(text: str) -> None:
    speaker = ScriptedSpeaker()
    rig = await Rig(speaker).begin()
    with pytest.raises(InvalidRequest) as caught:
        await rig.speak(rig.user, text, TTS_1)
    assert caught.value.field == "user_input.text"
    assert speaker.texts == []


async def test_two_files_of_a_kind_that_cannot_be_joined_are_refused() -> None:
    rig = await Rig().begin()
    with pytest.raises(InvalidRequest, match="one flac file"):
        await rig.speak(rig.user, "Some words. " * 600, VoiceWish(format="flac"))


async def test_a_listener_who_leaves_pays_for_what_was_asked_for() -> None:
    speaker = ScriptedSpeaker([b"ab", b"cd"], [b"ef"])
    rig = await Rig(speaker).begin()
    spoken = await rig.speak(rig.user, "Some words here. " * 300, TTS_1)
    await spoken.begin()
    await spoken.aclose()
    assert speaker.closed_early == 1
    assert (await rig.used()).known_micro_usd == round(len(speaker.texts[0]) * 15)


async def test_a_refusal_costs_nothing_and_a_break_what_was_asked_for() -> None:
    speaker = ScriptedSpeaker([ProviderRejected("acme", "no")], [b"ab", SICK])
    rig = await Rig(speaker).begin()
    for _ in range(2):
        with pytest.raises(ProviderError):
            await heard(await rig.speak(rig.user, "Hello", TTS_1))
    assert (await rig.used()).known_micro_usd == 5 * 15


async def test_past_the_cap_nobody_is_asked() -> None:
    speaker, ears = ScriptedSpeaker(), ScriptedTranscriber()
    rig = await Rig(speaker, ears, cap_usd=0.004).begin()
    await heard(await rig.speak(rig.user, "x" * 200, TTS_1))
    with pytest.raises(SpendingCapReached):
        await rig.speak(rig.user, "x" * 200, TTS_1)
    with pytest.raises(SpendingCapReached):
        await rig.transcribe(rig.user, MINUTE, HearingWish("whisper-1"))
    assert (len(speaker.texts), ears.recordings) == (1, [])


@pytest.mark.parametrize(
    ("model", "heard_as", "micro_usd"),
    [
        ("whisper-1", Transcript("", "whisper-1", seconds=30.0), 3000),
        ("whisper-1", Transcript("", "whisper-1"), 6000),
        ("gpt-4o-transcribe", Transcript("", "m", Usage(1000, 100, 1100)), 3500),
    ],
)
async def test_what_a_recording_costs(model: str, heard_as: Transcript, micro_usd: int) -> None:
    rig = await Rig(ears=ScriptedTranscriber(heard_as)).begin()
    await rig.transcribe(rig.user, MINUTE, HearingWish(model))
    assert (await rig.used()).known_micro_usd == micro_usd


async def dictated(rig: Rig) -> AbstractAsyncContextManager[Dictated]:
    hears = ChooseEars((DEMO_EARS,), {"demo": rig.ears}, ("demo",), "demo", "demo")
    microphone = Microphone(8000, 60)
    await microphone.feed(bytes(16_000))
    microphone.finish()

    async def tell(_: Sequence[VoiceEvent]) -> None:
        return

    dictate = Dictate(hears, Rewrite(), Spending(rig.work, rig.clock), rig.clock)
    return dictate(rig.user, DictationWish(), microphone, tell)


async def test_what_was_dictated_is_billed_once_its_words_were_needed() -> None:
    rig = await Rig(ears=ScriptedTranscriber([TranscriptFinished("Yes")])).begin()
    async with await dictated(rig) as said:
        assert (said.text, (await rig.used()).answers) == ("Yes", 0)
    assert (await rig.used()).answers == 1


async def test_silence_is_billed_too() -> None:
    rig = await Rig(ears=ScriptedTranscriber([TranscriptFinished("")])).begin()
    with pytest.raises(NothingHeard):
        async with await dictated(rig):
            pass
    assert (await rig.used()).answers == 1


async def test_what_is_not_known_is_not_guessed() -> None:
    rig = await Rig(ears=ScriptedTranscriber(Transcript("", "m"))).begin()
    await rig.transcribe(rig.user, Recording(b"ID3", "audio/mpeg"), HearingWish("whisper-1"))
    assert (await rig.used()).unpriced_answers == 1


async def test_a_transcript_is_put_right() -> None:
    ears = ScriptedTranscriber(Transcript("I use cloud code", "whisper-1"))
    rig = await Rig(ears=ears).begin()
    found = await rig.transcribe(rig.user, MINUTE, HearingWish("whisper-1", language="en"))
    assert (found.text, found.provider) == ("I use Claude Code", "openai")
    assert ears.recordings[0][1].language == "en"


def lanes(*scripts: Sequence[Any], kind: Any = SpeakerLanes, failures: int = 5) -> Any:
    speakers = [ScriptedSpeaker(*rounds) for rounds in scripts]
    return kind("acme", speakers, ManualClock(), failures), speakers


def order() -> SpeechOrder:
    return ChooseVoice((SPEAKERS,), {"demo": ScriptedSpeaker()}, "demo")(VoiceWish()).order


async def said(speaker: Any, text: str = "Hi") -> bytes:
    async with aclosing(speaker.speak(text, order())) as sound:
        return b"".join([chunk async for chunk in sound])


async def test_what_fails_before_the_first_sound_is_tried_again() -> None:
    speaker, (key,) = lanes([[SICK], [SICK], [b"ok"]])
    assert await said(speaker) == b"ok"
    assert key.texts == ["Hi"] * 3


async def test_what_breaks_after_it_is_not() -> None:
    speaker, (key,) = lanes([[b"o", SICK], [b"ok"]])
    with pytest.raises(ProviderUnavailable):
        await said(speaker)
    assert len(key.texts) == 1


async def test_a_key_that_is_refused_or_busy_hands_over_at_once() -> None:
    speaker, keys = lanes([[REFUSED]], [[BUSY]], [[b"ok"], [b"ok"]])
    assert (await said(speaker), await said(speaker)) == (b"ok", b"ok")
    assert [len(key.texts) for key in keys] == [1, 1, 2]


async def test_a_dead_voice_is_left_alone_even_if_it_dies_in_mid_sound() -> None:
    speaker, (key,) = lanes([[b"o", ProviderBrokeOff("acme", "gone")]] * 9, failures=1)
    with pytest.raises(ProviderBrokeOff):
        await said(speaker)
    with pytest.raises(ProviderDown):
        await said(speaker)
    assert len(key.texts) == 1


async def test_an_empty_sound_is_an_error() -> None:
    speaker, _ = lanes([[]])
    with pytest.raises(ProviderError, match="sent no sound"):
        await said(speaker)


async def test_a_voice_that_reads_on_does_so_through_its_lane() -> None:
    speaker, _ = lanes([[b"ok"]], kind=ReadingSpeakerLanes)
    async with speaker.read_on(order()) as speaking:
        await speaking.say("Hi")
        await speaking.finish()
        assert [sound async for sound in speaking.audio()] == [b"ok"]


async def test_ears_are_asked_again_while_nothing_was_heard() -> None:
    keys = [ScriptedTranscriber(REFUSED, SICK), ScriptedTranscriber(SICK, Transcript("So", "m"))]
    ears = TranscriberLanes("acme", keys, ManualClock(), 5)
    wish = LiveOrder(DEMO_EARS.cards[0], 16_000)
    found = await ears.transcribe(MINUTE, None)  # type: ignore[arg-type]
    assert found.text == "So"
    sessions = ScriptedTranscriber(SICK, [TranscriptFinished("Hi", 1)])
    async with TranscriberLanes("acme", [sessions], ManualClock(), 5).listen(wish) as listening:
        await listening.finish()
        assert [event async for event in listening.events()] == [TranscriptFinished("Hi", 1)]
    assert not sessions.sessions[0].is_open


async def test_a_user_has_only_so_much_heard_and_spoken_at_once() -> None:
    rig = await Rig(ears=ScriptedTranscriber(Transcript("Hi", "whisper-1"))).begin()
    hear = HearingWish("whisper-1")
    first, second = [await rig.speak(rig.user, "Hi", TTS_1) for _ in range(2)]
    with pytest.raises(TooManyTurns):
        await rig.speak(rig.user, "Hi", TTS_1)
    with pytest.raises(TooManyTurns):
        await rig.transcribe(rig.user, MINUTE, hear)
    for _ in range(2):  # Closing it again frees no other place.
        await first.aclose()
    assert (await rig.transcribe(rig.user, MINUTE, hear)).text == "Hi"
    third = await rig.speak(rig.user, "Hi", TTS_1)
    with pytest.raises(TooManyTurns):
        await rig.speak(rig.user, "Hi", TTS_1)
    await second.aclose()
    await third.aclose()


async def test_who_is_refused_takes_no_place() -> None:
    rig = await Rig(cap_usd=0.000_001).begin()
    for _ in range(3):
        with pytest.raises(SpendingCapReached):
            await rig.speak(rig.user, "Hello", TTS_1)

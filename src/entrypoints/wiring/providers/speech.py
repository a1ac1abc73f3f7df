"""Who hears, who speaks, and what is done with them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.deepgram.catalog import TRANSCRIBERS as DEEPGRAM_TRANSCRIBERS
from adapters.deepgram.transcribe import DeepgramTranscriber
from adapters.demo.speak import DemoSpeaker
from adapters.demo.speech_catalog import SPEAKERS as DEMO_SPEAKERS
from adapters.demo.speech_catalog import TRANSCRIBERS as DEMO_TRANSCRIBERS
from adapters.demo.transcribe import DemoTranscriber
from adapters.elevenlabs.catalog import speakers as elevenlabs_speakers
from adapters.elevenlabs.speak import ElevenLabsSpeaker
from adapters.google.speech_catalog import transcribers as google_transcribers
from adapters.google.transcribe import GoogleTranscriber
from adapters.openai.speak import OpenAISpeaker
from adapters.openai.speech_catalog import TRANSCRIBERS as OPENAI_TRANSCRIBERS
from adapters.openai.speech_catalog import speakers as openai_speakers
from adapters.openai.transcribe import OpenAITranscriber
from adapters.system.scratch import SystemScratch
from adapters.transport.patience import Patience
from adapters.transport.resampling import resampler
from application.chat.bug_reports import BugReports
from application.chat.hear_question import HearQuestion
from application.files.keep_file import KeepFile
from application.ports.clock import Clock
from application.ports.scratch import Scratch
from application.ports.speech import AllowanceBook, Speaker, Transcriber
from application.ports.unit_of_work import UnitOfWork
from application.speech.at_once import AtOnce
from application.speech.choose_ears import ChooseEars
from application.speech.choose_voice import ChooseVoice
from application.speech.dictate import Dictate
from application.speech.keep_sound import KeepSound
from application.speech.lanes import (
    AllowanceLanes,
    ReadingSpeakerLanes,
    SpeakerLanes,
    TranscriberLanes,
)
from application.speech.read_aloud import ReadAloud
from application.speech.show_allowance import ShowAllowance
from application.speech.speak_along import SpeakAlong
from application.speech.speak_text import SpeakText
from application.speech.speak_to_file import SpeakToFile
from application.speech.transcribe_recording import TranscribeRecording
from application.usage.spending import Spending
from domain.catalog.catalog import Catalog
from domain.speech.cards import SpeakerFamily, TranscriberFamily
from domain.speech.rewrite import Rewrite
from entrypoints.wiring.settings import Settings, SettingsError
from entrypoints.wiring.variables import VARIABLES

Transcribers = Mapping[str, Transcriber]
"""Who hears, by the provider's name."""
Speakers = Mapping[str, Speaker]
"""Who speaks, by the provider's name."""
AllowanceBooks = Mapping[str, AllowanceBook]
SpeakerFamilies = NewType("SpeakerFamilies", Sequence[SpeakerFamily])
TranscriberFamilies = NewType("TranscriberFamilies", Sequence[TranscriberFamily])


class SpeechAdapters:
    """Who speaks to each provider, once for each of its keys."""

    def __init__(self, settings: Settings, patience: Patience) -> None:
        google, openai = settings.google_base_url, settings.openai_base_url
        self.deepgram = [
            DeepgramTranscriber(key, settings.deepgram_base_url, patience)
            for key in settings.deepgram_api_key.parts()
        ]
        self.openai_ears = [
            OpenAITranscriber(key, openai, patience) for key in settings.openai_api_key.parts()
        ]
        self.google = [
            GoogleTranscriber(key, google, patience) for key in settings.google_api_key.parts()
        ]
        self.openai_voices = [
            OpenAISpeaker(key, openai, patience) for key in settings.openai_api_key.parts()
        ]
        self.elevenlabs = [
            ElevenLabsSpeaker(key, settings.elevenlabs_base_url, patience)
            for key in settings.elevenlabs_api_key.parts()
        ]

    async def aclose(self) -> None:
        """Close every connection."""
        for adapter in (
            *self.deepgram,
            *self.openai_ears,
            *self.google,
            *self.openai_voices,
            *self.elevenlabs,
        ):
            await adapter.aclose()


class SpeechProvider(Provider):
    """Nothing connects before there is something to hear or to say."""

    scope = Scope.APP

    scratch = provide(SystemScratch, provides=Scratch)
    keep_sound = provide(KeepSound)
    speak_along = provide(SpeakAlong)
    speak_to_file = provide(SpeakToFile)
    show_allowance = provide(ShowAllowance)
    dictate = provide(Dictate)
    transcribe_recording = provide(TranscribeRecording)

    @provide
    async def adapters(
        self, settings: Settings, patience: Patience
    ) -> AsyncIterator[SpeechAdapters]:
        """Closed with the process."""
        adapters = SpeechAdapters(settings, patience)
        yield adapters
        await adapters.aclose()

    @provide
    def transcribers(
        self, settings: Settings, adapters: SpeechAdapters, clock: Clock
    ) -> Transcribers:
        """Every provider behind its circuit; what runs here needs none."""
        limit = settings.circuit_failures
        return {
            "deepgram": TranscriberLanes("deepgram", adapters.deepgram, clock, limit),
            "openai": TranscriberLanes("openai", adapters.openai_ears, clock, limit),
            "gemini": TranscriberLanes("gemini", adapters.google, clock, limit),
            "demo": DemoTranscriber(),
        }

    @provide
    def speakers(self, settings: Settings, adapters: SpeechAdapters, clock: Clock) -> Speakers:
        """Likewise."""
        limit = settings.circuit_failures
        return {
            "openai": SpeakerLanes("openai", adapters.openai_voices, clock, limit),
            "elevenlabs": ReadingSpeakerLanes("elevenlabs", adapters.elevenlabs, clock, limit),
            "demo": DemoSpeaker(),
        }

    @provide
    def allowance_books(
        self, settings: Settings, adapters: SpeechAdapters, clock: Clock
    ) -> AllowanceBooks:
        """Providers that tell what of an account is used."""
        limit = settings.circuit_failures
        return {"elevenlabs": AllowanceLanes("elevenlabs", adapters.elevenlabs, clock, limit)}

    @provide
    def transcriber_families(self, settings: Settings) -> TranscriberFamilies:
        """In the order in which names are looked for."""
        google = google_transcribers(in_production=settings.env == "production")
        return TranscriberFamilies(
            (OPENAI_TRANSCRIBERS, google, DEEPGRAM_TRANSCRIBERS, DEMO_TRANSCRIBERS)
        )

    @provide
    def speaker_families(self, settings: Settings) -> SpeakerFamilies:
        """Those first whose voices decide."""
        try:
            openai = openai_speakers(settings.openai_tts_model_default)
        except ValueError as error:
            raise _wrong("openai_tts_model_default", error) from error
        try:
            elevenlabs = elevenlabs_speakers(
                settings.elevenlabs_model_default, settings.elevenlabs_voices
            )
        except ValueError as error:
            raise _wrong("elevenlabs_model_default", error) from error
        return SpeakerFamilies((elevenlabs, DEMO_SPEAKERS, openai))

    @provide
    def choose_voice(self, families: SpeakerFamilies, speakers: Speakers) -> ChooseVoice:
        """OpenAI speaks where nobody is named."""
        return ChooseVoice(families, speakers, default="openai")

    @provide
    def choose_ears(
        self, families: TranscriberFamilies, transcribers: Transcribers, settings: Settings
    ) -> ChooseEars:
        """Gemini hears recordings where nobody is named."""
        keys = {
            "deepgram": settings.deepgram_api_key,
            "openai": settings.openai_api_key,
            "gemini": settings.google_api_key,
        }
        usable = {provider for provider, key in keys.items() if key}
        return ChooseEars(families, transcribers, usable, default="gemini", default_live="deepgram")

    @provide
    def hear_question(
        self,
        dictate: Dictate,
        catalog: Catalog,
        work: UnitOfWork,
        keep: KeepFile,
        settings: Settings,
    ) -> HearQuestion:
        """The better model hears recordings in production."""
        direct = "gemini-2.5-pro" if settings.env == "production" else "gemini-2.5-flash"
        return HearQuestion(dictate, catalog, resampler, BugReports(work), keep, direct)

    @provide
    def rewrite(self, settings: Settings) -> Rewrite:
        """The operator's rules."""
        return Rewrite(settings.transcript_rewrites)

    @provide
    def speak_text(
        self,
        choose: ChooseVoice,
        spending: Spending,
        clock: Clock,
        at_once: AtOnce,
        settings: Settings,
    ) -> SpeakText:
        """Texts as long as the operator allows."""
        return SpeakText(choose, spending, clock, at_once, settings.speech_chars)

    @provide
    def read_aloud(
        self,
        choose: ChooseVoice,
        spending: Spending,
        clock: Clock,
        at_once: AtOnce,
        settings: Settings,
    ) -> ReadAloud:
        """As long."""
        return ReadAloud(choose, spending, clock, at_once, settings.speech_chars)

    @provide
    def at_once(self, settings: Settings) -> AtOnce:
        """As much beside a user's turns as there may be turns."""
        return AtOnce(settings.turns_per_user)


def _wrong(field: str, error: ValueError) -> SettingsError:
    variable = VARIABLES[field]
    return SettingsError(f"{variable.name} {error}, for example {variable.name}={variable.example}")

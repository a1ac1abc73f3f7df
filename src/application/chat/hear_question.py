"""A question that is spoken: heard first, then asked like any other."""

import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from msgspec import Struct, structs

from application.chat.bug_reports import BugReports
from application.files.keep_file import KeepFile
from application.ports.resampling import MakeResampler
from application.speech.dictate import Dictate
from application.speech.microphone import Microphone
from domain.catalog.card import Capability
from domain.catalog.catalog import Catalog
from domain.errors import UnknownModel
from domain.files.keys import address_of
from domain.speech.audio import wav
from domain.speech.errors import HearingFailed, NoSound
from domain.speech.orders import DictationWish
from domain.storage_errors import FilesUnavailable
from domain.turn.ask import AUDIO_DIRECT, Ask
from domain.turn.events import TurnEvent
from domain.turn.prompt import AudioPart, Part, TextPart
from domain.turn.voice_events import RecordingAsked, TranscriptHeard

log = structlog.get_logger("speech")

DIRECT_HZ = 16_000
NAME = "recording.wav"
PLACEHOLDER = "🎤 Voice message for a multimodal model"
DEFAULT_PROMPT = (
    "First answer the speaker of this recording. Then add a short analysis of what can be heard in"
    " it: mood, language and anything that the words alone do not tell."
)

Tell = Callable[[Sequence[TurnEvent]], Awaitable[None]]


class Heard(Struct, frozen=True):
    """The question as it was spoken."""

    ask: Ask
    transcript: TranscriptHeard | None = None
    """To be told once the question is stored."""
    failure: HearingFailed | None = None
    """What broke off after some words; they are the question, and nobody answers it."""


class HearQuestion:
    """Of words that were heard none is lost, however the recording ends."""

    def __init__(
        self,
        dictate: Dictate,
        catalog: Catalog,
        resampler: MakeResampler,
        reports: BugReports,
        keep: KeepFile,
        direct_model: str,
    ) -> None:
        self._keep = keep
        self._dictate = dictate
        self._reports = reports
        self._catalog = catalog
        self._resampler = resampler
        self._direct_model = direct_model

    @asynccontextmanager
    async def __call__(
        self, ask: Ask, microphone: Microphone, tell: Tell
    ) -> AsyncGenerator[Heard, None]:
        """Be there with the question once it was spoken; hearing it is billed after the block.

        Raises:
            SpendingCapReached: when entered: the user may not spend so much today.
            HearingFailed: when entered: nothing was heard.
            StorageError: when entered: where bug reports are kept, nobody can tell.
        """
        if ask.kind == AUDIO_DIRECT:
            yield await self._direct(ask, microphone, tell)
            return
        wish = ask.dictation or DictationWish()
        async with AsyncExitStack() as billed:
            try:
                said = await billed.enter_async_context(
                    self._dictate(ask.user, wish, microphone, tell)
                )
            except HearingFailed as error:
                if not error.words:
                    raise
                heard = Heard(await self._asked(ask, error.words, microphone), failure=error)
            else:
                recording = microphone.end.recording or wish.recording
                told = TranscriptHeard(said.text, recording, said.segments)
                heard = Heard(await self._asked(ask, said.text, microphone), told)
            yield heard

    async def _asked(self, ask: Ask, words: str, microphone: Microphone) -> Ask:
        asked = _asked(ask, words, microphone)
        reports = ask.dictation is not None and ask.dictation.is_bug_report
        return await self._reports(asked) if reports else asked

    async def _direct(self, ask: Ask, microphone: Microphone, tell: Tell) -> Heard:
        """Return the recording itself, for a model that hears."""
        await tell([RecordingAsked(PLACEHOLDER)])
        resampler = await self._resampler(microphone.rate_hz, DIRECT_HZ)
        sound = bytearray()
        async for pcm in microphone.sound():
            sound += resampler.feed(pcm)
        sound += resampler.end()
        if not sound:
            raise NoSound
        ask, url = await self._kept(ask, wav(bytes(sound), DIRECT_HZ))
        texts = [part for part in ask.question if isinstance(part, TextPart)]
        parts: tuple[Part, ...] = (
            texts[0] if texts else TextPart(DEFAULT_PROMPT),
            AudioPart(url, "audio/wav"),
            *(part for part in ask.question if not isinstance(part, TextPart)),
            *microphone.end.attachments,
        )
        settings = structs.replace(ask.settings, model=self._hearing_model(ask.settings.model))
        return Heard(structs.replace(ask, question=parts, settings=settings))

    async def _kept(self, ask: Ask, content: bytes) -> tuple[Ask, str]:
        """Return the question with its recording among its files, and where the model finds it."""
        record = ask.record
        if record is not None:
            try:
                stored = await self._keep(ask.user, NAME, "audio/wav", content, len(content))
            except FilesUnavailable as error:
                log.warning("a recording was not kept", code=error.code)
            else:
                address = address_of(stored.key)
                files = (*(record.question.file_locations or ()), address)
                question = structs.replace(record.question, file_locations=files)
                record = structs.replace(record, question=question)
                return structs.replace(ask, record=record), address
        encoded = base64.b64encode(content).decode("ascii")
        return ask, f"data:audio/wav;base64,{encoded}"

    def _hearing_model(self, wanted: str) -> str:
        try:
            card = self._catalog.find(wanted)
        except UnknownModel:
            return self._direct_model
        return wanted if card.able_to(Capability.AUDIO_IN) else self._direct_model


def _asked(ask: Ask, words: str, microphone: Microphone) -> Ask:
    end = microphone.end
    text = f"{words}\n\n{end.additional_text}" if end.additional_text else words
    others = (part for part in ask.question if not isinstance(part, TextPart))
    record = ask.record
    if record is not None and not record.question.message:
        question = structs.replace(record.question, message=text)
        record = structs.replace(record, question=question)
    return structs.replace(ask, question=(TextPart(text), *others, *end.attachments), record=record)

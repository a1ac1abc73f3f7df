"""A whole turn engine in memory, with the clock, the model and the database in a test's hand."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from adapters.demo.speech_catalog import SPEAKERS
from adapters.demo.speech_catalog import TRANSCRIBERS as EARS
from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import ManualClock, settle
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.media_makers import ImageStep, ScriptedImageMaker
from adapters.memory.pdf_text import MemoryPdfText
from adapters.memory.signals import MemorySignals
from adapters.memory.speech import ScriptedSpeaker, ScriptedTranscriber
from adapters.memory.turn_log import MemoryTurnLog
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.scratch import SystemScratch
from adapters.transport.resampling import resampler
from application.agent.approvals import Approvals
from application.agent.budget import AgentLimits
from application.agent.calls import RunCalls
from application.agent.choose import ChooseModel
from application.agent.keep_rest import KeepRest
from application.agent.loop import Agent
from application.agent.offer_remote import NamedServer, OfferRemote
from application.agent.paused import PausedLoops
from application.agent.registry import OfferTools, ToolRegistry
from application.agent.tool import Tool
from application.chat.answer_states import AnswerStates
from application.chat.assemble import Assemble
from application.chat.attachments import LoadAttachments
from application.chat.bug_reports import BugReports
from application.chat.characters import Characters
from application.chat.checkpoints import Checkpoints
from application.chat.do_work import DoWork
from application.chat.documents import FitContent
from application.chat.hear_question import HearQuestion
from application.chat.ledger import Ledger
from application.chat.pictures import Pictures
from application.chat.prepared import PreparedAttachments
from application.chat.recover import RecoverTurns
from application.chat.responder import Responder
from application.chat.run_turn import RunTurn
from application.chat.save_answer import SaveAnswer
from application.chat.speak_message import SpeakMessage
from application.chat.tell import Tell
from application.chat.turn_limits import TurnLimits
from application.chat.turns import Turns
from application.files.keep_file import KeepFile
from application.files.links import FileLinks
from application.files.sources import AttachmentSources
from application.media.draw_pictures import DrawPictures, KeepPictures
from application.media.load_pictures import LoadPictures
from application.media.make_images import MakeImages
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from application.ports.downloads import Downloads
from application.ports.files import Files
from application.ports.media_makers import ImageMaker
from application.ports.turn_log import TurnLog
from application.ports.unit_of_work import UnitOfWork
from application.research.deep_research import DeepResearch
from application.speech.choose_ears import ChooseEars
from application.speech.choose_voice import ChooseVoice
from application.speech.dictate import Dictate
from application.speech.keep_sound import KeepSound
from application.speech.microphone import Microphone
from application.speech.speak_along import SpeakAlong
from application.usage.spending import Spending
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.catalog.media_cards import ImageCard
from domain.catalog.media_catalog import MediaCatalog
from domain.conversation.conversation import StoredMessage
from domain.ids import ConversationId, TurnId, UserId
from domain.profiles import PROFILES
from domain.speech.cards import SpeakerFamily
from domain.speech.rewrite import Rewrite
from domain.turn.ask import Ask, Record
from domain.turn.entries import Entry
from domain.turn.events import (
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnEnding,
    TurnFailed,
)
from domain.turn.prompt import TextPart
from domain.turn.record import TurnRecord
from domain.turn.settings import TurnSettings
from tests.unit.stenographer import Stenographer

ANNA, BORIS = UserId(1), UserId(2)
LIMITS = TurnLimits(drain_s=0)
KEPT = Record()
PLAIN = TurnSettings(model="swift")
WITH_TOOLS = TurnSettings(model="swift", agent_profile="all")
SWIFT = ModelCard(
    id="swift",
    provider="acme",
    model="swift-2-latest",
    can=frozenset(
        {
            Capability.TEMPERATURE,
            Capability.REASONING,
            Capability.IMAGES_IN,
            Capability.TOOLS,
        }
    ),
    efforts=("low", "medium", "high"),
    aliases=("fast",),
)
BLIND = ModelCard(id="blind", provider="acme", model="blind-1", counterpart="swift")
ELSEWHERE = ModelCard(id="far", provider="nowhere", model="far-1")
BRUSH = ImageCard(id="brush", provider="acme", model="brush-1", inputs=1)
CATALOG = Catalog([SWIFT, BLIND, ELSEWHERE])


def question(
    text: str = "Why?",
    *,
    key: str | None = None,
    user: UserId = ANNA,
    record: Record | None = KEPT,
    settings: TurnSettings = PLAIN,
) -> Ask:
    return Ask(user=user, question=(TextPart(text),), settings=settings, key=key, record=record)


def said(*words: str) -> list[Step]:
    return [TextDelta(word) for word in words]


def pictures(
    maker: ImageMaker,
    downloads: Downloads,
    files: Files,
    work: UnitOfWork,
    clock: Clock,
) -> Pictures:
    """Return what draws with one model, whatever its name."""
    catalog = MediaCatalog("image", [BRUSH])
    load, spending = LoadPictures(downloads, files), Spending(work, clock)
    keep = KeepFile(files, work, clock)
    make = MakeImages(catalog, {"acme": maker}, load, spending, clock)
    return Pictures(DrawPictures(make, KeepPictures(keep)), keep, clock)


class Rig:
    """Enter it as the process would; leaving it proves that no task is left behind."""

    def __init__(
        self,
        *rounds: Sequence[Step],
        tools: Sequence[Tool] = (),
        servers: Sequence[NamedServer] = (),
        agent_limits: AgentLimits | None = None,
        limits: TurnLimits = LIMITS,
        longest_s: float = 900,
        after: "Rig | None" = None,
        turn_log: TurnLog | None = None,
        work: UnitOfWork | None = None,
        model: ChatModel | None = None,
        others: Mapping[str, ChatModel] | None = None,
        cap_usd: float | None = None,
        cards: Sequence[ModelCard] = (),
        report_usd: float = 0.0,
        clock: ManualClock | None = None,
        drawn: Sequence[ImageStep] = (),
        ears: ScriptedTranscriber | None = None,
        voice: ScriptedSpeaker | None = None,
        voice_family: SpeakerFamily = SPEAKERS,
    ) -> None:
        """Build the engine.

        Args:
            rounds: the model's script.
            tools: in the profile `all`.
            servers: that run more of them.
            agent_limits: of the work with them.
            limits: of turns.
            longest_s: wall time of a turn.
            after: the process before this one, whose database and clock go on.
            turn_log: instead of one in memory.
            work: what stands before the database (`store`) in its users' eyes.
            model: instead of the scripted one.
            others: chat models of more providers.
            cap_usd: what a user may spend in a day.
            cards: more models.
            report_usd: what a research report is taken to cost.
            clock: one that a log given here shares.
            drawn: the script of the model that draws.
            ears: who hears questions that are spoken.
            voice: who speaks, where a question asks for it.
            voice_family: what it is taken for.
        """
        self.clock = clock or (after.clock if after else ManualClock())
        self.store = after.store if after else MemoryUnitOfWork(self.clock)
        self.log = turn_log or MemoryTurnLog(self.clock)
        self.model = ScriptedChatModel(*rounds)
        self.image_maker = ScriptedImageMaker(*drawn)
        self.files = MemoryFiles(self.clock)
        self.downloads = MemoryDownloads()
        self.ledger = Ledger(work or self.store, self.clock)
        names = tuple(tool.spec.name for tool in tools)
        catalog, states = Catalog([*CATALOG, *cards]), AnswerStates()
        fit = FitContent(MemoryPdfText(), catalog)
        sources = AttachmentSources(self.downloads, self.files)
        load = LoadAttachments(sources, fit, Stenographer(), PreparedAttachments(self.clock))
        self.approvals = Approvals(self.clock)
        self.paused = PausedLoops()
        keep_file = KeepFile(self.files, self.store, self.clock)
        keep = KeepRest(keep_file)
        remote = OfferRemote(servers, keep_file, self.clock)
        self.ears = ears or ScriptedTranscriber()
        self.voice = voice or ScriptedSpeaker()
        voices = ChooseVoice((voice_family,), {"demo": self.voice}, "demo")
        links = FileLinks("secret", "http://parley.test", 60, self.clock)
        sounds = KeepSound(keep_file, links, SystemScratch())
        speak = SpeakAlong(voices, sounds, Spending(self.store, self.clock, cap_usd), self.clock)
        agent = Agent(
            RunCalls(self.approvals, keep, self.clock),
            self.paused,
            self.clock,
            agent_limits or AgentLimits(),
        )
        checkpoints = Checkpoints(self.ledger, self.clock)
        tell, save = Tell(self.log), SaveAnswer(self.ledger, self.clock)
        do_work = DoWork(
            tell,
            self.ledger,
            Responder(
                ChooseModel(catalog, {"acme": model or self.model, **(others or {})}),
                Assemble(Characters(), load, states),
                Spending(self.store, self.clock, cap_usd),
                agent,
                OfferTools(ToolRegistry(tools), remote, {**PROFILES, "all": names}, enabled=True),
                DeepResearch(self.clock, report_usd),
                self.clock,
            ),
            states,
            pictures(self.image_maker, self.downloads, self.files, self.store, self.clock),
            HearQuestion(
                Dictate(
                    ChooseEars((EARS,), {"demo": self.ears}, ("demo",), "demo", "demo"),
                    Rewrite(),
                    Spending(self.store, self.clock, cap_usd),
                    self.clock,
                ),
                catalog,
                resampler,
                BugReports(self.store),
                keep_file,
                "swift",
            ),
            speak,
            SpeakMessage(speak, self.store),
        )
        run = RunTurn(tell, do_work, checkpoints, save, self.clock, longest_s)
        self.signals = MemorySignals()
        self.turns = Turns(
            self.log,
            self.signals,
            self.store,
            self.ledger,
            checkpoints,
            run,
            save,
            self.clock,
            limits,
        )
        self.recover = RecoverTurns(self.store)
        self._before: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> Self:
        self._before = asyncio.all_tasks()
        async with self.store() as db:
            for name in ("anna", "boris")[len(await db.accounts.all()) :]:
                await db.accounts.add(name, "hash", None)
        await self.turns.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.turns.__aexit__(kind, error, trace)
        await settle()
        assert asyncio.all_tasks() <= self._before

    async def start(self, ask: Ask | None = None, microphone: Microphone | None = None) -> TurnId:
        """Start a turn and let it go as far as it can."""
        started = await self.turns.start(ask or question(), microphone)
        await settle()
        return started.turn

    async def heard(self, turn: TurnId, after: int = 0, user: UserId = ANNA) -> list[Entry]:
        """Follow a turn to its end."""
        async with self.turns.follow(user, turn, after) as batches:
            return [entry async for batch in batches for entry in batch]

    async def ending(self, turn: TurnId, user: UserId = ANNA) -> TurnEnding:
        """Wait for the turn's ending."""
        last = (await self.heard(turn, user=user))[-1].event
        assert isinstance(last, TurnCompleted | TurnCancelled | TurnFailed)
        return last

    async def record(self, turn: TurnId) -> TurnRecord:
        async with self.store() as db:
            found = await db.turns.find(turn)
        assert found is not None
        return found

    async def rows(
        self, turn: TurnId | None = None, conversation: ConversationId | None = None
    ) -> list[StoredMessage]:
        """Return the messages of the conversation, or of the one the turn is kept in."""
        if conversation is None:
            assert turn is not None
            conversation = (await self.record(turn)).conversation
        async with self.store() as db:
            for user in (ANNA, BORIS):
                if rows := (await db.conversations.messages(user, (conversation,)))[conversation]:
                    return rows
        return []

    def now(self) -> datetime:
        return self.clock.now()


def text_of(entries: Sequence[Entry]) -> str:
    return "".join(e.event.text for e in entries if isinstance(e.event, TextDelta))

"""The use cases."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from application.agent.choose import ChooseModel
from application.agent.offer import OfferModels
from application.chat.answer_states import AnswerStates
from application.chat.ask_again import AskAgain
from application.chat.assemble import Assemble
from application.chat.attachments import LoadAttachments
from application.chat.characters import Characters
from application.chat.checkpoints import Checkpoints
from application.chat.do_work import DoWork
from application.chat.documents import FitContent
from application.chat.ledger import Ledger
from application.chat.name_conversation import NameConversation
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
from application.chat.write_down import WriteDown
from application.files.sources import AttachmentSources
from application.history.change_conversation import ChangeConversation
from application.history.change_message import ChangeMessage
from application.history.create_task import CreateTask
from application.history.delete import DeleteConversation, DeleteMessages
from application.history.find_messages import FindFiles, ShowFavourites
from application.history.keep_prompts import ChangePrompt, DeletePrompt, ListPrompts, SavePrompt
from application.history.list_conversations import ListConversations
from application.history.search_conversations import SearchConversations
from application.history.search_messages import SearchMessages
from application.history.show_activity import ShowActivity
from application.history.show_conversation import ShowConversation
from application.history.show_version import ShowVersion
from application.history.write_messages import EditMessages, StoreMessages
from application.ports.clock import Clock
from application.ports.signals import Signals
from application.ports.turn_log import TurnLog
from application.ports.unit_of_work import UnitOfWork
from application.research.deep_research import DeepResearch
from application.usage.show_usage import ShowUsage
from application.usage.spending import Spending
from domain.catalog.catalog import Catalog
from domain.catalog.fallbacks import Fallbacks
from entrypoints.wiring.characters_dir import read_characters
from entrypoints.wiring.obstacles import obstacles, unset
from entrypoints.wiring.providers.models import ChatModels
from entrypoints.wiring.settings import Settings


class CasesProvider(Provider):
    """`Turns` owns what runs; the others hold no state, so one of each serves the process."""

    scope = Scope.APP

    list_conversations = provide(ListConversations)
    show_conversation = provide(ShowConversation)
    search_conversations = provide(SearchConversations)
    search_messages = provide(SearchMessages)
    change_conversation = provide(ChangeConversation)
    delete_conversation = provide(DeleteConversation)
    create_task = provide(CreateTask)
    store_messages = provide(StoreMessages)
    edit_messages = provide(EditMessages)
    change_message = provide(ChangeMessage)
    delete_messages = provide(DeleteMessages)
    show_version = provide(ShowVersion)
    show_favourites = provide(ShowFavourites)
    find_files = provide(FindFiles)
    show_activity = provide(ShowActivity)
    list_prompts = provide(ListPrompts)
    save_prompt = provide(SavePrompt)
    change_prompt = provide(ChangePrompt)
    delete_prompt = provide(DeletePrompt)
    name_conversation = provide(NameConversation)
    ask_again = provide(AskAgain)
    ledger = provide(Ledger)
    checkpoints = provide(Checkpoints)
    tell = provide(Tell)
    do_work = provide(DoWork)
    save_answer = provide(SaveAnswer)
    show_usage = provide(ShowUsage)
    recover = provide(RecoverTurns)
    fit_content = provide(FitContent)
    attachment_sources = provide(AttachmentSources)
    load_attachments = provide(LoadAttachments)
    write_down = provide(WriteDown)
    assemble = provide(Assemble)

    @provide
    def prepared_attachments(self, clock: Clock) -> PreparedAttachments:
        """As many as fit."""
        return PreparedAttachments(clock)

    @provide
    def answer_states(self) -> AnswerStates:
        """As many as fit."""
        return AnswerStates()

    responder = provide(Responder)
    pictures = provide(Pictures)
    speak_message = provide(SpeakMessage)

    @provide
    def choose(
        self, catalog: Catalog, models: ChatModels, fallbacks: Fallbacks, settings: Settings
    ) -> ChooseModel:
        """Every provider the wiring knows."""
        return ChooseModel(catalog, models, fallbacks, unset(catalog, settings))

    @provide
    def research(self, clock: Clock, settings: Settings) -> DeepResearch:
        """What a report costs, nobody tells beforehand: the operator says what to set aside."""
        return DeepResearch(clock, settings.research_cost_usd)

    @provide
    def offer_models(self, catalog: Catalog, settings: Settings) -> OfferModels:
        """What stands in the way of a model is a setting that is missing."""
        return OfferModels(catalog, obstacles(catalog, settings))

    @provide
    def spending(self, work: UnitOfWork, clock: Clock, settings: Settings) -> Spending:
        """Up to the operator's cap, if there is one."""
        return Spending(work, clock, settings.spending_cap_usd)

    @provide
    def characters(self, settings: Settings) -> Characters:
        """Shipped ones, and the operator's own."""
        return Characters(read_characters(settings.characters_dir))

    @provide
    def run_turn(
        self,
        tell: Tell,
        do_work: DoWork,
        checkpoints: Checkpoints,
        save: SaveAnswer,
        clock: Clock,
        settings: Settings,
    ) -> RunTurn:
        """One turn, for at most as long as the operator allows."""
        longest_s, research_s = settings.turn_timeout_s, settings.research_timeout_s
        return RunTurn(tell, do_work, checkpoints, save, clock, longest_s, research_s)

    @provide
    def turns(
        self,
        turn_log: TurnLog,
        signals: Signals,
        work: UnitOfWork,
        ledger: Ledger,
        checkpoints: Checkpoints,
        run: RunTurn,
        save: SaveAnswer,
        clock: Clock,
        settings: Settings,
    ) -> Turns:
        """All turns of the process; the web entrypoint enters it."""
        limits = TurnLimits(
            per_user=settings.turns_per_user,
            detached_s=settings.detached_turn_ttl_s,
            research_s=settings.research_timeout_s,
            drain_s=settings.drain_s,
        )
        return Turns(turn_log, signals, work, ledger, checkpoints, run, save, clock, limits)

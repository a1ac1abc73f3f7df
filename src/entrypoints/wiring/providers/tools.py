"""What models may do in a turn beside speaking: the tools, and who may use which."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from application.agent.approvals import Approvals
from application.agent.budget import AgentLimits
from application.agent.calls import RunCalls
from application.agent.keep_rest import KeepRest
from application.agent.loop import Agent
from application.agent.paused import PausedLoops
from application.agent.registry import OfferTools, ToolRegistry
from application.agent.tools.calculator import Calculator
from application.agent.tools.current_time import CurrentTime
from application.agent.tools.fetch_page import FetchPage
from application.agent.tools.generate_chart import ChartSources, GenerateChart
from application.agent.tools.generate_text import GenerateText
from application.agent.tools.read_file import ReadFile
from application.agent.tools.search_history import SearchHistory
from domain.profiles import PROFILES
from entrypoints.wiring.models_file import ModelsFile
from entrypoints.wiring.settings import Settings


class ToolsProvider(Provider):
    """A new tool is a line here: what it needs is injected, like everything else's."""

    scope = Scope.APP

    calculator = provide(Calculator)
    current_time = provide(CurrentTime)
    generate_text = provide(GenerateText)
    generate_chart = provide(GenerateChart)
    fetch_page = provide(FetchPage)
    search_history = provide(SearchHistory)
    read_file = provide(ReadFile)

    approvals = provide(Approvals)
    keep_rest = provide(KeepRest)
    run_calls = provide(RunCalls)
    agent = provide(Agent)

    @provide
    def chart_sources(self) -> ChartSources:
        """None yet: charts are drawn from numbers that the model has been told."""
        return ChartSources({})

    @provide
    def registry(
        self,
        calculator: Calculator,
        current_time: CurrentTime,
        generate_text: GenerateText,
        generate_chart: GenerateChart,
        fetch_page: FetchPage,
        search_history: SearchHistory,
        read_file: ReadFile,
    ) -> ToolRegistry:
        """Every tool there is."""
        return ToolRegistry(
            (
                calculator,
                current_time,
                generate_text,
                generate_chart,
                fetch_page,
                search_history,
                read_file,
            )
        )

    @provide
    def paused(self) -> PausedLoops:
        """As many as fit."""
        return PausedLoops()

    @provide
    def offer(self, registry: ToolRegistry, own: ModelsFile, settings: Settings) -> OfferTools:
        """The shipped profiles, and the operator's own."""
        return OfferTools(registry, {**PROFILES, **own.profiles}, enabled=settings.agentic_enabled)

    @provide
    def limits(self, settings: Settings) -> AgentLimits:
        """As the operator has them."""
        return AgentLimits(
            rounds=settings.agent_rounds,
            wall_s=settings.agent_timeout_s,
            calls=settings.agent_tool_calls,
            tokens=settings.agent_tokens,
            cost_usd=settings.agent_cost_usd,
            tool_s=settings.tool_timeout_s,
            approval_s=settings.approval_timeout_s,
        )

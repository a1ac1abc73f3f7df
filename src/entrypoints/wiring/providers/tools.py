"""What models may do in a turn beside speaking: the tools, and who may use which."""

from collections.abc import AsyncIterator, Sequence
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.compatible import perplexity
from adapters.openai.search import OpenAISearch
from adapters.perplexity.search import PerplexitySearch
from adapters.searxng.search import SearxngSearch
from adapters.transport.patience import Patience
from application.agent.approvals import Approvals
from application.agent.budget import AgentLimits
from application.agent.calls import RunCalls
from application.agent.keep_rest import KeepRest
from application.agent.loop import Agent
from application.agent.offer_remote import OfferRemote
from application.agent.paused import PausedLoops
from application.agent.registry import OfferTools, ToolRegistry
from application.agent.tools.calculator import Calculator
from application.agent.tools.current_time import CurrentTime
from application.agent.tools.fetch_page import FetchPage
from application.agent.tools.generate_chart import ChartSources, GenerateChart
from application.agent.tools.generate_image import GenerateImage
from application.agent.tools.generate_text import GenerateText
from application.agent.tools.generate_video import GenerateVideo
from application.agent.tools.read_file import ReadFile
from application.agent.tools.search_history import SearchHistory
from application.agent.tools.search_web import SearchWeb
from application.ports.web_search import WebSearch
from domain.profiles import PROFILES
from entrypoints.wiring.models_file import ModelsFile
from entrypoints.wiring.settings import Settings

Searches = NewType("Searches", Sequence[WebSearch])
"""Who searches the web: one, or nobody."""


class ToolsProvider(Provider):
    """A new tool is a line here: what it needs is injected, like everything else's."""

    scope = Scope.APP

    calculator = provide(Calculator)
    current_time = provide(CurrentTime)
    generate_text = provide(GenerateText)
    generate_image = provide(GenerateImage)
    generate_video = provide(GenerateVideo)
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
    async def web_search(self, settings: Settings, patience: Patience) -> AsyncIterator[Searches]:
        """Whom the operator names, else the first that has an address or a key, else nobody."""
        search = _search(settings, patience)
        yield Searches(() if search is None else (search,))
        if search is not None:
            await search.aclose()

    @provide
    def registry(
        self,
        calculator: Calculator,
        current_time: CurrentTime,
        generate_text: GenerateText,
        generate_image: GenerateImage,
        generate_video: GenerateVideo,
        generate_chart: GenerateChart,
        fetch_page: FetchPage,
        search_history: SearchHistory,
        read_file: ReadFile,
        searches: Searches,
    ) -> ToolRegistry:
        """Every tool there is."""
        return ToolRegistry(
            (
                calculator,
                current_time,
                generate_text,
                generate_image,
                generate_video,
                generate_chart,
                fetch_page,
                search_history,
                read_file,
                *(SearchWeb(search) for search in searches),
            )
        )

    @provide
    def paused(self) -> PausedLoops:
        """As many as fit."""
        return PausedLoops()

    @provide
    def offer(
        self, registry: ToolRegistry, remote: OfferRemote, own: ModelsFile, settings: Settings
    ) -> OfferTools:
        """The shipped profiles, and the operator's own."""
        profiles = {**PROFILES, **own.profiles}
        return OfferTools(registry, remote, profiles, enabled=settings.agentic_enabled)

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


def _search(
    said: Settings, patience: Patience
) -> SearxngSearch | PerplexitySearch | OpenAISearch | None:
    given = {
        "searxng": said.searxng_base_url,
        "perplexity": said.perplexity_api_key,
        "openai": said.openai_api_key,
    }
    chosen = said.web_search or next((name for name, value in given.items() if value), "none")
    match chosen:
        case "searxng":
            return SearxngSearch(said.searxng_base_url, patience)
        case "perplexity":
            address = said.perplexity_base_url or perplexity.DIALECT.base_url or ""
            return PerplexitySearch(said.perplexity_api_key.parts()[0], address, patience)
        case "openai":
            key = said.openai_api_key.parts()[0]
            return OpenAISearch(key, said.openai_base_url, patience)
        case _:
            return None

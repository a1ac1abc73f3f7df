"""Every tool there is, and who may use which."""

from collections.abc import Callable, Iterable, Mapping

import structlog

from application.agent.offer_remote import OfferRemote
from application.agent.results import written
from application.agent.tool import Tool, ToolContext
from application.agent.toolbox import Toolbox
from domain.catalog.card import Capability, ModelCard
from domain.errors import InvalidRequest, NotConfigured
from domain.given_tools import given_names
from domain.profiles import ALIASES
from domain.turn.settings import TurnSettings

log = structlog.get_logger("agent")

SpentUsd = Callable[[], float | None]
"""What a turn has cost so far, where that is known."""


class ToolRegistry:
    """Filled once, by the wiring."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        """Take the tools.

        Raises:
            NotConfigured: two have one name.
        """
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            name = tool.spec.name
            if name in self._tools:
                raise NotConfigured(f"tool.{name}", f"There are two tools with the name {name}")
            self._tools[name] = tool

    def get(self, name: str) -> Tool | None:
        """Return the tool of that name."""
        return self._tools.get(name)

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._tools)


class OfferTools:
    """Decides whether the model works with tools in a turn, and with which."""

    def __init__(
        self,
        registry: ToolRegistry,
        remote: OfferRemote,
        profiles: Mapping[str, tuple[str, ...]],
        *,
        enabled: bool,
    ) -> None:
        """Take the tools.

        Args:
            registry: our own.
            remote: those of other servers.
            profiles: who may use which of our own.
            enabled: whether the operator wants any of this.
        """
        self._registry = registry
        self._remote = remote
        self._profiles = profiles
        self._enabled = enabled
        self._missed: set[str] = set()

    def profile(self, settings: TurnSettings) -> str | None:
        """Return the profile that a turn asks for; None where it is an ordinary one.

        Raises:
            InvalidRequest: there is no such profile.
        """
        if settings.agent_profile is None or not self._enabled:
            return None
        profile = settings.agent_profile
        if profile not in self._profiles:
            raise InvalidRequest(f"Unknown profile: {profile[:80]}", "ai_agent_profile")
        return profile

    def fits(self, profile: str, card: ModelCard) -> bool:
        """Return whether the model can call functions; one that cannot answers without."""
        able = card.able_to(Capability.TOOLS)
        if not able:
            log.warning("model cannot call tools", model=card.id, profile=profile)
        return able

    async def box(self, profile: str, context: ToolContext, spent_usd: SpentUsd) -> Toolbox:
        """Return the tools of the profile, and what they may touch."""
        tools = await self.tools(profile)
        for spec in (tool.spec for tool in tools.values()):
            if spec.described_outside:
                context.places.learn_outside(f"{spec.purpose} {written(spec.parameters)}")
        return Toolbox(
            profile=profile,
            tools=tools,
            aliases=ALIASES,
            clients=given_names(context.settings.tools),
            context=context,
            spent_usd=spent_usd,
        )

    @property
    def profiles(self) -> list[str]:
        """All profiles, sorted."""
        return sorted(self._profiles)

    async def tools(self, profile: str) -> Mapping[str, Tool]:
        """Return the tools of a profile by name, as they are offered.

        Names that nobody has registered are passed over. Tools of other servers come last, and
        take the place of none of ours.
        """
        tools: dict[str, Tool] = {}
        for name in self._profiles[profile]:
            if (tool := self._registry.get(name)) is not None:
                tools[name] = tool
            elif name not in self._missed:
                self._missed.add(name)  # Said once: it stays so until the process ends.
                log.warning("tool not registered", tool=name, profile=profile)
        for tool in await self._remote(profile):
            if self._registry.get(tool.spec.name) is None and tool.spec.name not in ALIASES:
                tools.setdefault(tool.spec.name, tool)
        return tools

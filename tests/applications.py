"""What the applications of all tests have in common, put together once in a process.

Routes and wiring are the same whatever a test is about; made anew for each of a thousand tests,
they were a quarter of the whole suite.
"""

from asyncio import Lock
from collections import defaultdict
from functools import cache
from typing import Any

from dishka import AsyncContainer, Provider
from litestar import Litestar

from entrypoints.web.app import make_app
from entrypoints.web.http_doors import Openness, openness
from entrypoints.web.provider import WebProvider
from entrypoints.wiring.container import make_wiring
from entrypoints.wiring.settings import Settings

_idle: dict[Openness, list[Litestar]] = defaultdict(list)


@cache
def _wiring(kinds: tuple[type[Provider], ...]) -> AsyncContainer:
    return make_wiring(WebProvider(), *(kind() for kind in kinds))


def container_of(
    settings: Settings, *kinds: type[Provider], context: dict[Any, Any] | None = None
) -> AsyncContainer:
    """Return a container of its own.

    Args:
        settings: as for `make_container`.
        kinds: providers that hold nothing of a test: that comes from the context.
        context: what they take `from_context`.
    """
    return _wiring(kinds)({Settings: settings, **(context or {})}, lock_factory=Lock)


def app_of(container: AsyncContainer, settings: Settings) -> Litestar:
    """Return what `create_app` would, for nobody else until it is given back."""
    idle = _idle[openness(settings)]
    app = idle.pop() if idle else make_app(openness(settings))
    app.state.dishka_container = container
    return app


def give_back(app: Litestar, settings: Settings) -> None:
    """Let the next one have an application whose life has ended."""
    del app.state.dishka_container
    _idle[openness(settings)].append(app)

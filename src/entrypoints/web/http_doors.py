"""Everything HTTP needs of the application, in one plugin."""

from typing import Any

from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin
from msgspec import Struct

from entrypoints.web.cors import cors
from entrypoints.web.documented import openapi
from entrypoints.web.replies import EXCEPTION_HANDLERS, JsonRequest
from entrypoints.web.routes.every import HTTP_ROUTES
from entrypoints.wiring.settings import Settings

LARGEST_BODY = 32 * 1024 * 1024
"""Room for a few pictures as data URLs. Litestar reads it of its own argument only."""


class Openness(Struct, frozen=True):
    """What the settings decide of the doors.

    Args:
        origins: of the pages that may call.
        documented: whether the OpenAPI document is shown. It is for those who build clients; in
            production nobody is told more than they ask for.
    """

    origins: tuple[str, ...]
    documented: bool


def openness(settings: Settings) -> Openness:
    """Return how open the doors are under these settings."""
    return Openness(settings.origins, documented=settings.env != "production")


class HttpDoors(InitPlugin):
    """Adds routes, errors, cross-origin rules and the OpenAPI document.

    `RequestLog` goes around the finished application: what no route takes must be logged too.
    """

    def __init__(self, openness: Openness) -> None:
        self._openness = openness

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Complete the configuration; see the class."""
        app_config.route_handlers.extend(HTTP_ROUTES)
        config: Any = app_config  # Litestar's own types leave the handlers' generics open.
        config.exception_handlers.update(EXCEPTION_HANDLERS)
        app_config.cors_config = cors(self._openness.origins)
        app_config.openapi_config = openapi() if self._openness.documented else None
        app_config.request_class = JsonRequest
        return app_config

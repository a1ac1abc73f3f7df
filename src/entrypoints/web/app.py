"""The web application: routes, error handling, and what lives as long as the process."""

import gc
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from dishka import AsyncContainer
from dishka.integrations.litestar import make_add_request_container_middleware
from litestar import Litestar

from application.background.going_on import GoingOn
from application.chat.recover import RecoverTurns
from application.chat.turns import Turns
from application.media.videos import Videos
from application.ports.tokens import Tokens
from entrypoints.web.allowed_methods import OptionsRequests
from entrypoints.web.chat_socket import chat_socket
from entrypoints.web.draining_server import DrainingServer
from entrypoints.web.head_requests import HeadRequests
from entrypoints.web.http_doors import LARGEST_BODY, HttpDoors, Openness, openness
from entrypoints.web.idle_sockets import IdleSockets
from entrypoints.web.provider import WebProvider
from entrypoints.web.request_log import RequestLog
from entrypoints.web.revoked_sockets import RevokedSockets
from entrypoints.web.unread_bodies import UnreadBodies
from entrypoints.web.voice_socket import voice_socket
from entrypoints.wiring.container import make_container
from entrypoints.wiring.settings import Settings

SWITCH_S = 0.0005


def create_app(container: AsyncContainer, settings: Settings) -> Litestar:
    """Return the application; the container must hold the `WebProvider` too."""
    app = make_app(openness(settings))
    app.state.dishka_container = container
    return app


def make_app(openness: Openness) -> Litestar:
    """Return the application without what it serves: the container in its state."""

    @asynccontextmanager
    async def life(app: Litestar) -> AsyncGenerator[None, None]:
        container: AsyncContainer = app.state.dishka_container
        await container.get(Tokens)  # Whose secret is read now, and not with the first request.
        await (await container.get(RecoverTurns))()
        turns, idle = await container.get(Turns), await container.get(IdleSockets)
        videos = await container.get(Videos)
        revoked = await container.get(RevokedSockets)
        going_on = await container.get(GoingOn)
        try:
            async with turns, going_on, videos, idle.watching(), revoked.watching():
                # What is there now stays for good; collecting garbage need not look at it again.
                gc.freeze()
                # A database's thread asks for the interpreter several times a statement; behind a
                # busy loop each would take the default five milliseconds, with all writers waiting.
                sys.setswitchinterval(SWITCH_S)
                yield
        finally:
            await container.close()

    app = Litestar(
        route_handlers=[chat_socket, voice_socket],
        lifespan=[life],
        plugins=[HttpDoors(openness)],
        logging_config=None,  # Litestar would put its own in the place of ours.
        request_max_body_size=LARGEST_BODY,
    )
    scoped = make_add_request_container_middleware(app.asgi_handler)
    methods_known = OptionsRequests(HeadRequests(scoped), app.routes)
    app.asgi_handler = RequestLog(UnreadBodies(methods_known))
    return app


def server(settings: Settings, options: Mapping[str, Any]) -> DrainingServer:
    """Return the server of the application, with uvicorn's options."""
    container = make_container(settings, WebProvider())

    async def drain() -> None:
        await (await container.get(Turns)).drain()

    config = uvicorn.Config(create_app(container, settings), **options)
    return DrainingServer(config, drain)

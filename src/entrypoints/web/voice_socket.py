"""The voice socket's door: texts are read aloud while they come."""

from typing import Any

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject_websocket
from litestar import WebSocket, websocket
from litestar.datastructures import Headers

from application.accounts.identify import Identify
from application.ports.clock import Clock
from application.ports.rate_limits import RateLimits
from application.speech.read_aloud import ReadAloud
from domain.errors import NotAuthenticated
from domain.storage_errors import StorageError
from entrypoints.web.chat_socket import LONGEST_PENALTY_S, REFUSALS_PER_MINUTE
from entrypoints.web.close_codes import INTERNAL, NOT_INIT, POLICY, UNAUTHORIZED
from entrypoints.web.identity import origin_allowed, token_from
from entrypoints.web.line import ClientGone, Line, NotJson
from entrypoints.web.revoked_sockets import RevokedSockets
from entrypoints.web.voice_session import VoiceSession
from entrypoints.web.wire.voice_socket import READY, complaint
from entrypoints.wiring.settings import Settings

log = structlog.get_logger("socket")


@websocket("/tts/ws")
@inject_websocket
async def voice_socket(
    socket: WebSocket[Any, Any, Any],
    read_aloud: FromDishka[ReadAloud],
    identify: FromDishka[Identify],
    limits: FromDishka[RateLimits],
    revoked: FromDishka[RevokedSockets],
    clock: FromDishka[Clock],
    settings: FromDishka[Settings],
) -> None:
    """Read one text to one client. Without a token there is no socket, only an HTTP 403."""
    headers = Headers(socket.scope["headers"])
    if not origin_allowed(headers.get("origin"), settings.origins):
        await socket.close(UNAUTHORIZED, "Origin not allowed")
        return
    try:
        bearer = await identify(token_from(headers, socket.query_params))
    except NotAuthenticated:
        address = socket.client.host if socket.client else "unknown"
        wait_s = await limits.spend("refused sockets", address, REFUSALS_PER_MINUTE, 60)
        await clock.sleep(min(wait_s, LONGEST_PENALTY_S))
        await socket.close(UNAUTHORIZED, "Unauthorized")
        return
    except StorageError as error:
        log.warning("nobody can tell whose socket this is", code=error.code)
        await socket.close(INTERNAL, "Internal error")
        return
    await socket.accept()
    line = Line(socket, clock)
    session = VoiceSession(line, bearer.user, read_aloud, clock, settings.socket_idle_timeout_s)
    try:
        with revoked.watched(line, bearer):
            await _open(line, session, settings)
    except ClientGone:
        log.debug("client left early", connection=line.connection)


async def _open(line: Line, session: VoiceSession, settings: Settings) -> None:
    await line.say(READY, with_connection=False)
    try:
        first = await line.first(settings.first_message_timeout_s)
    except TimeoutError:
        await line.close(POLICY, "Initial message required")
    except NotJson:
        await line.say(complaint("Invalid payload"), with_connection=False)
        await line.close(NOT_INIT, "Initial message required")
    else:
        await session.run(first)

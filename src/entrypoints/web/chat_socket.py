"""The chat socket's door: origin, token, mode, handshake."""

from contextlib import suppress
from typing import Any

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject_websocket
from litestar import WebSocket, websocket
from litestar.datastructures import Headers

from application.accounts.identify import Identify
from application.agent.approvals import Approvals
from application.chat.turns import Turns
from application.ports.clock import Clock
from application.ports.rate_limits import RateLimits
from domain.errors import NotAuthenticated
from domain.ids import UserId
from domain.storage_errors import StorageError
from entrypoints.web.asking import Asking
from entrypoints.web.chat_session import ChatSession
from entrypoints.web.close_codes import INTERNAL, NOT_JSON, POLICY, UNAUTHORIZED
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.errors import told
from entrypoints.web.identity import origin_allowed, token_from
from entrypoints.web.idle_sockets import IdleSockets
from entrypoints.web.line import ClientGone, Line, NotJson
from entrypoints.web.revoked_sockets import RevokedSockets
from entrypoints.web.shown_turns import ShownTurns
from entrypoints.web.wire.frames import Framer
from entrypoints.wiring.settings import Settings

log = structlog.get_logger("socket")

REFUSALS_PER_MINUTE = 20
LONGEST_PENALTY_S = 5.0
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


@websocket(["/chat/ws", "/api/chat/ws"])
@inject_websocket
async def chat_socket(
    socket: WebSocket[Any, Any, Any],
    asking: FromDishka[Asking],
    turns: FromDishka[Turns],
    framer: FromDishka[Framer],
    deliveries: FromDishka[Deliveries],
    approvals: FromDishka[Approvals],
    identify: FromDishka[Identify],
    limits: FromDishka[RateLimits],
    idle: FromDishka[IdleSockets],
    revoked: FromDishka[RevokedSockets],
    clock: FromDishka[Clock],
    settings: FromDishka[Settings],
) -> None:
    """Serve one client until it leaves."""
    if not origin_allowed(_headers(socket).get("origin"), settings.origins):
        # Before accepting, so that a foreign page never gets an open socket: an HTTP 403.
        await socket.close(UNAUTHORIZED, "Origin not allowed")
        return
    await socket.accept()
    line = Line(socket, clock)
    try:
        bearer = await identify(token_from(_headers(socket), socket.query_params))
    except NotAuthenticated:
        address = socket.client.host if socket.client else "unknown"
        # A browser takes every accepted socket for a success and comes back at once, for ever.
        wait_s = await limits.spend("refused sockets", address, REFUSALS_PER_MINUTE, 60)
        await clock.sleep(min(wait_s, LONGEST_PENALTY_S))
        await line.close(UNAUTHORIZED, "Unauthorized")
        return
    except StorageError as error:
        await _refuse(line, error)
        return
    user = bearer.user
    shown = ShownTurns(line, user, turns, framer, deliveries, clock)
    session = ChatSession(line, user, shown, asking, turns, approvals, clock, settings.recording_s)
    try:
        with revoked.watched(line, bearer):
            await _open(socket, session, user, idle, settings)
    except ClientGone:
        log.debug("client left early", connection=line.connection)


async def _refuse(line: Line, error: StorageError) -> None:
    """Say why nobody can tell whose socket this is."""
    with suppress(ClientGone):
        await line.say(told(error))
    await line.close(INTERNAL, "Internal error")


async def _open(
    socket: WebSocket[Any, Any, Any],
    session: ChatSession,
    user: UserId,
    idle: IdleSockets,
    settings: Settings,
) -> None:
    line = session.line
    if (mode := _other_mode(socket)) is not None:
        await _decline(socket, line, user, mode)
        return
    ready = {"type": "websocket_ready", "content": "Backend ready"}
    with suppress(ClientGone):  # Whoever has gone again may have asked all the same.
        await line.say(ready | {"version": "2.0"}, with_connection=False)
    try:
        first = await line.first(settings.first_message_timeout_s)
    except TimeoutError:
        await line.close(POLICY, "Initial message required")
        return
    except NotJson:
        await line.close(NOT_JSON, "Invalid initial payload")
        return
    with suppress(ClientGone):
        await line.say(ready)
    with idle.watched(session):
        await session.run(first)


def _headers(socket: WebSocket[Any, Any, Any]) -> Headers:
    """Return the headers without keeping them: `socket.headers` costs an idle socket 2 KiB."""
    return Headers(socket.scope["headers"])


def _other_mode(socket: WebSocket[Any, Any, Any]) -> str | None:
    """Return `proactive` or `realtime` when the client asks for it, else None."""

    def asked(header: str, *names: str) -> str:
        values = [socket.query_params.get(name) for name in names]
        value = next((v for v in (*values, _headers(socket).get(header)) if v), "")
        return str(value).strip().lower()

    mode = asked("x-chat-mode", "mode", "chat_mode", "ws_mode").replace("-", "")
    if mode in ("proactive", "realtime"):
        return mode
    switch = asked("x-enable-realtime", "realtime", "enable_realtime", "realtime_mode")
    return "realtime" if switch in TRUE_WORDS else None


async def _decline(socket: WebSocket[Any, Any, Any], line: Line, user: UserId, mode: str) -> None:
    """Say which feature is missing; a proactive socket is checked as if it were there."""
    query = socket.query_params
    if mode == "proactive":
        if not (query.get("user_id") and query.get("session_id")):
            await line.close(POLICY, "Proactive mode requires user_id and session_id")
            return
        if query["user_id"] != str(user):
            await line.close(UNAUTHORIZED, "Unauthorized")
            return
    feature = "Proactive mode" if mode == "proactive" else "Live voice (mode=realtime)"
    content = f"{feature} is not available on this server."
    await line.say({"type": "error", "content": content, "stage": "routing"})
    await line.close(POLICY, content)

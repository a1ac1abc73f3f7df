"""Every HTTP endpoint, in one listing."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from entrypoints.web.chat_http import chat, chat_stream
from entrypoints.web.routes.accounts import log_in
from entrypoints.web.routes.models import (
    list_models,
    openai_model,
    openai_models,
    openai_models_of,
    openai_realtime_models,
    openai_transcription_models,
)
from entrypoints.web.routes.session_names import name_session
from entrypoints.web.routes.sessions import list_sessions, session_detail
from entrypoints.web.routes.system import health, livez, readyz
from entrypoints.web.routes.usage import show_usage
from entrypoints.web.turns_http import cancel_turn, running_turns, turn_events

HTTP_ROUTES: Sequence[ControllerRouterHandler] = [
    health,
    livez,
    readyz,
    log_in,
    chat,
    chat_stream,
    name_session,
    list_sessions,
    session_detail,
    running_turns,
    turn_events,
    cancel_turn,
    show_usage,
    list_models,
    openai_models,
    openai_realtime_models,
    openai_transcription_models,
    openai_models_of,
    openai_model,
]

"""Every HTTP endpoint, in one listing."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from entrypoints.web.chat_http import chat, chat_stream
from entrypoints.web.routes.accounts import (
    change_password,
    delete_account,
    log_in,
    log_out_everywhere,
)
from entrypoints.web.routes.agents import agents_status
from entrypoints.web.routes.approvals import approve_tool
from entrypoints.web.routes.batches import (
    batch_health,
    batch_results,
    cancel_batch,
    list_batches,
    show_batch,
    submit_batch,
)
from entrypoints.web.routes.files import (
    delete_file,
    describe_file,
    list_files,
    open_file,
    show_file,
    upload_file,
)
from entrypoints.web.routes.images import generate_image
from entrypoints.web.routes.legacy import legacy_generate, legacy_history, legacy_upload
from entrypoints.web.routes.legacy_speech import legacy_transcript
from entrypoints.web.routes.logs import upload_log
from entrypoints.web.routes.maintenance import favourites, messages_with_files
from entrypoints.web.routes.messages import (
    change_message,
    edit_messages,
    remove_messages,
    store_messages,
)
from entrypoints.web.routes.models import (
    list_models,
    openai_model,
    openai_models,
    openai_models_of,
    openai_realtime_models,
    openai_transcription_models,
)
from entrypoints.web.routes.prompts import (
    change_prompt,
    list_prompts,
    remove_prompt,
    save_prompt,
)
from entrypoints.web.routes.search import search_messages
from entrypoints.web.routes.session_changes import change_session, create_task, remove_session
from entrypoints.web.routes.session_names import name_session
from entrypoints.web.routes.sessions import list_sessions, search_sessions, session_detail
from entrypoints.web.routes.speech import generate_speech, stream_speech
from entrypoints.web.routes.system import health, livez, readyz
from entrypoints.web.routes.transcriptions import transcribe
from entrypoints.web.routes.transfer import export_account, import_account
from entrypoints.web.routes.usage import show_usage
from entrypoints.web.routes.versions import regenerate, show_version
from entrypoints.web.routes.videos import (
    cancel_video,
    extend_video,
    follow_video,
    generate_video,
    list_videos,
    show_video,
    start_video,
)
from entrypoints.web.turns_http import cancel_turn, running_turns, turn_events

HTTP_ROUTES: Sequence[ControllerRouterHandler] = [
    health,
    livez,
    readyz,
    log_in,
    change_password,
    log_out_everywhere,
    delete_account,
    export_account,
    import_account,
    chat,
    chat_stream,
    name_session,
    generate_image,
    generate_video,
    extend_video,
    start_video,
    list_videos,
    show_video,
    follow_video,
    cancel_video,
    list_sessions,
    session_detail,
    search_sessions,
    search_messages,
    change_session,
    remove_session,
    create_task,
    store_messages,
    edit_messages,
    change_message,
    remove_messages,
    regenerate,
    show_version,
    list_prompts,
    save_prompt,
    change_prompt,
    remove_prompt,
    favourites,
    messages_with_files,
    agents_status,
    legacy_history,
    legacy_generate,
    legacy_upload,
    legacy_transcript,
    upload_file,
    upload_log,
    open_file,
    describe_file,
    list_files,
    show_file,
    delete_file,
    running_turns,
    turn_events,
    cancel_turn,
    approve_tool,
    show_usage,
    submit_batch,
    list_batches,
    batch_health,
    show_batch,
    batch_results,
    cancel_batch,
    list_models,
    openai_models,
    openai_realtime_models,
    openai_transcription_models,
    openai_models_of,
    openai_model,
    transcribe,
    generate_speech,
    stream_speech,
]

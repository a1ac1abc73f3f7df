"""The endpoints of the old mobile client, which answer in an envelope of their own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, post
from msgspec import Struct

from application.files.links import FileLinks
from application.files.upload_file import UploadFile
from application.history.list_conversations import ListConversations
from application.history.search_conversations import SearchConversations
from application.history.show_conversation import ShowConversation
from application.history.shown import Shown
from application.history.write_messages import StoreMessages
from application.media.draw_pictures import DrawPictures
from application.ports.clock import Clock
from application.speech.show_allowance import ShowAllowance
from application.speech.speak_text import SpeakText
from application.speech.speak_to_file import SpeakToFile
from domain.conversation.conversation import ConversationDraft, ConversationFilter
from domain.errors import InvalidRequest
from domain.ids import ConversationId, UserId
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.presence import while_there
from entrypoints.web.routes.legacy_replies import FAILURES, Reply, reply
from entrypoints.web.routes.legacy_speech import spoken
from entrypoints.web.routes.speech import Voices
from entrypoints.web.uploads import receive
from entrypoints.web.wire.drafts import message_draft
from entrypoints.web.wire.image_settings import image_wish
from entrypoints.web.wire.legacy import (
    LegacyMade,
    LegacyWritten,
    Outcome,
    completed,
    deep_snake_keys,
    legacy_session,
    with_files,
)
from entrypoints.web.wire.media_requests import settings_of
from entrypoints.web.wire.message_requests import filled
from entrypoints.web.wire.moments import read_moment
from entrypoints.web.wire.names import Json, section, snake_keys

_MOST = 1000
"""Conversations at once: the old client asks for a hundred."""


class Cases(Struct, frozen=True):
    """The use cases behind the actions."""

    search: SearchConversations
    list: ListConversations
    show: ShowConversation
    store: StoreMessages
    links: FileLinks


@post(
    "/api/db",
    status_code=200,
    guards=[signed_in],
    exception_handlers=FAILURES,
    include_in_schema=False,
)
@inject
async def legacy_history(
    request: SignedIn,
    search: FromDishka[SearchConversations],
    listing: FromDishka[ListConversations],
    show: FromDishka[ShowConversation],
    store: FromDishka[StoreMessages],
    links: FromDishka[FileLinks],
) -> Reply:
    """Do one of the old client's actions on the history."""
    body = cast("Json", deep_snake_keys(_object(await request.json())))
    check_customer(body.get("customer_id"), request.user)
    action = body.get("action")
    act = _ACTIONS.get(action) if isinstance(action, str) else None
    if act is None:
        raise InvalidRequest(f"Unknown action; known: {', '.join(_ACTIONS)}", "action")
    cases = Cases(search, listing, show, store, links)
    return reply(completed(await act(cases, request.user, section(body, "user_input"))))


@post(
    "/api/aws",
    status_code=200,
    guards=[signed_in],
    request_max_body_size=None,  # The form counts for itself, as it comes.
    exception_handlers=FAILURES,
    include_in_schema=False,
)
@inject
async def legacy_upload(
    request: SignedIn, upload: FromDishka[UploadFile], links: FromDishka[FileLinks]
) -> Reply:
    """Store a file, as the newer upload does; the result is its link."""
    found = await receive(request, upload)
    return reply(completed(links.link(found.file.key)))


@post(
    "/generate",
    status_code=200,
    guards=[signed_in],
    exception_handlers=FAILURES,
    include_in_schema=False,
)
@inject
async def legacy_generate(
    request: SignedIn,
    draw: FromDishka[DrawPictures],
    links: FromDishka[FileLinks],
    speech: FromDishka[SpeakToFile],
    speak: FromDishka[SpeakText],
    show: FromDishka[ShowAllowance],
    clock: FromDishka[Clock],
) -> Response[Any]:
    """Draw a picture or speak a text, as the newer endpoints do; the result is its link."""
    body = snake_keys(_object(await request.json()))
    check_customer(body.get("customer_id"), request.user)
    match body.get("category"):
        case "image":
            return Response(await _picture(request, body, draw, links))
        case "tts":
            return await spoken(request.user, body, Voices(speech, speak, show, clock))
        case _:
            raise InvalidRequest("Only the categories image and tts are made here", "category")


async def _picture(
    request: SignedIn, body: Json, draw: DrawPictures, links: FileLinks
) -> LegacyMade:
    prompt = _text(section(body, "user_input"), "text") or ""
    if not prompt.strip():
        raise InvalidRequest("Prompt cannot be empty", "user_input")
    settings = settings_of(section(body, "user_settings"), "image")
    wish = image_wish(prompt, settings, _addresses(body.get("asset_input")))
    kept = await while_there(request.receive, draw(request.user, wish))
    url = links.kept(kept.addresses[0])
    return LegacyMade(url, Outcome("completed", url))


async def _search(cases: Cases, user: UserId, said: Json) -> object:
    found = await cases.search(user, _text(said, "search_text") or "", 30)
    return [legacy_session(Shown(conversation), cases.links) for conversation in found]


async def _list(cases: Cases, user: UserId, said: Json) -> object:
    wanted = ConversationFilter(
        start=read_moment(_text(said, "start_date"), "start_date"),
        end=read_moment(_text(said, "end_date"), "end_date"),
        tags=_tags(said),
        offset=_count(said, "offset", 0),
        limit=_count(said, "limit", 100) or _MOST,
    )
    listed = await cases.list(user, wanted, with_messages=True)
    return [legacy_session(one, cases.links) for one in listed.page]


async def _show(cases: Cases, user: UserId, said: Json) -> object:
    named = _text(said, "session_id")
    character = _text(said, "ai_character") or _text(said, "ai_character_name")
    found = await cases.show(user, ConversationId(named) if named else None, character=character)
    return legacy_session(found, cases.links)


async def _store(cases: Cases, user: UserId, said: Json) -> object:
    said = with_files(with_files(said, "user_message"), "ai_response")
    tts = said.get("auto_trigger_tts")
    draft = ConversationDraft(
        id=ConversationId(_text(said, "session_id") or "") or None,
        character=_text(said, "new_ai_character_name"),
        model=_text(said, "ai_text_gen_model"),
        auto_trigger_tts=tts if isinstance(tts, bool) else None,
    )
    question, answer = (message_draft(said, name) for name in ("user_message", "ai_response"))
    written = await cases.store(user, draft, question, answer)
    return LegacyWritten(written.conversation, written.question or 0, written.answer or 0)


_ACTIONS: Mapping[str, Callable[[Cases, UserId, Json], Awaitable[object]]] = {
    "db_search_messages": _search,
    "db_all_sessions_for_user": _list,
    "db_get_user_session": _show,
    "db_new_message": _store,
}


def _object(body: object) -> Json:
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object")
    return cast("Json", body)


def _addresses(given: object) -> tuple[str, ...]:
    """Return the pictures to begin with, which are given as one address or as a list of them."""
    listed = cast("list[object]", given) if isinstance(given, list) else [given]
    return tuple(one for one in listed if isinstance(one, str) and one)[:1]


def _text(said: Json, name: str) -> str | None:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest(f"{name} must be text", name)
    return filled(value)


def _tags(said: Json) -> tuple[str, ...]:
    value = said.get("tags")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidRequest("tags must be a list of texts", "tags")
    return tuple(str(tag) for tag in cast("list[object]", value) if tag)


def _count(said: Json, name: str, default: int) -> int:
    value = said.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise InvalidRequest(f"{name} must be a whole number, 0 or more", name)
    return value

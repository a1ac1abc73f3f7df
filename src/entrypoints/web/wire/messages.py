"""What a client says on the chat socket → `Ask`."""

import hashlib
from collections.abc import Mapping
from typing import cast

import msgspec

from domain.conversation.conversation import ConversationDraft
from domain.errors import AccessDenied, FeatureUnavailable, InvalidRequest
from domain.ids import ConversationId, MessageId, UserId
from domain.research import conversation_name
from domain.turn.ask import AUDIO, AUDIO_DIRECT, TTS, Ask, Record, brings_results
from domain.turn.prompt import Part, joined_text
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.web.wire.dictation import dictation_wish, wants_direct
from entrypoints.web.wire.drafts import FORK_NAME, copied_messages, message_draft
from entrypoints.web.wire.message_requests import LARGEST_ID
from entrypoints.web.wire.names import Json, section, snake_keys
from entrypoints.web.wire.preferences import heard_directly, turn_settings, voice_wish
from entrypoints.web.wire.prompts import history, image_mode, prompt_parts

_LATER: Mapping[str, str] = {
    "realtime": "Live voice (request_type realtime)",
    "real_time": "Live voice (request_type realtime)",
    "text_realtime": "Live voice (request_type realtime)",
}
_KEY_LENGTH = 200


def ask_from(message: ClientMessage, user: UserId) -> Ask:
    """Return the question a request message asks.

    Raises:
        AccessDenied: it names another customer.
        FeatureUnavailable: it asks for something this server does not do.
        InvalidRequest: something in it has a wrong shape, or there is no prompt.
    """
    found = message.found
    check_owner(user, found)
    kind = message.kind
    if kind in _LATER:
        raise FeatureUnavailable(_LATER[kind])
    if found.get("group_id"):
        raise FeatureUnavailable("Group chat (group_id)")
    said = section(found, "user_input") if found.get("user_input") is not None else None
    check_owner(user, said or {})
    settings = settings_of(message)
    earlier = history((said or {}).get("chat_history", found.get("chat_history")))
    inner = said or {}
    if kind == AUDIO and wants_direct(settings):
        kind = AUDIO_DIRECT
    is_spoken = kind in (AUDIO, AUDIO_DIRECT)
    parts, mode = _prompt(found, inner, required=not (is_spoken or brings_results(earlier)))
    edits = bool(inner.get("is_edited_message") or found.get("is_edited_message"))
    record = None
    if said is not None or message.text("session_id"):
        record = _record({"session_id": found.get("session_id")} | inner, settings, edits=edits)
    model = _text(inner, "ai_text_gen_model", "model") or _text(found, "model")
    turns = turn_settings(settings, model, mode)
    if kind == TTS:
        # Whoever asks for nothing else wants to hear it, whatever is set for answers.
        wish = voice_wish(section(settings, "tts") | {"streaming": True})
        turns = msgspec.structs.replace(turns, speech_wanted=True, voice=wish)
    if kind == AUDIO_DIRECT:
        turns = heard_directly(turns, section(settings, "text"))
    if kind in (AUDIO_DIRECT, TTS):
        turns = msgspec.structs.replace(turns, research=None)  # There are no words to search for.
    if record is not None and turns.research is not None:
        record = _named(record, joined_text(parts))
    return Ask(
        user=user,
        question=parts,
        history=earlier,
        settings=turns,
        kind=kind if kind in (AUDIO, AUDIO_DIRECT, TTS) else "text",
        key=key_of(found, inner, edits=edits),
        record=None if kind == TTS else record,
        dictation=dictation_wish(settings, inner) if is_spoken else None,
        voiced=_voiced(inner) if kind == TTS else None,
        wants_voiced=kind == TTS and said is not None,
    )


def settings_of(message: ClientMessage) -> Json:
    """Return the user's settings that come with a request.

    Raises:
        InvalidRequest: they are no object.
    """
    key = "user_settings" if message.found.get("user_settings") is not None else "settings"
    return section(message.found, key)


def is_spoken(message: ClientMessage) -> bool:
    """Return whether the question of a request is yet to be spoken."""
    return message.kind in (AUDIO, AUDIO_DIRECT)


def _voiced(said: Json) -> MessageId | None:
    number = said.get("message_id")
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= LARGEST_ID:
        return None
    return MessageId(number)


def check_owner(user: UserId, *places: Json) -> None:
    """Refuse a message that names another customer in one of these places.

    Raises:
        AccessDenied: it does.
    """
    for place in places:
        claimed = place.get("customer_id")
        if claimed is None:
            continue
        try:
            matches = not isinstance(claimed, bool) and float(claimed) == user
        except (TypeError, ValueError, OverflowError):
            matches = False
        if not matches:
            raise AccessDenied


def _prompt(found: Json, said: Json, *, required: bool) -> tuple[tuple[Part, ...], str | None]:
    """Look for the prompt in every place the contract allows, in its order.

    Returns:
        Its parts, and what it says of a picture of the answer.
    """
    user_message = said.get("user_message")
    message = found.get("message")
    for value in (
        found.get("prompt"),
        said.get("prompt"),
        said.get("text"),
        cast("Json", user_message).get("message") if isinstance(user_message, dict) else None,
        cast("Json", message).get("message") if isinstance(message, dict) else message,
    ):
        if parts := prompt_parts(value):
            return parts, image_mode(value)
    if required:
        raise InvalidRequest("Prompt required", "prompt")
    return (), None


def key_of(found: Json, said: Json, *, edits: bool) -> str | None:
    """Return the client's own id of a question.

    Raises:
        InvalidRequest: it is too long.
    """
    user_message = said.get("user_message")
    places = (cast("Json", user_message) if isinstance(user_message, dict) else {}, said, found)
    for place in map(snake_keys, places):
        key = place.get("local_id")
        if isinstance(key, str) and key:
            if len(key) > _KEY_LENGTH:
                raise InvalidRequest(f"local_id is longer than {_KEY_LENGTH}", "local_id")
            # An edited message keeps its local_id, so an edit is told from another by all it says.
            return f"{key}:edit:{_digest(found)}" if edits else key
    return None


def _digest(found: Json) -> str:
    return hashlib.sha256(msgspec.json.encode(found, order="sorted")).hexdigest()


def _record(said: Json, settings: Json, *, edits: bool) -> Record:
    general, text = section(settings, "general"), section(settings, "text")
    tts = said.get("auto_trigger_tts")
    question = message_draft(said, "user_message")
    if name := _text(said, "audio_file_name"):
        places = (name, *(question.file_locations or ()))
        question = msgspec.structs.replace(question, file_locations=places)
    answer = message_draft(said, "ai_response")
    if answer.api_text_gen_settings is None:
        answer = msgspec.structs.replace(answer, api_text_gen_settings=text)
    copied = copied_messages(said)
    return Record(
        conversation=ConversationDraft(
            id=None if copied else _conversation_id(said),
            name=_text(said, "session_name") or (FORK_NAME if copied else None),
            character=_text(said, "new_ai_character_name", "ai_character_name")
            or _text(text, "ai_character"),
            model=_text(said, "ai_text_gen_model") or _text(text, "model"),
            auto_trigger_tts=bool(tts) if tts is not None else _flag(general, "tts_auto_execute"),
            claude_session_id=_text(said, "claude_session_id"),
            tags=_tags(said),
            touch=said.get("update_last_mod_time") is not False,
        ),
        question=question,
        answer=answer,
        edits=edits and not copied,
        copied=copied,
    )


def _named(record: Record, question: str) -> Record:
    """Return the record of research, by which a new conversation gets its name."""
    if not question:
        return record  # It is yet to be spoken.
    draft = msgspec.structs.replace(record.conversation, new_name=conversation_name(question))
    return msgspec.structs.replace(record, conversation=draft)


def _conversation_id(said: Json) -> ConversationId | None:
    value = said.get("session_id")
    if value is not None and not isinstance(value, str):
        raise InvalidRequest("session_id must be text", "session_id")
    return ConversationId(value.strip()) if value and value.strip() else None


def _tags(said: Json) -> tuple[str, ...] | None:
    value = said.get("tags")
    if value is None:
        return None
    if not isinstance(value, list):
        raise InvalidRequest("tags must be a list of texts", "tags")
    return tuple(str(tag) for tag in cast("list[object]", value) if tag)


def _flag(found: Json, name: str) -> bool | None:
    value = found.get(name)
    return None if value is None else bool(value)


def _text(found: Json, *names: str) -> str | None:
    for name in names:
        if isinstance(value := found.get(name), str) and value.strip():
            return value.strip()
    return None

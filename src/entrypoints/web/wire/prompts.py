"""Prompt items and history messages of the contract → domain."""

from collections.abc import Callable, Mapping
from typing import cast

import msgspec
import structlog

from application.chat.attachments import note_of
from domain.errors import InvalidRequest
from domain.files.keys import kept_address, key_in
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    Role,
    TextPart,
)
from entrypoints.web.wire.names import Json, snake_keys

log = structlog.get_logger("prompts")

_URL_SCHEMES = ("https://", "http://", "data:")
DEFAULT_MODE = "default"
_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def prompt_parts(value: object) -> tuple[Part, ...]:
    """Return the parts of a prompt: a string, or a list of the contract's items.

    Blank texts and control items (`image_mode`) leave nothing behind; null is an empty prompt.

    Raises:
        InvalidRequest: the prompt, or an item of it, has a wrong shape.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return (TextPart(value.strip()),) if value.strip() else ()
    if not isinstance(value, list):
        raise InvalidRequest("prompt must be text or a list of items", "prompt")
    parts = (_part(item) for item in cast("list[object]", value))
    return tuple(part for part in parts if part is not None)


def image_mode(value: object) -> str | None:
    """Return what a prompt's control item says of a picture of the answer; None: there is none."""
    if not isinstance(value, list):
        return None
    for item in cast("list[object]", value):
        found = snake_keys(cast("Json", item)) if isinstance(item, dict) else {}
        if found.get("type") == "image_mode":
            return _word(found, "image_mode") or DEFAULT_MODE
    return None


def history(value: object) -> tuple[Message, ...]:
    """Return the messages of a chat history; entries that are no objects are passed over.

    Raises:
        InvalidRequest: it is no list, or a message has an unknown role or a wrong shape.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidRequest("chat_history must be a list of messages", "chat_history")
    return tuple(
        _message(snake_keys(cast("Json", item)))
        for item in cast("list[object]", value)
        if isinstance(item, dict)
    )


def _part(item: object) -> Part | None:
    if isinstance(item, str):
        return TextPart(item) if item.strip() else None
    if not isinstance(item, dict):
        raise InvalidRequest("each prompt item must be an object with a type", "prompt")
    found = snake_keys(cast("Json", item))
    kind = found.get("type")
    read = _ITEMS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise InvalidRequest(
            f"unknown prompt item type {str(kind)[:40]!r}; known: {', '.join(_ITEMS)}", "prompt"
        )
    return read(found)


def _text(item: Json) -> Part | None:
    text = item.get("text")
    if not isinstance(text, str):
        raise InvalidRequest("a text item needs its text", "prompt")
    return TextPart(text) if text.strip() else None


def _url(item: Json, key: str) -> tuple[str, Json]:
    """Return the URL under a key that holds a string or an object with `url`, and that object.

    Raises:
        InvalidRequest: it is an address that nothing is ever fetched from.
    """
    address, details = _address(item, key)
    if not _is_fetched(address):
        raise InvalidRequest(f"{key} needs an http(s) or data URL", "prompt")
    return address, details


def _address(item: Json, key: str) -> tuple[str, Json]:
    """Return what is given for a URL, or nothing where it is no text, and the object it is in.

    A link to a file of ours becomes its address: the same file is the same question, whenever its
    link was made.
    """
    value = item.get(key)
    details = snake_keys(cast("Json", value)) if isinstance(value, dict) else {"url": value}
    url = details.get("url")
    return kept_address(url) if isinstance(url, str) else "", details


def _is_fetched(address: str) -> bool:
    return address.lower().startswith(_URL_SCHEMES) or key_in(address) is not None


def _word(details: Json, *names: str) -> str | None:
    for name in names:
        if isinstance(value := details.get(name), str) and value:
            return value
    return None


def _image(item: Json) -> Part:
    url, details = _url(item, "image_url")
    return ImagePart(url, _word(details, "detail"))


def _file(item: Json) -> Part:
    url, details = _url(item, "file_url")
    return FilePart(url, _word(details, "filename", "name"), _word(details, "mime_type"))


def _audio(item: Json) -> Part:
    url, details = _url(item, "audio_url")
    return AudioPart(url, _word(details, "mime_type"))


def _recording(item: Json) -> Part:
    value = item.get("input_audio")
    details = snake_keys(cast("Json", value)) if isinstance(value, dict) else {}
    data, kind = _word(details, "data"), _word(details, "mime_type", "format") or "audio/wav"
    if data is None:
        raise InvalidRequest("input_audio needs base64 data", "prompt")
    kind = kind if "/" in kind else f"audio/{kind}"
    return AudioPart(f"data:{kind};base64,{data}", kind)


def _carried(item: Json) -> Part:
    """Return the picture of an item in Anthropic's shape, which histories hold."""
    value = item.get("source")
    source = snake_keys(cast("Json", value)) if isinstance(value, dict) else {}
    data, address = _word(source, "data"), _word(source, "url")
    if data is not None:
        return ImagePart(f"data:{_word(source, 'media_type') or 'image/png'};base64,{data}")
    if address is None:
        raise InvalidRequest("an image item needs a source with base64 data or a url", "prompt")
    return ImagePart(_url({"source": source}, "source")[0])


def _control(_: Json) -> None:
    """Settings among the items; models never see them."""


_ITEMS: Mapping[str, Callable[[Json], Part | None]] = {
    "text": _text,
    "image_url": _image,
    "file_url": _file,
    "audio_url": _audio,
    "input_audio": _recording,
    "image": _carried,
    "image_mode": _control,
}


_BY_ADDRESS: Mapping[str, type[ImagePart | FilePart | AudioPart]] = {
    "image_url": ImagePart,
    "file_url": FilePart,
    "audio_url": AudioPart,
}


def _message(found: Json) -> Message:
    role = _ROLES.get(str(found.get("role")))
    if role is None:
        raise InvalidRequest(
            f"unknown role {str(found.get('role'))[:40]!r} in chat_history", "chat_history"
        )
    content = found.get("content")
    answers = found.get("tool_call_id")
    return Message(
        role=role,
        parts=_content(content),
        calls=_calls(found.get("tool_calls")),
        answers_call=answers if isinstance(answers, str) else None,
    )


def _content(content: object) -> tuple[Part, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (TextPart(content),) if content.strip() else ()
    if not isinstance(content, list):
        raise InvalidRequest(
            "content in chat_history must be text or a list of items", "chat_history"
        )
    parts = (_earlier_part(item) for item in cast("list[object]", content))
    return tuple(part for part in parts if part is not None)


def _earlier_part(item: object) -> Part | None:
    """Return a part of an earlier message.

    It was answered long ago, so an address that is of no use is no reason to refuse the question.
    """
    if isinstance(item, dict):
        found = snake_keys(cast("Json", item))
        for kind, part in _BY_ADDRESS.items():
            if found.get("type") == kind and not _is_fetched(_address(found, kind)[0]):
                return note_of(part(""), "its address cannot be used")
        if found.get("type") not in _ITEMS:
            log.info("item of the history left out", kind=str(found.get("type"))[:40])
            return TextPart("[something of an unknown kind not included]")
    return _part(cast("object", item))


def _calls(value: object) -> tuple[CallMade, ...]:
    if not value:
        return ()
    try:
        calls = msgspec.convert(value, list[_Call], strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"tool_calls: {error}", "chat_history") from error
    return tuple(CallMade(call.id, call.function.name, call.function.arguments) for call in calls)


class _Function(msgspec.Struct):
    name: str
    arguments: str = "{}"


class _Call(msgspec.Struct):
    id: str
    function: _Function

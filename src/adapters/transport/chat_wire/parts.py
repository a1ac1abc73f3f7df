"""Answers whose `content` is a list of parts, as Mistral writes it, in the shape of all others."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec

from adapters.transport.chat_wire.chunks import Chunk

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def decode_in_parts(payload: bytes) -> Chunk:
    """Return a payload with each list of parts joined: text as `content`, thinking as reasoning.

    Parts of other kinds (references, pictures) are passed over. Twice the work of `decode_chunk`,
    so it is for what that refuses.

    Raises:
        msgspec.DecodeError: this is no chunk either. So are the others of `NOT_JSON`.
    """
    payload_fields = _decode(payload)
    for choice in _objects(payload_fields.get("choices")):
        for said in _objects([choice.get("delta"), choice.get("message")]):
            if isinstance(said.get("content"), list):
                _join(said)
    return msgspec.convert(payload_fields, Chunk)


def _join(said: dict[str, Any]) -> None:
    parts = [*_objects(said["content"])]
    said["content"] = _text(parts)
    thoughts = (part.get("thinking") for part in parts if part.get("type") == "thinking")
    if thinking := "".join(map(_thought, thoughts)):
        said["reasoning_content"] = thinking


def _thought(thinking: object) -> str:
    return thinking if isinstance(thinking, str) else _text(_objects(thinking))


def _text(parts: Iterable[dict[str, Any]]) -> str:
    texts = (part.get("text") for part in parts if part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def _objects(found: object) -> Iterator[dict[str, Any]]:
    """Yield the objects in a list; nothing where it is none."""
    for each in cast("list[object]", found) if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield cast("dict[str, Any]", each)

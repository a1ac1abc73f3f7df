"""A conversation of ChatGPT's export → records.

As seen in exports until 2026: `conversations.json` is a list of conversations, each with a
`mapping` from ids to nodes that name their parent. `docs/archive.md` says what is taken.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from msgspec import Struct

from adapters.exports.foreign import conversation, file_note, joined, moment, named
from adapters.exports.trees import Node, messages
from domain.transfer.fit import EARLIEST
from domain.transfer.records import ArchivedMessage, Record

_SENDERS = {"user": "User", "assistant": "AI", "tool": "AI"}
_SHOWN = ("text", "multimodal_text", "code")
_EVERYBODY = ("all", None)
"""Messages to anybody else are calls of tools."""
_SOURCE = re.compile("\ue200(?:cite|filecite|navlist)\ue202[^\ue200\ue201]*\ue201")
"""A mark in private letters, in whose place ChatGPT shows links."""


class _Author(Struct, frozen=True):
    role: str = ""


class _Content(Struct, frozen=True):
    """Its fields are looked at one by one: what is odd in one message spoils no others."""

    content_type: Any = None
    parts: Any = None
    text: Any = None
    language: Any = None
    thoughts: Any = None


class _Metadata(Struct, frozen=True):
    is_visually_hidden_from_conversation: Any = None
    attachments: Any = None
    content_references: Any = None
    model_slug: Any = None


class _Message(Struct, frozen=True):
    author: _Author = _Author()
    create_time: float | None = None
    content: _Content | None = None
    metadata: _Metadata | None = None
    recipient: str | None = None


class _Node(Struct, frozen=True):
    message: _Message | None = None
    parent: str | None = None


class ChatGptConversation(Struct, frozen=True):
    """What is taken of one."""

    mapping: dict[str, _Node]
    title: str | None = None
    create_time: float | None = None
    update_time: float | None = None
    current_node: str | None = None
    conversation_id: str | None = None
    id: str | None = None
    default_model_slug: str | None = None


def records(talk: ChatGptConversation) -> Iterator[Record]:
    """Yield the conversation and its messages; nothing where nothing was said.

    Raises:
        ArchiveRefused: its tree is none, or a time is out of range.
    """
    nodes = {key: _node(node) for key, node in talk.mapping.items()}
    said = messages(nodes, talk.current_node)
    if not said:
        return
    yield conversation(
        named("chatgpt", talk.conversation_id or talk.id, talk.title),
        title=talk.title,
        model=talk.default_model_slug,
        created=moment(talk.create_time),
        updated=moment(talk.update_time),
        said=said,
    )
    yield from said


def _node(node: _Node) -> Node:
    message = node.message
    if message is None or message.content is None:
        return Node(parent=node.parent)
    at = moment(message.create_time)
    if message.content.content_type == "thoughts":
        return Node(parent=node.parent, thoughts=_thoughts(message.content), at=at)
    said = _said(message, message.content, message.metadata or _Metadata())
    return Node(parent=node.parent, said=said, at=at)


def _said(message: _Message, content: _Content, metadata: _Metadata) -> ArchivedMessage | None:
    sender = _SENDERS.get(message.author.role)
    hidden = metadata.is_visually_hidden_from_conversation
    shown = content.content_type in _SHOWN and message.recipient in _EVERYBODY
    if sender is None or hidden or not shown:
        return None
    parts = list(_parts(content, _links(metadata)))
    if message.author.role == "tool" and not any(part.reference for part in parts):
        return None
    parts += _attachments(metadata)
    text = joined(part.text for part in parts)
    if not text:
        return None
    model = metadata.model_slug
    files = [part.reference for part in parts if part.reference]
    return ArchivedMessage(
        number=1,
        sender=sender,
        message=text,
        api_text_gen_model_name=model if sender == "AI" and isinstance(model, str) else None,
        claude_code_data={"imported_files": files} if files else None,
        created_at=EARLIEST,
    )


class _Part(Struct, frozen=True):
    text: str
    reference: dict[str, str] | None = None


def _links(metadata: _Metadata) -> dict[str, str]:
    """Return what is shown in the place of marks."""
    found: dict[str, str] = {}
    for one in _listed(metadata.content_references):
        match one:
            case {"matched_text": str(mark), "alt": str(shown)}:
                found[mark] = shown
            case _:
                pass
    return found


def _parts(content: _Content, links: dict[str, str]) -> Iterator[_Part]:
    if content.content_type == "code":
        language = content.language
        word = language if isinstance(language, str) and language != "unknown" else ""
        if isinstance(content.text, str) and content.text:
            yield _Part(f"```{word}\n{content.text}\n```")
        return
    for part in _listed(content.parts):
        match part:
            case str(text):
                yield _Part(_SOURCE.sub(lambda mark: links.get(mark[0], ""), text))
            case {"content_type": "audio_transcription", "text": str(text)}:
                yield _Part(text)
            case {"asset_pointer": str(pointer), "content_type": str(kind)}:
                # Voice comes with its words beside it.
                note = "" if "audio" in kind else file_note("image", None)
                yield _Part(note, {"kind": kind, "reference": pointer})
            case _:
                pass


def _attachments(metadata: _Metadata) -> Iterator[_Part]:
    for one in _listed(metadata.attachments):
        match one:
            case {"name": str(name), "id": str(pointer)}:
                yield _Part(file_note("file", name), {"name": name, "reference": pointer})
            case _:
                pass


def _thoughts(content: _Content) -> str:
    found: list[str] = []
    for one in _listed(content.thoughts):
        match one:
            case {"content": str(text)} if text:
                found.append(text)
            case {"summary": str(text)}:
                found.append(text)
            case _:
                pass
    return joined(found)


def _listed(value: object) -> Iterable[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else ()

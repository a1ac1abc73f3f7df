"""A conversation of Claude's export → records.

As seen in exports until 2026: `conversations.json` is a list of conversations, each with its
`chat_messages` in order of writing. `docs/archive.md` says what is taken.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from adapters.exports.foreign import conversation, file_note, joined, moment, named
from adapters.exports.trees import Node, messages
from domain.transfer.fit import EARLIEST
from domain.transfer.records import ArchivedMessage, Record

_SENDERS = {"human": "User", "assistant": "AI"}


class _Block(Struct, frozen=True):
    type: str = ""
    text: str | None = None
    thinking: str | None = None


class _Attachment(Struct, frozen=True):
    file_name: str | None = None
    extracted_content: str | None = None


class _File(Struct, frozen=True):
    file_name: str | None = None
    file_uuid: str | None = None


class _Message(Struct, frozen=True):
    sender: str
    uuid: str | None = None
    text: str | None = None
    content: list[_Block] | None = None
    created_at: datetime | None = None
    attachments: list[_Attachment] | None = None
    files: list[_File] | None = None
    parent_message_uuid: str | None = None


class ClaudeConversation(Struct, frozen=True):
    """What is taken of one."""

    chat_messages: list[_Message]
    uuid: str | None = None
    name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    current_leaf_message_uuid: str | None = None


def records(talk: ClaudeConversation) -> Iterator[Record]:
    """Yield the conversation and its messages; nothing where nothing was said.

    Raises:
        ArchiveRefused: its messages follow one another in a circle, or a time is out of range.
    """
    said = messages(_nodes(talk), talk.current_leaf_message_uuid)
    if not said:
        return
    yield conversation(
        named("claude", talk.uuid, talk.name),
        title=talk.name,
        model=None,
        created=moment(talk.created_at),
        updated=moment(talk.updated_at),
        said=said,
    )
    yield from said


def _nodes(talk: ClaudeConversation) -> dict[str, Node]:
    """Return the messages by id; in exports that do not say so, each follows the one before."""
    tells = any(message.parent_message_uuid for message in talk.chat_messages)
    nodes: dict[str, Node] = {}
    before: str | None = None
    for place, message in enumerate(talk.chat_messages):
        key = message.uuid or f"#{place}"
        if key in nodes:
            key = f"{key}#{place}"
        parent = message.parent_message_uuid if tells else before
        nodes[key] = Node(parent=parent, said=_said(message), at=moment(message.created_at))
        before = key
    return nodes


def _said(message: _Message) -> ArchivedMessage | None:
    blocks = message.content or []
    text = joined(block.text for block in blocks if block.type == "text") or message.text
    attachments, files = message.attachments or (), message.files or ()
    pieces = [text, *map(_attached, attachments)]
    pieces += [file_note("file", file.file_name) for file in files]
    thoughts = joined(block.thinking for block in blocks if block.type == "thinking")
    said = joined(pieces)
    if not said and not thoughts:
        return None
    references = [
        {"name": file.file_name or "", "reference": file.file_uuid or ""} for file in files
    ]
    return ArchivedMessage(
        number=1,
        sender=_SENDERS.get(message.sender, "System"),
        message=said or None,
        ai_reasoning=thoughts or None,
        claude_code_data={"imported_files": references} if references else None,
        created_at=EARLIEST,
    )


def _attached(attachment: _Attachment) -> str:
    note = file_note("file", attachment.file_name)
    return f"{note}\n{attachment.extracted_content}" if attachment.extracted_content else note

"""Exports of ChatGPT and Claude become conversations of ours."""

import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import pytest

from adapters.exports.limits import Limits
from domain.conversation.conversation import Sender, StoredMessage
from domain.conversation.tree import branch, placed
from domain.ids import ConversationId, MessageId, UserId
from domain.transfer.errors import ArchiveRefused, ArchiveTooLarge
from domain.transfer.records import ArchivedConversation, ArchivedMessage, Record
from tests.archives import LIMITS, archive, reader, said, talk

NAME = "5e1c1f9a-6f5e-4d9a-9d3a-0a1b2c3d4e5f"
NOON = 1_735_689_600.25


def read(content: bytes, limits: Limits = LIMITS) -> list[Record]:
    return list(reader(limits).read(io.BytesIO(content)))


def refusal(content: bytes) -> str:
    with pytest.raises(ArchiveRefused) as caught:
        read(content)
    return str(caught.value)


def node(
    parent: str | None, role: str, *parts: Any, at: float | None = None, **more: Any
) -> dict[str, Any]:
    content = more.pop("content", {"content_type": "text", "parts": list(parts)})
    message = {"author": {"role": role}, "create_time": at, "content": content, **more}
    return {"parent": parent, "children": [], "message": message}


def chatgpt(mapping: dict[str, Any], current: str | None = None, **more: Any) -> dict[str, Any]:
    known = {"conversation_id": NAME, "title": "Tides", "create_time": NOON, "update_time": NOON}
    return {**known, "mapping": mapping, "current_node": current, **more}


def told(records: Sequence[Record]) -> list[tuple[Any, ...]]:
    return [
        (one.number, one.parent, one.version_of, one.replaced, one.sender, one.message)
        for one in records
        if isinstance(one, ArchivedMessage)
    ]


TREE = {
    "root": {"parent": None, "children": ["sys"], "message": None},
    "sys": node("root", "system", "You are helpful", metadata={}),
    "ctx": node("sys", "user", "hidden",
                metadata={"is_visually_hidden_from_conversation": True}),
    "q": node("ctx", "user", "When is high tide?", at=NOON),
    "a1": node("q", "assistant", "At noon.", at=NOON + 1, metadata={"model_slug": "gpt-4"}),
    "thinks": node("q", "assistant", at=NOON + 5, content={
        "content_type": "thoughts", "thoughts": [{"summary": "s", "content": "Moon …"}]}),
    "call": node("thinks", "assistant", recipient="web.search",
                 content={"content_type": "code", "text": "search('tide')"}),
    "result": node("call", "tool", "three pages"),
    "a2": node("result", "assistant", "At", " one.", at=NOON + 9, recipient="all",
               metadata={"model_slug": "gpt-5"}),
    "thanks": node("a2", "user", "Thanks", at=NOON + 20),
    "thanks2": node("a2", "user", "Thank you", at=NOON + 30),
    "bye": node("thanks2", "assistant", "Bye"),
}  # fmt: skip


def test_chatgpt_keeps_branches_as_versions() -> None:
    found = read(json.dumps([chatgpt(TREE, "bye")]).encode())
    head = found[0]
    assert isinstance(head, ArchivedConversation)
    assert (head.id, head.session_name, head.tags) == (NAME, "Tides", [])
    assert head.created_at == datetime(2025, 1, 1, 0, 0, 0, 250_000, UTC)
    assert told(found) == [
        (1, None, None, False, "User", "When is high tide?"),
        (2, 1, None, False, "AI", "At\n\n one."),
        (3, 1, 2, True, "AI", "At noon."),
        (4, 2, None, False, "User", "Thank you"),
        (5, 2, 4, True, "User", "Thanks"),
        (6, 4, None, False, "AI", "Bye"),
    ]
    answer = found[2]
    assert isinstance(answer, ArchivedMessage)
    assert (answer.api_text_gen_model_name, answer.ai_reasoning) == ("gpt-5", "Moon …")


def test_the_branches_are_versions_to_our_tree() -> None:
    found = read(json.dumps([chatgpt(TREE, "bye")]).encode())
    rows = [stored(one) for one in found if isinstance(one, ArchivedMessage)]
    assert [row.message for row in branch(rows)] == [
        "When is high tide?", "At\n\n one.", "Thank you", "Bye",
    ]  # fmt: skip
    assert [row.siblings for row in placed(rows)] == [(), (3, 2), (3, 2), (5, 4), (5, 4), ()]


def stored(one: ArchivedMessage) -> StoredMessage:
    return StoredMessage(
        message_id=MessageId(one.number),
        session_id=ConversationId(NAME),
        customer_id=UserId(1),
        sender=Sender(one.sender),
        message=one.message,
        created_at=one.created_at,
        parent_id=None if one.parent is None else MessageId(one.parent),
        version_of=None if one.version_of is None else MessageId(one.version_of),
        replaced=one.replaced,
    )


def test_chatgpt_with_the_other_branch_open() -> None:
    found = read(json.dumps([chatgpt(TREE, "a1")]).encode())
    assert [one[5] for one in told(found) if not one[3]] == ["When is high tide?", "At noon."]


def test_chatgpts_files_are_kept_by_reference() -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}
    voice = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_2"}
    words = {"content_type": "audio_transcription", "text": "spoken", "direction": "in"}
    mixed = {"content_type": "multimodal_text", "parts": [picture, "What is it?", None, 7]}
    spoken = {"content_type": "multimodal_text", "parts": [words, voice]}
    attached = {"attachments": [{"id": "file-3", "name": "a.pdf"}, "odd"]}
    mapping = {
        "q": node(None, "user", content=mixed, metadata=attached),
        "v": node("q", "user", content=spoken),
        "drawn": node("v", "tool", content={**mixed, "parts": [picture]}),
        "code": node("drawn", "assistant",
                     content={"content_type": "code", "language": "python", "text": "1+1"}),
    }  # fmt: skip
    found = read(json.dumps([chatgpt(mapping)]).encode())
    assert [one[4:] for one in told(found)] == [
        ("User", "[image]\n\nWhat is it?\n\n[file: a.pdf]"),
        ("User", "spoken"),
        ("AI", "[image]"),
        ("AI", "```python\n1+1\n```"),
    ]
    files = [one.claude_code_data for one in found if isinstance(one, ArchivedMessage)]
    assert files[0] == {
        "imported_files": [
            {"kind": "image_asset_pointer", "reference": "file-service://file-1"},
            {"name": "a.pdf", "reference": "file-3"},
        ]
    }


def claude(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    times = {"created_at": "2025-01-01T00:00:00.5Z", "updated_at": "2025-01-02T00:00:00+00:00"}
    return {"uuid": NAME, "name": "Tides", **times, "chat_messages": list(messages), **more}


def spoken(name: str, sender: str, text: str, **more: Any) -> dict[str, Any]:
    return {"uuid": name, "sender": sender, "text": text, "content": [], **more}


def test_chatgpts_sources_are_links_and_none_of_its_marks_is_left() -> None:
    known, unknown = (
        "\ue200cite\ue202turn0search1\ue202turn0search2\ue201",
        "\ue200cite\ue202x\ue201",
    )
    link = "([Tides](https://tides.example.org))"
    references = [{"matched_text": known, "alt": link}, {"matched_text": " ", "alt": None}, None]
    answer = node(None, "assistant", f"At noon. {known}{unknown}",
                  metadata={"content_references": references})  # fmt: skip
    found = read(json.dumps([chatgpt({"a": answer}, "a")]).encode())
    assert told(found) == [(1, None, None, False, "AI", f"At noon. {link}")]


def test_claude_in_order_with_what_was_attached() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": "One"},
        {"type": "tool_use", "name": "search", "input": {}},
        {"type": "text", "text": "Two"},
    ]
    paste = {"file_name": "", "extracted_content": "pasted", "file_size": 6}
    paper = {"file_name": "a.txt", "extracted_content": "Inside"}
    talk = claude(
        spoken("1", "human", "", attachments=[paste, paper], files=[{"file_name": "b.png"}]),
        spoken("2", "assistant", "old text", content=blocks, created_at="2025-01-01T00:00:09Z"),
    )
    found = read(json.dumps([talk]).encode())
    assert told(found) == [
        (1, None, None, False, "User",
         "[file]\npasted\n\n[file: a.txt]\nInside\n\n[file: b.png]"),
        (2, 1, None, False, "AI", "One\n\nTwo"),
    ]  # fmt: skip
    answer = found[2]
    assert isinstance(answer, ArchivedMessage)
    assert answer.ai_reasoning == "Hm."
    assert answer.created_at == datetime(2025, 1, 1, 0, 0, 9, tzinfo=UTC)


def test_claude_that_tells_what_follows_what() -> None:
    root = "00000000-0000-4000-8000-000000000000"
    talk = claude(
        spoken("1", "human", "q", parent_message_uuid=root),
        spoken("2", "assistant", "first", parent_message_uuid="1"),
        spoken("3", "assistant", "second", parent_message_uuid="1"),
        current_leaf_message_uuid="2",
    )
    assert told(read(json.dumps([talk]).encode())) == [
        (1, None, None, False, "User", "q"),
        (2, 1, None, False, "AI", "first"),
        (3, 1, 2, True, "AI", "second"),
    ]


def test_nothing_said_is_no_conversation() -> None:
    assert (
        read(json.dumps([chatgpt({}), claude(), claude(spoken("1", "human", ""))]).encode()) == []
    )
    assert read(b" [ ] ") == []


def test_ids_that_are_no_uuids_get_one_that_stays() -> None:
    one, again = (
        read(json.dumps([chatgpt(TREE, conversation_id="c-1")]).encode()) for _ in range(2)
    )
    assert one == again
    assert isinstance(one[0], ArchivedConversation)
    assert len(one[0].id) == 36


def test_half_an_emoji_is_no_reason_to_refuse_the_rest() -> None:
    talk = json.dumps([claude(spoken("1", "human", "whole \U0001f989 half \ud83e \\ud83e"))])
    assert told(read(talk.encode()))[0][5] == "whole 🦉 half � \\ud83e"


def test_an_array_in_any_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = claude(spoken("1", "human", 'a "quoted" \\ [ { , } ] é 🦉'), name=',"]')
    content = json.dumps([odd, chatgpt(TREE)], ensure_ascii=False, indent=1).encode()
    content = content.replace(NAME.encode(), b"other", 1)
    whole = read(content)
    for size in (1, 2, 3, 7):
        monkeypatch.setattr("adapters.exports.elements._PIECE", size)
        assert read(content) == whole
    assert len(whole) == 9


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[1]", "conversation 1: Expected `object`"),
        (b'[{"a": 1}]', "conversation 1: this is a conversation neither of"),
        (b'[{"mapping": 3}]', "conversation 1: Expected `object`"),
        (b'[{"chat_messages": []}, {"chat_messages": [,]}]', "conversation 2: this is no valid"),
        (b'[{"chat_messages": []}', "it breaks off"),
        (b'[{"chat_messages": []}] x', "something after the end"),
        (b'[{"chat_messages": []},]', "conversation 2: this is no valid JSON"),
        (b'[{"chat_messages": []}}', "this is no valid JSON"),
        (b"[" * 1000, "nested too deep"),
        (b'[{"name": "\xff", "chat_messages": []}]', "conversation 1: this is no valid UTF-8"),
        (json.dumps([claude()]).encode("utf-16"), "UTF-16"),
        (json.dumps([claude()]).encode("utf-16-le"), "UTF-16"),
        (json.dumps([chatgpt({"a": node("b", "user", "x"), "b": node("a", "user", "y")})]).encode(),
         "conversation 1: its messages follow one another in a circle"),
        (json.dumps([chatgpt({"a": node("a", "user", "x")})]).encode(), "in a circle"),
        (json.dumps([chatgpt(TREE), chatgpt(TREE)]).encode(), "conversation 2: the conv"),
        (json.dumps([chatgpt({"a": node(None, "user", "x", at=1e18)})]).encode(), "out of range"),
        (json.dumps([chatgpt({"a": node(None, "user", "x", at=4e9)})]).encode(), "in the future"),
        (json.dumps([claude(spoken("1", "human", "é" * 2**23))]).encode(), "conversation 1"),
        (json.dumps([chatgpt(TREE, conversation_id=None)]).encode(), "'Tides' has no id"),
    ],
)  # fmt: skip
def test_a_list_that_is_refused(content: bytes, why: str) -> None:
    assert why in refusal(content)


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as target:
        for name, content in entries:
            target.writestr(name, content)
    return made.getvalue()


CLAUDE = json.dumps([claude(spoken("1", "human", "hi"))]).encode()


def test_a_zip_as_it_is_downloaded() -> None:
    content = zipped(
        ("user.json", b"{}"),
        ("export/conversations.json", CLAUDE),
        ("export/__MACOSX/._conversations.json", b"\x00"),
        ("file-1-photo.zip", zipped(("x", b"y"))),
    )
    assert len(read(content)) == 2


def test_a_zip_of_many_parts_and_one_of_our_own() -> None:
    other = CLAUDE.replace(NAME.encode(), NAME.replace("5e", "6e").encode())
    parts = zipped(("conversations-001.json", other), ("conversations-000.json", CLAUDE))
    assert [one.id[:2] for one in read(parts) if isinstance(one, ArchivedConversation)] == [
        "5e", "6e",
    ]  # fmt: skip
    ours = archive([talk("t1"), said(1)])
    assert len(read(zipped(("backup/anna.jsonl", ours)))) == 2
    assert len(read(b"\xef\xbb\xbf" + ours.replace(b"\n", b"\r\n"))) == 2
    assert "more than one archive" in refusal(zipped(("a.jsonl", ours), ("b.jsonl", ours)))


def flagged(content: bytes) -> bytes:
    """Return the zip with each entry said to be encrypted."""
    central = content.index(b"PK\x01\x02")
    return content[: central + 8] + b"\x01" + content[central + 9 :]


def lying(content: bytes) -> bytes:
    """Return the zip with an entry that is said to be smaller than it is."""
    central = content.index(b"PK\x01\x02")
    return content[: central + 24] + b"\x05\x00\x00\x00" + content[central + 28 :]


HUGE_LISTING = zipped(*((f"{number:0>200}", b"") for number in range(18_000)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (zipped(), "there is no conversations.json"),
        (zipped(("a.zip", zipped(("conversations.json", CLAUDE)))), "there is no conversations"),
        (zipped(("conversations.json", zipped(("a", b"b")))), "packed twice"),
        (zipped(("conversations.json", gzip.compress(CLAUDE))), "packed twice"),
        (zipped(("../../etc/passwd", b""), ("conversations.json", CLAUDE)), "out of their folder"),
        (zipped(("/abs/conversations.json", CLAUDE)), "out of their folder"),
        (zipped(("C:\\conversations.json", CLAUDE)), "out of their folder"),
        (zipped(("a\\..\\conversations.json", CLAUDE)), "out of their folder"),
        (flagged(zipped(("conversations.json", CLAUDE))), "encrypted"),
        (lying(zipped(("conversations.json", CLAUDE))), "damaged"),
        (zipped(("conversations.json", CLAUDE), method=zipfile.ZIP_LZMA), "than deflate"),
        (zipped(("conversations.json", CLAUDE))[:-30], "the zip is damaged"),
        (zipped(("conversations.json", CLAUDE)).replace(b"PK\x01\x02", b"PK\x09\x09"), "damaged"),
        (zipped(("conversations.json", b"")), "it is empty"),
        (HUGE_LISTING, "too many entries"),
        (b"PK\x03\x04 and nothing else", "the zip is damaged"),
        (b"\x1f\x8b and nothing else", "damaged"),
    ],
)
def test_a_package_that_is_refused(content: bytes, why: str) -> None:
    assert why in refusal(content)


def test_bombs_are_stopped_while_they_unpack() -> None:
    zeros = b"[" + b" " * 20_000_000
    small = Limits(total_bytes=100_000, record_bytes=100_000, records=10)
    for bomb in (zipped(("conversations.json", zeros)), gzip.compress(zeros), zeros):
        with pytest.raises(ArchiveTooLarge, match="PARLEY_IMPORT_MAX_BYTES"):
            read(bomb, small)
    two = zipped(("conversations-1.json", CLAUDE), ("conversations-2.json", CLAUDE))
    with pytest.raises(ArchiveTooLarge, match="PARLEY_IMPORT_MAX_BYTES"):
        read(two, Limits(total_bytes=len(CLAUDE) + 10, record_bytes=10_000, records=10))


def test_more_parts_than_any_conversation_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.exports.elements.PARTS", 1000)
    many = claude(spoken("1", "human", "x"), odd=[""] * 1000)
    assert "too many parts" in refusal(json.dumps([many]).encode())


def test_an_element_beyond_the_limit_is_not_read_to_its_end() -> None:
    small = Limits(total_bytes=10**9, record_bytes=100_000, records=10)
    endless = Endless()
    with pytest.raises(ArchiveTooLarge, match="PARLEY_IMPORT_MAX_RECORD_BYTES"):
        list(reader(small).read(cast("BinaryIO", endless)))
    assert endless.given < 2_000_000


class Endless(io.RawIOBase):
    """A list whose first text never ends."""

    given = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.given = offset
        return offset

    def read(self, size: int = -1, /) -> bytes:
        start = b'["'[self.given : self.given + size]
        self.given += size
        return start + b"x" * (size - len(start))

"""Prompt items and history messages."""

from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    TextPart,
    joined_text,
)
from entrypoints.web.wire.prompts import history, prompt_parts

URL = "https://files.example/a"


@pytest.mark.parametrize(
    ("item", "part"),
    [
        ({"type": "text", "text": " Hi "}, TextPart(" Hi ")),
        ("Hi", TextPart("Hi")),
        ({"type": "image_url", "image_url": URL}, ImagePart(URL)),
        ({"type": "image_url", "imageUrl": {"url": URL, "detail": "low"}}, ImagePart(URL, "low")),
        (
            {"type": "image", "source": {"media_type": "image/gif", "data": "AA=="}},
            ImagePart("data:image/gif;base64,AA=="),
        ),
        ({"type": "image", "source": {"type": "url", "url": URL}}, ImagePart(URL)),
        ({"type": "image_url", "image_url": "data:image/png;base64,AA=="},
         ImagePart("data:image/png;base64,AA==")),
        ({"type": "file_url", "file_url": URL}, FilePart(URL)),
        (
            {"type": "file_url", "file_url": {"url": URL, "filename": "a", "mimeType": "b/c"}},
            FilePart(URL, "a", "b/c"),
        ),
        ({"type": "audio_url", "audio_url": {"url": URL}}, AudioPart(URL)),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "mime_type": "audio/ogg"}},
            AudioPart("data:audio/ogg;base64,AA==", "audio/ogg"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            AudioPart("data:audio/mp3;base64,AA==", "audio/mp3"),
        ),
    ],
)  # fmt: skip
def test_each_kind_of_item(item: Any, part: Part) -> None:
    assert prompt_parts([item]) == (part,)


def test_a_string_is_one_text_item() -> None:
    assert prompt_parts("  Hi ") == (TextPart("Hi"),)


@pytest.mark.parametrize("blank", [None, "", " ", [], [" "], [{"type": "text", "text": ""}]])
def test_blanks_leave_nothing_behind(blank: object) -> None:
    assert prompt_parts(blank) == ()


def test_text_items_join_with_one_space() -> None:
    assert joined_text(prompt_parts(["a", {"type": "image_url", "image_url": URL}, "b"])) == "a b"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "/etc/passwd", "ftp://a", "", None, 5])
def test_only_http_and_data_urls_are_taken(url: object) -> None:
    for kind in ("image_url", "file_url", "audio_url"):
        with pytest.raises(InvalidRequest, match="needs an http"):
            prompt_parts([{"type": kind, kind: url}])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "blob:https://a/1", "", None])
def test_in_the_history_an_address_of_no_use_becomes_a_note(url: object) -> None:
    kinds = ("image_url", "file_url", "audio_url")
    [message] = history([{"role": "user", "content": [{"type": k, k: url} for k in kinds]}])
    assert message.parts == tuple(
        TextPart(f"[{what} not included: its address cannot be used]")
        for what in ("image", "file", "audio recording")
    )


def test_in_the_history_an_item_of_an_unknown_kind_becomes_a_note() -> None:
    [message] = history([{"role": "user", "content": ["a", {"type": "hologram"}]}])
    assert message.parts == (
        TextPart("a"),
        TextPart("[something of an unknown kind not included]"),
    )


def test_content_of_the_history_has_its_own_complaint() -> None:
    with pytest.raises(InvalidRequest, match="content in chat_history") as refused:
        history([{"role": "user", "content": 5}])
    assert refused.value.field == "chat_history"


def test_a_tool_round_of_the_history() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert history(
        [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": '{"ok": true}'},
            "not an object",
            {"role": "developer", "content": "Be brief"},
        ]
    ) == (
        Message("assistant", (), (CallMade("c1", "f", "{}"),)),
        Message("tool", (TextPart('{"ok": true}'),), (), "c1"),
        Message("system", (TextPart("Be brief"),)),
    )


def test_no_history() -> None:
    assert history(None) == ()

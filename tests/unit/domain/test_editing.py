"""What an edit may change, and what it must not lose."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.conversation.conversation import Sender, StoredMessage
from domain.conversation.editing import answered_anew, editable, loses
from domain.conversation.files import FileQuery, carries
from domain.ids import ConversationId, MessageId, UserId


def stored(sender: Sender = Sender.AI, **more: Any) -> StoredMessage:
    return StoredMessage(
        message_id=MessageId(1),
        session_id=ConversationId("c"),
        customer_id=UserId(1),
        sender=sender,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        **more,
    )


SAID = stored(
    message="Hi", image_locations=("a", "b"), file_locations=("f",), chart_data=({"x": 1},)
)


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "Ho"},
        {"message": None},
        {"image_locations": ("a",)},
        {"image_locations": ()},
        {"file_locations": None},
        {"chart_data": ({"x": 2},)},
    ],
)
def test_what_takes_something_away_is_worth_a_version(changes: dict[str, Any]) -> None:
    assert loses(SAID, changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"message": "Hi"},
        {"favorite": True},
        {"image_locations": ("a", "b", "c")},
        {"file_locations": ("audio", "f")},
        {"ai_reasoning": "because"},
        {"chart_data": ({"x": 1},)},
    ],
)
def test_what_only_adds_is_not(changes: dict[str, Any]) -> None:
    assert not loses(SAID, changes)


def test_an_edit_leaves_flags_alone_and_a_question_has_nothing_of_an_answer() -> None:
    stated = {"message": "x", "is_tts": True, "api_text_gen_model_name": "m"}
    assert editable(stored(), stated) == {"message": "x", "api_text_gen_model_name": "m"}
    assert editable(stored(Sender.USER), stated) == {"message": "x"}


def test_an_answer_written_anew_loses_its_speech_and_that_it_was_cancelled() -> None:
    spoken = stored(
        is_tts=True,
        file_locations=("voice.mp3", "notes.pdf"),
        claude_code_data={"cancelled": True, "source": "text"},
    )
    changes = answered_anew(spoken)
    assert (changes["is_tts"], changes["file_locations"]) == (False, ("notes.pdf",))
    assert changes["claude_code_data"] == {"source": "text"}
    assert "file_locations" not in answered_anew(stored(file_locations=("notes.pdf",)))


def test_a_link_counts_without_what_follows_it() -> None:
    message = stored(message="See https://x/a/Report.pdf?sig=1, or [it](http://y/b.pdf).")
    for name in ("report.pdf", "b.pdf"):
        assert carries(message, FileQuery(name=name, images_too=True))
    assert not carries(message, FileQuery(name="report", images_too=True))
    assert not carries(message, FileQuery(name="b.pdf", extension=".doc", images_too=True))

"""Reasoning in tags, cut anywhere."""

import pytest

from adapters.transport.chat_wire.thinking_tags import ThinkingTags
from domain.turn.events import TextDelta, ThinkingDelta


def told(*pieces: str) -> tuple[str, str]:
    tags = ThinkingTags()
    events = [event for piece in pieces for event in tags.feed(piece)] + tags.flush()
    assert all(event.text for event in events)
    thinking = "".join(event.text for event in events if isinstance(event, ThinkingDelta))
    return thinking, "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("plain", "", "plain"),
        ("<think>a</think>b", "a", "b"),
        ("\n<think>\na\n</think>\n\nb\n", "\na\n", "b\n"),
        ("<think></think>b", "", "b"),
        ("<think>never closed", "never closed", ""),
        ("<think>a</thi", "a</thi", ""),
        ("<think>a < b </ c</think>d", "a < b </ c", "d"),
        ("say <think>x</think>", "", "say <think>x</think>"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("<thin", "", "<thin"),
        ("<thing>", "", "<thing>"),
        (" ", "", " "),
        ("", "", ""),
    ],
)
def test_wherever_it_is_cut(text: str, thinking: str, answer: str) -> None:
    assert told(text) == (thinking, answer)
    assert told(*text) == (thinking, answer)
    for at in range(len(text)):
        assert told(text[:at], text[at:]) == (thinking, answer)


def test_nothing_is_held_back_without_need() -> None:
    tags = ThinkingTags()
    assert tags.feed("Hi") == [TextDelta("Hi")]
    assert tags.feed("<") == [TextDelta("<")]

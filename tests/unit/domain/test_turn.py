"""Numbers, transcripts, prompts and questions."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.conversation import MessageDraft
from domain.ids import MessageId, UserId
from domain.turn.ask import Ask
from domain.turn.entries import Numbering
from domain.turn.events import (
    ModelStopped,
    SourceCited,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    TurnCompleted,
    TurnEvent,
    TurnStarted,
)
from domain.turn.prompt import ImagePart, Message, TextPart, joined_text
from domain.turn.transcript import Transcript

deltas = st.builds(TextDelta, st.text()) | st.builds(ThinkingDelta, st.text())


@given(st.lists(deltas | st.just(TurnStarted())))
def test_events_are_numbered_in_order_and_chunks_are_counted(events: list[TurnEvent]) -> None:
    entries = Numbering().number(events)
    assert [entry.seq for entry in entries] == list(range(1, len(events) + 1))
    assert [entry.event for entry in entries] == events
    chunks = [entry.chunk for entry in entries if not isinstance(entry.event, TurnStarted)]
    assert chunks == list(range(1, len(chunks) + 1))


@given(st.lists(deltas | st.just(TurnStarted()), min_size=1), st.data())
def test_numbers_that_nobody_saw_are_given_again(
    events: list[TurnEvent], data: st.DataObject
) -> None:
    numbers = Numbering()
    entries = numbers.number(events)
    back = data.draw(st.integers(0, len(events)))
    numbers.take_back(entries[back:])
    assert numbers.number(events[back:]) == entries[back:]


@given(st.lists(deltas))
def test_a_transcript_joins_what_was_said(events: list[TurnEvent]) -> None:
    found = Transcript()
    found.add(events)
    assert found.text == "".join(e.text for e in events if isinstance(e, TextDelta))
    assert found.thinking == "".join(e.text for e in events if isinstance(e, ThinkingDelta))
    assert found.pieces == len(events)


def test_a_transcript_keeps_calls_sources_and_the_last_reason() -> None:
    found = Transcript()
    call, source = ToolCalled("1", "f", {}), SourceCited("https://a.example")
    found.add((
        call, source, ModelStopped("tool_calls"), ModelStopped("length", note="cut"),
        ModelStopped("stop"),
        TurnCompleted(),
    ))  # fmt: skip
    assert (found.calls, found.sources) == ([call], [source])
    assert (found.stop, found.note) == ("stop", None)


def test_the_words_of_a_message() -> None:
    parts = (TextPart(" a"), ImagePart("https://a"), TextPart("b "))
    assert joined_text(parts) == "a b"
    assert Message("user", parts).text == "a b"
    assert joined_text(()) == ""


def ask(text: str = "Why?", kind: str = "text", user: int = 1) -> Ask:
    return Ask(user=UserId(user), question=(TextPart(text),), kind=kind)


def test_a_fingerprint_tells_questions_apart_and_nothing_else() -> None:
    assert ask().fingerprint == ask(user=2).fingerprint
    assert len({ask().fingerprint, ask("How?").fingerprint, ask(kind="audio").fingerprint}) == 3
    image = Ask(user=UserId(1), question=(ImagePart("Why?"),))
    assert image.fingerprint != ask().fingerprint


def test_events_are_frozen_and_tagged() -> None:
    event = TextDelta("a")
    with pytest.raises(AttributeError):
        event.text = "b"  # type: ignore[misc]
    assert msgspec.json.decode(msgspec.json.encode(event), type=TextDelta) == event
    assert msgspec.to_builtins(event)["type"] == "text_delta"


@pytest.mark.parametrize(
    ("draft", "content"),
    [
        (MessageDraft(), False),
        (MessageDraft(message="", image_locations=(), api_text_gen_model_name="m"), False),
        (MessageDraft(message="x"), True),
        (MessageDraft(ai_reasoning="x"), True),
        (MessageDraft(chart_data=({},)), True),
        (MessageDraft(file_locations=("https://a",)), True),
        (MessageDraft(claude_code_data={"a": 1}), True),
    ],
)
def test_what_is_worth_a_row(draft: MessageDraft, content: bool) -> None:
    assert draft.has_content is content


def test_a_draft_states_what_it_says_and_not_its_id() -> None:
    draft = MessageDraft(message_id=MessageId(1), message="", favorite=False)
    assert draft.stated() == {"message": "", "favorite": False}

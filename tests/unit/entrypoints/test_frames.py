"""The JSON of each frame, to the letter; numbers without gaps under any batching."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.conversation import Conversation
from domain.ids import ConversationId, MessageId, TurnId
from domain.turn.agent_events import (
    ApprovalAsked,
    ApprovalSettled,
    ChartBegun,
    ChartFailed,
    RoundBegan,
    RoundEnded,
    ToolProgressed,
)
from domain.turn.entries import Entry, Numbering
from domain.turn.events import (
    AnswerWritten,
    MediaKept,
    ModelChosen,
    PictureBegun,
    PictureFailed,
    PictureMade,
    ProviderRetrying,
    Saved,
    SourceCited,
    SpeechDeclined,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
    TurnCancelled,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStarted,
)
from entrypoints.web.wire.event_bodies import terminal_pair
from entrypoints.web.wire.frame import connection_part, frame
from entrypoints.web.wire.frames import APART, Framer
from tests.unit.rig import ANNA

TURN = TurnId("t-1")
HERE = connection_part("c-1")
PLACE = '"turn_id":"t-1","seq":1'
PAIR = [
    f'{{"type":"text_completed","content":"",{PLACE},"session_id":"c-1"}}',
    f'{{"type":"tts_not_requested","content":"",{PLACE},"session_id":"c-1"}}',
]
SAVED = Saved(ConversationId("9f"), MessageId(41), MessageId(42))


def stage_of(code: str, after_content: bool) -> str:
    return "text" if after_content else f"stage of {code}"


def show(saved: Saved) -> dict[str, Any]:
    return {"messages": len(saved.edited_messages)}


def framer() -> Framer:
    return Framer(stage_of, show, renewed=lambda address: f"https://here{address}?signed")


def sent(*events: TurnEvent) -> list[str]:
    entries = Numbering().number(events)
    return [one.on(HERE) for step in framer().steps(TURN, entries) for one in step.frames]


def acknowledged(content: str) -> str:
    text = json.dumps(content)
    return f'{{"type":"db_operation_executed","content":{text},{PLACE},"session_id":"c-1"}}'


def test_a_paused_turn_has_no_terminal_pair() -> None:
    call = ToolCalled("c1", "open_door", {}, "xai", awaited=True)
    start, *rest = sent(call, TurnCompleted(paused=True))
    assert json.loads(start)["data"]["requires_action"] is True
    assert rest == []


@pytest.mark.parametrize(
    ("event", "frames"),
    [
        (
            TurnStarted("text"),
            [
                f'{{"type":"working","content":{{"request_type":"text"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ModelChosen("gpt-4o-mini", "openai"),
            [
                '{"type":"custom_event","event_type":"aiTextModelInUse","content":'
                '{"type":"aiTextModelInUse","message":"aiTextModelReceived",'
                f'"aiTextModel":"gpt-4o-mini","provider":"openai"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (SpeechDeclined(), [PAIR[1]]),
        (
            ProviderRetrying("openai", 2, 1.5, "provider_overloaded"),
            [
                '{"type":"custom_event","event_type":"providerRetry","content":'
                '{"type":"providerRetry","provider":"openai","attempt":2,"wait_s":1.5,'
                f'"reason":"provider_overloaded"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            TextDelta("Hel"),
            [
                '{"type":"text_chunk","content":"Hel","chunk_index":1,"chunk_id":1,'
                f'{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ThinkingDelta("Hm"),
            [
                f'{{"type":"thinking_chunk",{PLACE},"data":'
                '{"content":"Hm","chunk_index":1,"chunk_id":1,"session_id":"c-1"}}',
                '{"type":"custom_event","event_type":"reasoning","content":'
                '{"type":"reasoning","message":"reasoningReceived","reasoning":"Hm"},'
                f'{PLACE},"session_id":"c-1"}}',
            ],
        ),
        (
            ToolCalled("c1", "web_search", {"query": "tides"}, "openai", run_by_provider=True),
            [
                f'{{"type":"tool_start",{PLACE},"data":{{"tool_name":"web_search",'
                '"display_text":"🔍 web_search: tides","tool_input":{"query":"tides"},'
                '"call_id":"c1","provider":"openai","session_id":"c-1"}}'
            ],
        ),
        (
            ToolCalled("", "clock", {}),
            [
                f'{{"type":"tool_start",{PLACE},"data":{{"tool_name":"clock",'
                '"display_text":"🛠️ clock","session_id":"c-1"}}'
            ],
        ),
        (
            ToolReturned("c1", "clock", {"noon": True}, arguments={"zone": "UTC"}),
            [
                f'{{"type":"tool_result",{PLACE},"data":{{"tool_name":"clock","call_id":"c1",'
                '"tool_input":{"zone":"UTC"},"success":true,"tool_result":{"noon":true},"error":null,'
                '"display_text":"🛠️ clock: {\\"zone\\":\\"UTC\\"}","session_id":"c-1"}}'
            ],
        ),
        (
            RoundBegan(1, 10, "general"),
            [
                '{"type":"custom_event","event_type":"iterationStarted","content":{"iteration":1,'
                f'"max_iterations":10,"profile":"general"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            RoundEnded(1, 2, goes_on=True),
            [
                '{"type":"custom_event","event_type":"iterationCompleted","content":{"iteration":1,'
                f'"tool_calls":2,"has_more":true}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ChartBegun("bar", "Sleep"),
            [
                '{"type":"custom_event","event_type":"chartGenerationStarted","content":'
                f'{{"chart_type":"bar","title":"Sleep"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ChartFailed("no data", "bar", "Sleep"),
            [
                '{"type":"custom_event","event_type":"chartError","content":{"error":"no data",'
                f'"chart_type":"bar","title":"Sleep"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ApprovalAsked("c1", "clock", {"zone": "UTC"}, 120),
            [
                '{"type":"custom_event","event_type":"toolApprovalRequested","content":'
                '{"type":"toolApprovalRequested","call_id":"c1","tool_name":"clock",'
                '"tool_input":{"zone":"UTC"},'
                '"display_text":"🛠️ clock: {\\"zone\\":\\"UTC\\"}","expires_in_s":120},'
                f'{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ApprovalSettled("c1", "clock", approved=False, timed_out=True),
            [
                '{"type":"custom_event","event_type":"toolApprovalSettled","content":'
                '{"type":"toolApprovalSettled","call_id":"c1","tool_name":"clock",'
                f'"approved":false,"timed_out":true}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            ToolProgressed("c1", "far__copy", 1, 4, "a quarter"),
            [
                '{"type":"custom_event","event_type":"toolProgress","content":'
                '{"type":"toolProgress","call_id":"c1","tool_name":"far__copy","progress":1,'
                f'"total":4,"message":"a quarter"}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            SourceCited("https://a.example", "A"),
            [
                '{"type":"custom_event","event_type":"citations","content":{"type":"citations",'
                f'"citations":[{{"url":"https://a.example","title":"A"}}]}},{PLACE},'
                '"session_id":"c-1"}'
            ],
        ),
        (
            SourceCited("https://a.example"),
            [
                '{"type":"custom_event","event_type":"citations","content":{"type":"citations",'
                f'"citations":[{{"url":"https://a.example"}}]}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            AnswerWritten("Hi"),
            [
                '{"type":"custom_event","event_type":"textGenerationCompleted","content":'
                f'{{"full_response":"Hi","metadata":{{}}}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            AnswerWritten("Hi", "length", note="max_output_tokens"),
            [
                '{"type":"custom_event","event_type":"textGenerationCompleted","content":'
                '{"full_response":"Hi","metadata":{"finish_reason":"length",'
                '"note":"max_output_tokens"}},'
                f'{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            AnswerWritten("Hi", "content_filter"),
            [
                '{"type":"custom_event","event_type":"textGenerationCompleted","content":'
                '{"full_response":"Hi","metadata":{"finish_reason":"content_filter"}},'
                f'{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (
            AnswerWritten("Hi", "tool_calls"),
            [
                '{"type":"custom_event","event_type":"textGenerationCompleted","content":'
                f'{{"full_response":"Hi","metadata":{{}}}},{PLACE},"session_id":"c-1"}}'
            ],
        ),
        (TurnCompleted(), PAIR),
        (TurnCompleted(speech_settled=True), PAIR[:1]),
        (
            TurnCompleted(SAVED),
            [
                acknowledged('{"user_message_id": 41, "ai_message_id": 42, "session_id": "9f"}'),
                *PAIR,
            ],
        ),
        (
            TurnCancelled(Saved(ConversationId("9f"), MessageId(41))),
            [
                f'{{"type":"cancelled","content":"Request cancelled",{PLACE},"session_id":"c-1"}}',
                acknowledged('{"user_message_id": 41, "session_id": "9f"}'),
                *PAIR,
            ],
        ),
        (
            TurnFailed("timeout", "Too slow", after_content=True, saved=SAVED),
            [
                '{"type":"error","content":"Streaming failed: Too slow","stage":"text",'
                f'"code":"timeout",{PLACE},"session_id":"c-1"}}',
                acknowledged('{"user_message_id": 41, "ai_message_id": 42, "session_id": "9f"}'),
                *PAIR,
            ],
        ),
        (
            TurnFailed("provider_stalled", "Silence", after_content=True, provider="xai"),
            [
                '{"type":"error","content":"AI provider error: Silence","stage":"text",'
                f'"code":"provider_stalled","provider":"xai",{PLACE},"session_id":"c-1"}}',
                *PAIR,
            ],
        ),
        (
            TurnFailed("provider_overloaded", "Busy", retry_after_s=60, speech_settled=True),
            [
                '{"type":"error","content":"Busy","stage":"stage of provider_overloaded",'
                f'"code":"provider_overloaded","retry_after":60,{PLACE},"session_id":"c-1"}}',
                PAIR[0],
            ],
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_the_frames_of_each_event(event: TurnEvent, frames: list[str]) -> None:
    assert sent(event) == frames


def test_an_edit_is_acknowledged_with_the_conversation() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    talk = Conversation(id=ConversationId("9f"), owner=ANNA, created_at=now, last_update=now)
    saved = Saved(ConversationId("9f"), MessageId(41), MessageId(42), edited=talk)
    found = json.loads(json.loads(sent(TurnCompleted(saved))[0])["content"])
    assert found["session"] == {"messages": 0}


def test_a_result_that_json_cannot_hold_does_not_fail_the_turn() -> None:
    odd = {"when": datetime(2026, 1, 1, tzinfo=UTC), "raw": b"\x00", "all": {1}}
    (text,) = sent(ToolReturned("1", "odd", odd))
    assert json.loads(text)["data"]["tool_result"] == {
        "when": "2026-01-01T00:00:00+00:00",
        "raw": "AA==",
        "all": [1],
    }


def test_a_frame_may_go_out_without_a_connection() -> None:
    assert frame({"type": "pong"}).on(b"") == '{"type":"pong"}'


def test_the_terminal_pair() -> None:
    assert [body["type"] for body in terminal_pair()] == ["text_completed", "tts_not_requested"]
    assert [body["type"] for body in terminal_pair(speech_settled=True)] == ["text_completed"]


deltas = st.builds(TextDelta, st.text(max_size=4)) | st.builds(ThinkingDelta, st.text(max_size=4))
others = st.sampled_from(
    [ToolCalled("1", "f", {"a": 1}), SourceCited("https://a.example"), SpeechDeclined()]
)
answers = st.lists(deltas | others, max_size=30).map(
    lambda events: [TurnStarted(), *events, TurnCompleted()]
)


@st.composite
def batched(draw: st.DrawFn) -> tuple[list[Entry], list[list[Entry]]]:
    entries = Numbering().number(draw(answers))
    cuts = sorted(draw(st.sets(st.integers(1, len(entries) - 1))))
    places = [0, *cuts, len(entries)]
    return entries, [entries[a:b] for a, b in pairwise(places)]


@given(batched())
def test_however_events_are_batched_nothing_is_missing(
    drawn: tuple[list[Entry], list[list[Entry]]],
) -> None:
    entries, batches = drawn
    one = framer()
    steps = [step for batch in batches for step in one.steps(TURN, batch)]
    frames = [[json.loads(f.on(HERE)) for f in step.frames] for step in steps]
    reached = 0
    for step, group in zip(steps, frames, strict=True):
        for found in group:
            assert found.get("seq_from", found["seq"]) == reached + 1
            assert (found["seq"], found["turn_id"]) == (step.seq, TURN)
            assert "session_id" in found.get("data", found)
        reached = step.seq
    assert reached == len(entries)
    assert [step.final for step in steps] == [False] * (len(steps) - 1) + [True]
    flat = [found for group in frames for found in group]
    assert shown(flat, "text_chunk") == joined(entries, TextDelta)
    assert shown(flat, "thinking_chunk") == joined(entries, ThinkingDelta)
    chunks = [
        found.get("data", found)
        for found in flat
        if found["type"] in ("text_chunk", "thinking_chunk")
    ]
    numbers = [chunk["chunk_index"] for chunk in chunks]
    assert numbers == sorted(set(numbers))
    assert numbers[:1] in ([], [1])
    assert all(chunk["chunk_id"] == chunk["chunk_index"] for chunk in chunks)


def shown(frames: Sequence[dict[str, Any]], kind: str) -> str:
    return "".join(f.get("data", f)["content"] for f in frames if f["type"] == kind)


def joined(entries: Sequence[Entry], kind: type[TextDelta] | type[ThinkingDelta]) -> str:
    return "".join(e.event.text for e in entries if isinstance(e.event, kind))


def test_waiting_deltas_are_joined_and_say_so() -> None:
    texts = [json.loads(text) for text in sent(*map(TextDelta, "abcd"))]
    assert [(f["content"], f["seq"], f.get("seq_from"), f["chunk_id"]) for f in texts] == [
        ("a", 1, None, 1),
        ("bcd", 4, 2, 4),
    ]


def test_what_several_readers_read_is_encoded_once() -> None:
    one, entries = framer(), Numbering().number([TurnStarted(), TextDelta("a")])
    assert one.steps(TURN, entries) is one.steps(TURN, list(entries))


def test_another_run_under_the_same_turn_id_gets_its_own_frames() -> None:
    one = framer()
    one.steps(TURN, Numbering().number([TextDelta("old")]))
    (step,) = one.steps(TURN, Numbering().number([TextDelta("new")]))
    assert '"new"' in step.frames[0].on(HERE)


def test_chunks_for_resuming_carry_the_earlier_connection() -> None:
    entries = Numbering().number(
        [TurnStarted(), TextDelta("a"), ThinkingDelta("b"), TextDelta("c")]
    )
    assert framer().chunks(TURN, entries, "c-0", after_chunk=1) == [
        {
            "type": "thinking_chunk",
            "turn_id": TURN,
            "seq": 3,
            "data": {"content": "b", "chunk_index": 2, "chunk_id": 2, "session_id": "c-0"},
        },
        {
            "type": "text_chunk",
            "content": "c",
            "chunk_index": 3,
            "chunk_id": 3,
            "turn_id": TURN,
            "seq": 4,
            "session_id": "c-0",
        },
    ]


def test_of_many_chunks_for_resuming_the_older_ones_are_joined() -> None:
    texts = [TextDelta(f"{n} ") for n in range(APART + 9)]
    found = framer().chunks(TURN, Numbering().number(texts), "c-0", after_chunk=2)
    assert len(found) == APART + 1
    assert "".join(body["content"] for body in found) == "".join(t.text for t in texts[2:])
    assert (found[0]["seq_from"], found[0]["seq"], found[0]["chunk_index"]) == (3, 9, 9)
    assert "seq_from" not in found[1]


def test_no_removed_or_camel_case_type_is_ever_sent() -> None:
    events = [
        TurnStarted(), ModelChosen("m", "p"), SpeechDeclined(), TextDelta("a"), ThinkingDelta("b"),
        ToolCalled("1", "f", {}), ToolReturned("1", "f", 1), SourceCited("https://a.example"),
        AnswerWritten("a"), TurnFailed("internal", "x", saved=SAVED),
    ]  # fmt: skip
    kinds = {json.loads(text)["type"] for text in sent(*events)}
    assert all(kind == kind.lower() for kind in kinds)
    assert not kinds & {"complete", "fullprocesscomplete", "streamingcomplete"}


def image(message: str, more: str = "") -> str:
    content = f'{{"type":"image","message":"{message}"{more}}}'
    return (
        f'{{"type":"custom_event","event_type":"image","content":{content},'
        f'{PLACE},"session_id":"c-1"}}'
    )


def test_a_picture_on_its_way_and_there() -> None:
    assert sent(PictureBegun()) == [image("imageGenerationStarted")]
    request = {"prompt": "A cat", "input_image_url": None, "image_mode": "default"}
    made = PictureMade("/files/1/a.png", "flux-2-pro", {"width": 4}, request, 8.4)
    more = (
        ',"image_url":"https://here/files/1/a.png?signed","generated_by":"flux-2-pro",'
        '"image_generation_settings":{"width":4},"image_generation_request":'
        '{"prompt":"A cat","input_image_url":null,"image_mode":"default"},"duration":8.4'
    )
    assert sent(made) == [image("imageGenerated", more)]


def test_a_picture_that_failed_is_an_error_of_its_stage() -> None:
    failed = PictureFailed("provider_overloaded", "Slow down", "flux", 7.0)
    assert sent(failed) == [
        '{"type":"error","content":"Image generation failed: Slow down","stage":"image",'
        f'"code":"provider_overloaded","provider":"flux","retry_after":7.0,{PLACE},"session_id":"c-1"}}'
    ]


def test_a_recording_out_of_the_answer() -> None:
    [frame] = sent(MediaKept("/files/1/a.wav", "audio/wav"))
    assert json.loads(frame)["content"] == {
        "type": "mediaGenerated",
        "file_url": "https://here/files/1/a.wav?signed",
        "mime_type": "audio/wav",
    }

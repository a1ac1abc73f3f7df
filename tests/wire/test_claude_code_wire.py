"""Claude Code's lines → events, however the bytes are cut."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from adapters.claude_code.errors import ended
from adapters.claude_code.events import LONGEST_RESULT, CodeReader
from adapters.claude_code.lines import LineSplitter
from domain.provider_errors import (
    ContextTooLong,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
)
from domain.turn.events import (
    CodeResult,
    CodeSession,
    ModelEvent,
    ModelStopped,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
)
from domain.turn.metering import Usage
from tests.simulators.claude_code import (
    SESSION,
    assistant,
    failure,
    init,
    result,
    started,
    text,
    text_block,
    thinking,
    thinking_block,
    tool_result,
    tool_use,
)

USAGE = Usage(3210, 40, 3250, 3000, 0, 200)
FULL = (
    init(),
    started("m-1"),
    thinking("Hm, "),
    thinking("files."),
    assistant(thinking_block("Hm, files."), message="m-1"),
    text("Let me "),
    text("look. ☕"),
    assistant(text_block("Let me look. ☕"), message="m-1"),
    assistant(tool_use("t-1", "Read", file_path="a.txt"), message="m-1"),
    {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed"}, "uuid": "u"},
    tool_result("t-1", "line one"),
    started("m-2"),
    text("One line."),
    assistant(text_block("One line."), message="m-2"),
    result("One line."),
)
READ = ToolCalled("t-1", "Read", {"file_path": "a.txt"}, "claude_code", run_by_provider=True)
EVENTS: list[ModelEvent] = [
    CodeSession(
        SESSION,
        "claude-opus-4-6",
        {
            "model": "claude-opus-4-6",
            "tools": ["Bash", "Read"],
            "permissionMode": "acceptEdits",
            "version": "2.1.111",
        },
    ),
    ThinkingDelta("Hm, "),
    ThinkingDelta("files."),
    TextDelta("Let me "),
    TextDelta("look. ☕"),
    READ,
    ToolReturned("t-1", "Read", "line one", arguments={"file_path": "a.txt"}),
    TextDelta("\n\n"),
    TextDelta("One line."),
    CodeResult(SESSION, "success", "One line.", 2, 1200, 0.0123, USAGE),
    ModelStopped("stop", USAGE),
]


def wire(*lines: Any) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def events_of(chunks: Iterable[bytes]) -> list[ModelEvent]:
    reader, splitter = CodeReader(), LineSplitter()
    found = [
        event for chunk in chunks for line in splitter.feed(chunk) for event in reader.feed(line)
    ]
    if rest := splitter.leftover():
        found.extend(reader.feed(rest))
    assert reader.ended
    return found


def read(*lines: Any) -> list[ModelEvent]:
    return events_of([wire(*lines)])


def error_of(*lines: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        read(*lines)
    return caught.value


def words_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_a_whole_answer_reads_as_it_was_said() -> None:
    assert read(*FULL) == EVENTS


def test_where_the_bytes_are_cut_does_not_matter() -> None:
    body = wire(*FULL)
    for at in range(len(body) + 1):
        assert events_of([body[:at], body[at:]]) == EVENTS
    assert events_of(body[at : at + 1] for at in range(len(body))) == EVENTS


def test_line_ends_may_be_crlf_or_missing_at_the_end() -> None:
    body = wire(*FULL)
    assert events_of([body.replace(b"\n", b"\r\n")]) == EVENTS
    assert events_of([body.rstrip(b"\n")]) == EVENTS
    assert events_of([b"\n\n" + body.replace(b"\n", b"\n\n")]) == EVENTS


def test_a_line_that_is_no_json_is_passed_over() -> None:
    assert events_of([b"[SandboxDebug] starting\n" + wire(*FULL)]) == EVENTS


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"assistant","message":',
        b'{"type":"stream_event"}',
        b'{"type":"result","num_turns":"many"}',
        b'{"type":"system","subtype":"init"}',
        b'{"type":7}',
        b"{\xff\xfe}",
    ],
)
def test_json_that_is_not_the_protocol_is_an_error(line: bytes) -> None:
    with pytest.raises(ProviderGarbled):
        CodeReader().feed(line)


@pytest.mark.parametrize(
    "line",
    [
        {"type": "something_new", "event": "of any shape", "message": 3},
        {"type": "system", "subtype": "compact_boundary", "session_id": 5},
        {"type": "control_request", "request": {"subtype": "can_use_tool"}},
        {"event": "without a type"},
        {"type": "user", "message": {"role": "user", "content": "said again"}},
    ],
)
def test_lines_of_unknown_kinds_are_passed_over(line: dict[str, Any]) -> None:
    assert not CodeReader().feed(wire(line))


def test_a_line_may_be_a_megabyte_but_not_without_end() -> None:
    long = "y" * 2**20
    events = read(init(), assistant(text_block(long)), result(long))
    assert words_of(events) == long
    splitter = LineSplitter(longest=10)
    assert splitter.feed(b"0123456789") == []
    with pytest.raises(ProviderGarbled):
        splitter.feed(b"0")
    with pytest.raises(ProviderGarbled):
        LineSplitter(longest=10).feed(b"0123456789a\n")


def test_half_a_character_is_replaced() -> None:
    line = json.dumps(tool_result("t-1", "cut \ud83d, whole ☕ \U0001f600")).encode()
    assert b"\\ud83d," in line
    (returned,) = CodeReader().feed(line)
    assert isinstance(returned, ToolReturned)
    assert returned.result == "cut ?, whole ☕ \U0001f600"


def test_a_line_separator_inside_a_text_ends_no_line() -> None:
    assert words_of(read(init(), assistant(text_block("a\u2028b\x85c")), result())) == (
        "a\u2028b\x85c"
    )


def test_a_message_without_pieces_is_told_as_a_whole() -> None:
    events = read(
        init(),
        assistant(thinking_block("Hm."), text_block("All at once."), message="m-9"),
        result("All at once."),
    )
    assert events[1:3] == [ThinkingDelta("Hm."), TextDelta("All at once.")]
    assert words_of(events) == "All at once."


def test_words_that_only_the_result_has_are_told() -> None:
    assert words_of(read(init(), result("Total cost: 0"))) == "Total cost: 0"


def test_a_sub_agents_words_are_not_the_answer_but_its_tools_are_told() -> None:
    events = read(
        init(),
        assistant(tool_use("t-1", "Task", prompt="look")),
        started("s-1", parent="t-1"),
        text("secretly", parent="t-1"),
        assistant(text_block("secretly"), message="s-1", parent="t-1"),
        assistant(tool_use("t-2", "Bash", command="ls"), message="s-2", parent="t-1"),
        tool_result("t-2", "a.txt"),
        started("m-2"),
        text("Found it."),
        result("Found it."),
    )
    assert words_of(events) == "Found it."
    assert [event.name for event in events if isinstance(event, ToolCalled)] == ["Task", "Bash"]


def test_the_session_is_told_once() -> None:
    events = read(init(), init(), result())
    assert [type(event) for event in events].count(CodeSession) == 1


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"type": "image", "source": {"data": "…"}}], "[image]"),
        (None, ""),
        ([3], ""),
    ],
)
def test_a_tools_result_is_shown_as_text(content: Any, shown: str) -> None:
    (returned,) = CodeReader().feed(wire(tool_result("t-1", content)))
    assert isinstance(returned, ToolReturned)
    assert returned.result == shown


def test_a_failed_tool_says_so() -> None:
    (returned,) = CodeReader().feed(wire(tool_result("t-1", "no such file", failed=True)))
    assert isinstance(returned, ToolReturned)
    assert returned.failed


def test_a_long_tool_result_is_cut_for_readers() -> None:
    (returned,) = CodeReader().feed(wire(tool_result("t-1", "z" * (LONGEST_RESULT + 5))))
    assert isinstance(returned, ToolReturned)
    assert returned.result == "z" * LONGEST_RESULT + "… (5 more characters)"


@pytest.mark.parametrize(
    ("other", "reason", "note"),
    [
        ({}, "stop", None),
        ({"stop_reason": "max_tokens"}, "length", None),
        ({"stop_reason": "refusal"}, "refusal", None),
        ({"stop_reason": None}, "stop", None),
        ({"subtype": "error_max_turns", "is_error": True}, "length", "error_max_turns"),
        ({"subtype": "error_max_budget_usd", "is_error": True}, "length", "error_max_budget_usd"),
    ],
)
def test_how_it_stopped_is_told(other: dict[str, Any], reason: str, note: str | None) -> None:
    stopped = read(init(), result(**other))[-1]
    assert isinstance(stopped, ModelStopped)
    assert (stopped.reason, stopped.note) == (reason, note)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([failure("Something broke")], ProviderUnavailable),
        ([failure("prompt is too long: 9 tokens > 8")], ContextTooLong),
        ([failure("no", api_error_status=529)], ProviderOverloaded),
        ([failure("no", api_error_status=401)], ProviderUnauthorized),
        ([failure("no", api_error_status=500)], ProviderUnavailable),
        ([result("API Error: bad", is_error=True, api_error_status=400)], ProviderRejected),
        (
            [
                assistant(text_block("Please run /login"), error="authentication_failed"),
                result("Please run /login", is_error=True),
            ],
            ProviderUnauthorized,
        ),
        (
            [assistant(text_block("Wait"), error="rate_limit"), result("Wait", is_error=True)],
            ProviderOverloaded,
        ),
        (
            [assistant(text_block("Pay"), error="billing_error"), result("Pay", is_error=True)],
            ProviderUnpaid,
        ),
        # Some versions call such a result a success.
        ([assistant(text_block("Oh"), error="server_error"), result("Oh")], ProviderUnavailable),
    ],
)
def test_an_error_result_is_the_error_it_tells_of(
    lines: list[dict[str, Any]], kind: type[ProviderError]
) -> None:
    assert type(error_of(init(), *lines)) is kind


def test_an_error_is_not_told_as_an_answer() -> None:
    reader = CodeReader()
    notice = assistant(text_block("Please run /login"), error="authentication_failed")
    assert not reader.feed(wire(notice))


def test_errors_show_neither_keys_nor_paths() -> None:
    told = str(
        error_of(failure("key sk-ant-api03-Abcdefgh12 refused, see /home/op/.claude/log.txt"))
    )
    assert "sk-ant" not in told
    assert "/home" not in told
    assert "[path]" in told


def test_nothing_counts_after_the_result() -> None:
    reader = CodeReader()
    reader.feed(wire(result()))
    assert reader.ended
    assert not reader.feed(wire(text("more")))
    assert not reader.feed(b"{garbage")


def test_an_end_without_a_result_says_how_it_ended() -> None:
    assert str(ended(0, "", spoke=False)) == "Claude Code broke off without a word"
    told = ended(3, "warning: x\nError: no luck in /var/lib/x/y\n\n", spoke=True)
    assert isinstance(told, ProviderBrokeOff)
    assert str(told) == (
        "Claude Code broke off in mid-answer (exit code 3): Error: no luck in [path]"
    )

"""Answers made by hand → events: what no recording shows."""

from typing import Any

import msgspec
import pytest

from adapters.google.events import GenerateReader
from domain.provider_errors import ProviderBrokeOff, ProviderGarbled, ProviderRejected
from domain.turn.events import (
    MediaGiven,
    ModelStopped,
    SourceCited,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
)
from domain.turn.metering import Usage
from tests.simulators.studio import PNG, PNG_TEXT
from tests.wire.answers import streamed


def chunk(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [*parts]}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate | more], "responseId": "r1"}


def call(name: str | None = None, **more: Any) -> dict[str, Any]:
    return {"functionCall": ({"name": name} if name else {}) | more}


def read(*chunks: dict[str, Any]) -> list[Any]:
    return streamed(GenerateReader(), map(msgspec.json.encode, chunks))


def test_signatures_keep_their_places_and_plain_text_is_joined() -> None:
    events = read(
        chunk({"text": "Hm", "thought": True}),
        chunk({"text": "m", "thought": True}, {"text": "Wa"}),
        chunk({"text": "it"}, {"text": ".", "thoughtSignature": "s1"}, {"text": ""}),
        chunk({"text": "", "thoughtSignature": "s2"}, call("f", args={"a": 1}, id="c1")),
        chunk(call("g") | {"thoughtSignature": "s3", "new": 1}, finish="STOP"),
    )
    assert events[:-1] == [
        ThinkingDelta("Hm"),
        ThinkingDelta("m"),
        TextDelta("Wa"),
        TextDelta("it"),
        TextDelta("."),
        ToolCalled("c1", "f", {"a": 1}, "gemini"),
        ToolCalled("call_r1_1", "g", {}, "gemini"),
    ]
    assert events[-1] == ModelStopped(
        "tool_calls",
        state=(
            {"text": "Hmm", "thought": True},
            {"text": "Wait"},
            {"text": ".", "thoughtSignature": "s1"},
            {"text": "", "thoughtSignature": "s2"},
            {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}},
            {
                "functionCall": {"id": "call_r1_1", "name": "g", "args": {}},
                "thoughtSignature": "s3",
                "new": 1,
            },
        ),
    )


def test_calls_without_an_id_get_one_of_their_own() -> None:
    nameless = [{"candidates": chunk(call("f"), finish="STOP")["candidates"]}] * 2
    ids = {read(answer)[0].id for answer in nameless}
    assert len(ids) == 2
    first, second, _ = read(chunk(call("f"), call("f"), finish="STOP"))
    assert first.id != second.id


def partial(path: str, value: Any = None, **more: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", bool: "boolValue", type(None): "nullValue"}
    return {"jsonPath": path, kinds.get(type(value), "numberValue"): value} | more


def test_arguments_that_come_in_pieces_are_put_together() -> None:
    more: dict[str, Any] = {"willContinue": True}
    events = read(
        chunk(call("f", id="c1", **more) | {"thoughtSignature": "s"}),
        chunk(call(partialArgs=[partial("$.place.city", "New ", **more)], **more)),
        chunk(call(partialArgs=[partial("$.place.city", "Delhi"), partial("$.n", 2)], **more)),
        chunk(call(partialArgs=[partial("$.list[0]['a.b']", True)], **more)),
        chunk(call(partialArgs=[partial('$.list[1]["it\\"s"]', 0.5), partial("$.no")], **more)),
        chunk(call(partialArgs=[partial("$.rows[0][0]", "x"), partial("$.rows[0][1]", 1)], **more)),
        chunk(call(partialArgs=[partial("$.rows[0][1]", 2)], **more)),
        chunk(call()),
        chunk(call("g", args={"b": 1}), {"text": ""}, finish="STOP"),
    )
    arguments = {
        "place": {"city": "New Delhi"},
        "n": 2,
        "list": [{"a.b": True}, {'it"s': 0.5}],
        "no": None,
        "rows": [["x", 2]],
    }
    [first, second, stopped] = events
    assert first == ToolCalled("c1", "f", arguments, "gemini")
    assert (second.name, second.arguments) == ("g", {"b": 1})
    assert stopped.state[0] == {
        "functionCall": {"id": "c1", "name": "f", "args": arguments},
        "thoughtSignature": "s",
    }


def test_a_call_ends_where_the_next_begins_or_the_answer_does() -> None:
    more: dict[str, Any] = {"willContinue": True}
    [first, second, stopped] = read(
        chunk(call("f", partialArgs=[partial("$.a", "x")], **more)),
        chunk(call("g", partialArgs=[partial("$.b", "y")], **more), finish="MAX_TOKENS"),
    )
    assert (first.arguments, second.arguments) == ({"a": "x"}, {"b": "y"})
    assert stopped.reason == "length"


@pytest.mark.parametrize(
    "pieces_of_it",
    [
        [partial("a", "x")],
        [partial("$", "x")],
        [partial("$.", "x")],
        [partial("$a", "x")],
        [partial("$.a[7]", "x")],
        [partial("$.a[7].b", "x")],
        [partial("$.a[0]", 1), partial("$.a[0]", 2), partial("$.a[2]", 2)],
        [partial("$.a.b", 1), partial("$.a[0].b", 1)],
        [partial("$[0]", "x")],
        [partial("$.a.b", 1), partial("$.a[0]", 1)],
        [partial("$.a[0]", 1), partial("$.a.b", 1)],
        [partial("$.a", 1), partial("$.a", "x")],
        [partial("$.a", 1), partial("$.a.b", 1)],
        [{"stringValue": "x"}],
    ],
)
def test_a_piece_without_a_place_is_garbage(pieces_of_it: list[dict[str, Any]]) -> None:
    with pytest.raises(ProviderGarbled):
        read(chunk(call("f", partialArgs=pieces_of_it), finish="STOP"))


def test_whose_a_call_is_shows_in_who_answers_it() -> None:
    response = {"functionResponse": {"name": "f", "response": {}}}
    named = {"functionResponse": {"id": "c2", "name": "f", "response": {}}}
    stray = {"functionResponse": {"name": "h", "response": {}}}
    calls = [call("f", id="c1"), call("f", id="c2"), call("g", id="c3")]
    events = read(chunk(*calls), chunk(named, response, stray, {"text": "So"}, finish="STOP"))
    assert [(event.id, event.run_by_provider) for event in events[:3]] == [
        ("c2", True),
        ("c1", True),
        ("c3", False),
    ]
    assert events[3] == TextDelta("So")


def test_googles_own_tools_are_told_once() -> None:
    search = {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["a", "b", 1]}, "id": "t1"}
    fetch = {"toolType": "URL_CONTEXT", "args": {"urls": ["https://a.example/"]}}
    maps = {"toolType": "GOOGLE_MAPS", "args": {"at": "here"}, "id": "t2"}
    odd = {"toolType": "GOOGLE_SEARCH_IMAGE"}
    metadata = {"webSearchQueries": ["b", "c"]}
    fetched = {"urlMetadata": [{"retrievedUrl": "https://a.example/"}]}
    events = read(
        chunk({"toolCall": search}, {"toolResponse": {"id": "t1"}}, {"toolCall": fetch}),
        chunk({"toolCall": maps}, {"toolCall": odd}, groundingMetadata=metadata),
        chunk({"text": "x"}, groundingMetadata=metadata, urlContextMetadata=fetched, finish="STOP"),
    )
    assert [(event.name, event.arguments) for event in events if type(event) is ToolCalled] == [
        ("google_search", {"query": "a"}),
        ("google_search", {"query": "b"}),
        ("url_context", {"url": "https://a.example/"}),
        ("google_maps", {"at": "here"}),
        ("google_search", {"query": "c"}),
    ]
    assert all(event.run_by_provider for event in events if type(event) is ToolCalled)


def test_every_kind_of_page_is_cited_once() -> None:
    page = {"uri": "https://a.example/", "title": "A"}
    found = [
        {"web": page},
        {"maps": {"uri": "https://maps.example/"}},
        {"retrievedContext": {"text": "no address"}},
        {"image": {"sourceUri": "https://new.example/"}},
    ]
    quoted = {"citationSources": [{"uri": "https://b.example/", "license": ""}, page]}
    events = read(
        chunk({"text": "x"}, groundingMetadata={"groundingChunks": found}),
        chunk(citationMetadata=quoted, finish="STOP"),
    )
    assert events[1:-1] == [
        SourceCited("https://a.example/", "A"),
        SourceCited("https://maps.example/"),
        SourceCited("https://b.example/"),
    ]


def test_pictures_in_an_answer_are_given_and_files_elsewhere_spoken_of() -> None:
    picture = {"inlineData": {"mimeType": "image/jpeg", "data": PNG_TEXT}}
    broken = {"inlineData": {"mimeType": "image/png", "data": "no base64!"}}
    sound = {"inlineData": {"mimeType": "audio/l16", "data": "aGk="}}
    file = {"fileData": {"fileUri": "https://a.example/"}}
    thought = picture | {"thought": True}
    events = read(chunk(picture, file, thought, broken, sound, finish="STOP"))
    assert events[:-1] == [
        MediaGiven(PNG, "image/png"),
        TextDelta("\n\n[a file, which cannot be shown here]\n\n"),
        TextDelta("\n\n[image/png, which cannot be shown here]\n\n"),
        MediaGiven(b"hi", "audio/l16"),
    ]


@pytest.mark.parametrize(
    ("reason", "expected", "note"),
    [
        ("STOP", "stop", None),
        ("MAX_TOKENS", "length", None),
        ("SAFETY", "content_filter", "SAFETY"),
        ("RECITATION", "content_filter", "RECITATION"),
        ("PROHIBITED_CONTENT", "content_filter", "PROHIBITED_CONTENT"),
        ("BLOCKLIST", "content_filter", "BLOCKLIST"),
        ("SPII", "content_filter", "SPII"),
        ("LANGUAGE", "content_filter", "LANGUAGE"),
        ("IMAGE_SAFETY", "content_filter", "IMAGE_SAFETY"),
        ("CONTINUATION", "length", "CONTINUATION"),
        ("OTHER", "stop", "OTHER"),
        ("NEW_IN_2030", "stop", "NEW_IN_2030"),
    ],
)
def test_why_it_stopped(reason: str, expected: str, note: str | None) -> None:
    [stopped] = read(chunk(finish=reason))
    assert (stopped.reason, stopped.note) == (expected, note)


def test_a_filtered_answer_keeps_its_words_and_says_why() -> None:
    cut = chunk(finish="SAFETY", finishMessage="Too   dangerous.")
    assert read(chunk({"text": "First"}), cut) == [
        TextDelta("First"),
        ModelStopped("content_filter", None, "Too dangerous."),
    ]


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])
def test_a_call_that_the_model_could_not_write_is_worth_another_try(reason: str) -> None:
    with pytest.raises(ProviderBrokeOff, match="Malformed function call: f") as caught:
        read(chunk(finish=reason, finishMessage="Malformed function call: f("))
    assert caught.value.retryable


def test_signatures_that_went_missing_are_the_requests_fault() -> None:
    with pytest.raises(ProviderRejected, match="MISSING_THOUGHT_SIGNATURE"):
        read(chunk(finish="MISSING_THOUGHT_SIGNATURE"))


@pytest.mark.parametrize(
    ("feedback", "words"),
    [
        ({"blockReason": "PROHIBITED_CONTENT"}, "PROHIBITED_CONTENT"),
        ({"blockReason": "SAFETY", "blockReasonMessage": "Not this."}, "Not this."),
    ],
)
def test_a_blocked_question_is_an_error(feedback: dict[str, Any], words: str) -> None:
    blocked = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 3}}
    for ask in (
        lambda: read(blocked),
        lambda: GenerateReader().whole(msgspec.json.encode(blocked)),
    ):
        with pytest.raises(ProviderRejected, match=words) as caught:
            ask()
        assert type(caught.value) is ProviderRejected
    rated = {"promptFeedback": {"safetyRatings": []}}
    assert read(rated, chunk({"text": "x"}, finish="STOP"))[0] == TextDelta("x")


def test_an_answer_goes_on_after_a_reason_to_finish() -> None:
    with pytest.raises(ProviderBrokeOff):
        read(chunk(call("f"), finish="STOP"), chunk({"text": "and"}))
    late = {"candidates": [{"content": {"role": "model"}, "groundingMetadata": {}}]}
    usage = {"usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}}
    events = read({}, usage, chunk({"text": "x"}, finish="STOP"), late, usage, {"candidates": None})
    assert events == [TextDelta("x"), ModelStopped("stop", Usage(1, 2, 3))]


def test_of_several_answers_the_first_is_read() -> None:
    both = chunk({"text": "one"}, finish="STOP")
    both["candidates"].append({"content": {"parts": [{"text": "other"}]}, "index": 1})
    assert read(both)[:-1] == [TextDelta("one")]


def test_garbage_is_no_answer() -> None:
    misshapen = (
        chunk({"functionCall": "f"}),
        chunk({"executableCode": 5}),
        chunk({"inlineData": []}),
        {"candidates": 5},
        {"candidates": [{"content": {"parts": ["x"]}}]},
    )
    for garbage in (b"<html>", b"{", b"[]", b"[DONE]", *map(msgspec.json.encode, misshapen)):
        with pytest.raises(ProviderGarbled):
            list(GenerateReader().feed(garbage))
    for body in (b"{", b'{"object":"list"}', b"[]"):
        with pytest.raises(ProviderGarbled):
            GenerateReader().whole(body)
    with pytest.raises(ProviderBrokeOff):
        GenerateReader().whole(b'{"candidates":[]}')


def test_after_the_end_nothing_counts() -> None:
    reader = GenerateReader()
    whole = chunk({"text": "x"}, finish="STOP")
    assert len([*reader.feed(msgspec.json.encode(whole)), *reader.finish()]) == 2
    assert reader.ended
    assert [*reader.feed(msgspec.json.encode(whole)), *reader.finish()] == []
    other = {"candidates": [{"content": {"parts": [{"new": 1}]}, "finishReason": "STOP"}]}
    assert [type(event) for event in read(other)] == [ModelStopped]

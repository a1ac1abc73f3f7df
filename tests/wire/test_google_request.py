"""Prompt → generateContent request, held against requests that Google accepted."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from msgspec import structs

from adapters.google.catalog import CARDS
from adapters.google.events import GenerateReader
from adapters.google.request import generate_request
from domain.catalog.card import Capability
from domain.catalog.catalog import Catalog
from domain.errors import InvalidRequest, ModelCannot
from domain.turn.events import ToolCalled, ToolReturned
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    Role,
    Round,
    TextPart,
)
from tests.wire.answers import Answer, payloads, streamed
from tests.wire.recordings import RECORDINGS, Exchange, exchanges

CARD = {card.id: card for card in CARDS}
GOOGLES = [{"googleSearch": {}}, {"codeExecution": {}}]
PDF = "data:application/pdf;base64,JVBERi0="
PNG = "data:image/png;base64,iVBORw0KGgo="
WAV = "data:audio/wav;base64,UklGRg=="


def asked(*parts: Part, **more: Any) -> Prompt:
    question = Message("user", parts or (TextPart("Hi"),))
    given: dict[str, Any] = {"card": CARD["gemini-flash"], "messages": (question,)} | more
    return Prompt(**given)


def said(role: Role, *words: str) -> Message:
    return Message(role, tuple(TextPart(word) for word in words))


def text(words: str) -> dict[str, Any]:
    return {"text": words}


def call(name: str, call_id: str | None = None, **args: Any) -> dict[str, Any]:
    return {"functionCall": ({"id": call_id} if call_id else {}) | {"name": name, "args": args}}


def result(name: str, response: Any, call_id: str | None = None) -> dict[str, Any]:
    known = {"id": call_id} if call_id else {}
    return {"functionResponse": known | {"name": name, "response": response}}


UNKNOWN = {"error": "No result of this call is known."}


def sent(*messages: Message, **more: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    contents = generate_request(asked(messages=messages, **more))["contents"]
    return [(content["role"], content["parts"]) for content in contents]


def test_an_ordinary_question() -> None:
    assert generate_request(asked(system="Be brief", temperature=0.3)) == {
        "contents": [{"role": "user", "parts": [text("Hi")]}],
        "systemInstruction": {"parts": [text("Be brief")]},
        "generationConfig": {
            "maxOutputTokens": 4096,
            "temperature": 0.3,
            "thinkingConfig": {"thinkingBudget": 0},
        },
        "tools": GOOGLES,
    }


def config(**more: Any) -> dict[str, Any]:
    return generate_request(asked(**more))["generationConfig"]


@pytest.mark.parametrize(("wanted", "clamped"), [(2.7, 2.0), (-1.0, 0.0), (0.5, 0.5)])
def test_temperature_is_clamped(wanted: float, clamped: float) -> None:
    assert config(temperature=wanted)["temperature"] == clamped
    assert "temperature" not in config()


@pytest.mark.parametrize("card", ["gemini-3-pro-preview", "gemini-pro", "gemini-flash"])
@pytest.mark.parametrize("effort", [2048, 8000, 16_000])
def test_thinking_has_a_budget_beside_the_answers(card: str, effort: int) -> None:
    made = config(card=CARD[card], effort=effort, max_tokens=100)
    assert made["thinkingConfig"] == {"thinkingBudget": effort, "includeThoughts": True}
    assert made["maxOutputTokens"] == effort + 100


@pytest.mark.parametrize("card", ["gemini-3-pro-preview", "gemini-pro"])
def test_models_that_always_think_do_so_as_they_see_fit(card: str) -> None:
    made = config(card=CARD[card], max_tokens=100)
    assert made["thinkingConfig"] == {"thinkingBudget": -1}
    assert made["maxOutputTokens"] == 8292


@pytest.mark.parametrize(("wanted", "limit"), [(65_000, 65_535), (70_000, 70_000)])
def test_room_for_thoughts_ends_where_the_models_do(wanted: int, limit: int) -> None:
    assert config(effort=2048, max_tokens=wanted)["maxOutputTokens"] == limit


def test_models_that_take_words_for_effort() -> None:
    card = structs.replace(CARD["gemini-flash"], efforts=("low", "medium", "high"))
    made = config(card=card, effort="high")
    assert made["thinkingConfig"] == {"thinkingLevel": "high", "includeThoughts": True}
    assert made["maxOutputTokens"] == 4096 + 8192
    assert config(card=card) == {"maxOutputTokens": 4096}


def test_models_that_cannot_think_are_not_told_how_to() -> None:
    card = structs.replace(CARD["gemini-flash"], can=frozenset(), efforts=())
    assert generate_request(asked(card=card, temperature=0.1)) == {
        "contents": [{"role": "user", "parts": [text("Hi")]}],
        "generationConfig": {"maxOutputTokens": 4096},
    }


def test_every_system_message_is_in_the_system_instruction() -> None:
    messages = (said("system", "One", "two"), said("user", "Hi"), said("system", "Three"))
    body = generate_request(asked(messages=messages, system="Mine"))
    assert body["systemInstruction"] == {"parts": [text("Mine\n\nOne two\n\nThree")]}
    assert body["contents"] == [{"role": "user", "parts": [text("Hi")]}]


def test_neighbours_of_one_role_are_one_content() -> None:
    assert sent(
        said("assistant", "Welcome"),
        said("user", "One"),
        said("user", "Two"),
        said("assistant"),
        Message("user", (ImagePart(PNG),)),
        Message("assistant", (TextPart("Three"), ImagePart(PNG))),
        said("assistant", "Four"),
    ) == [
        ("model", [text("Welcome")]),
        (
            "user",
            [
                text("One"),
                text("Two"),
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
            ],
        ),
        ("model", [text("Three [an image]"), text("Four")]),
    ]


def test_parts_in_the_contracts_order() -> None:
    parts = (AudioPart(WAV), ImagePart(PNG), FilePart(PDF), TextPart(" "), TextPart("Look"))
    [(_, content)] = sent(Message("user", parts))
    assert content[0] == text("Look")
    assert [part["inlineData"]["mimeType"] for part in content[1:]] == [
        "application/pdf",
        "image/png",
        "audio/wav",
    ]


def inline(kind: str, data: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": data}}


def by_address(url: str, kind: str | None = None) -> dict[str, Any]:
    return {"fileData": {"fileUri": url} | ({"mimeType": kind} if kind else {})}


GOOGLES_FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc"
VIDEO = "https://www.youtube.com/watch?v=1"


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (ImagePart("data:image/jpg;base64,/9j/4A=="), inline("image/jpeg", "/9j/4A==")),
        (FilePart(PNG), inline("image/png", "iVBORw0KGgo=")),
        (FilePart("data:text/csv,a%2Cb", "t.csv"), inline("text/plain", "YSxi")),
        (
            FilePart("data:application/octet-stream;base64,e30=", mime_type="application/json"),
            inline("text/plain", "e30="),
        ),
        (FilePart("data:video/mp4;base64,AAAA"), inline("video/mp4", "AAAA")),
        (FilePart("data:audio/mpeg;base64,AAAA"), inline("audio/mpeg", "AAAA")),
        (AudioPart("data:;base64,AAAA", "audio/ogg"), inline("audio/ogg", "AAAA")),
        (FilePart(GOOGLES_FILE, "a.pdf"), by_address(GOOGLES_FILE)),
        (FilePart(GOOGLES_FILE, None, "text/csv"), by_address(GOOGLES_FILE, "text/csv")),
        (FilePart(VIDEO), by_address(VIDEO)),
        (ImagePart("https://x/y.jpg?h=1"), by_address("https://x/y.jpg?h=1", "image/jpeg")),
        (AudioPart("https://x/y", "audio/wav"), by_address("https://x/y", "audio/wav")),
    ],
)  # fmt: skip
def test_attachments(part: Part, made: dict[str, Any]) -> None:
    assert sent(Message("user", (part,))) == [("user", [made])]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (ImagePart("data:image/gif;base64,R0lGODlh"), "see image/gif; send JPEG"),
        (ImagePart("data:text/plain;base64,aGk="), "see text/plain; send JPEG"),
        (FilePart("data:image/tiff;base64,SUkqAA=="), "see image/tiff; send JPEG"),
        (FilePart("data:application/zip;base64,UEsDBA=="), "read application/zip files; send"),
        (AudioPart("data:application/pdf;base64,JVBERi0="), "listen to application/pdf; send WAV"),
    ],
)
def test_what_the_wire_cannot_carry(part: Part, words: str) -> None:
    with pytest.raises(ModelCannot, match=words):
        generate_request(asked(part))


@pytest.mark.parametrize("url", ["data:image/png;base64,%%%", "data:image/png", "data:x;base64,é"])
def test_data_urls_that_hold_nothing(url: str) -> None:
    with pytest.raises(InvalidRequest, match="data URL"):
        generate_request(asked(ImagePart(url)))


def test_history_with_calls() -> None:
    assert sent(
        said("user", "Time?"),
        Message(
            "assistant",
            (TextPart("Wait"),),
            (CallMade("c1", "f", '{"a": 1}'), CallMade("c2", "g", "")),
        ),
        Message("tool", (TextPart("two"),), answers_call="c2"),
        Message("tool", (TextPart('{"one": 1}'),), answers_call="c1"),
        said("user", "Well?"),
    ) == [
        ("user", [text("Time?")]),
        ("model", [text("Wait"), call("f", "c1", a=1), call("g", "c2")]),
        ("user", [result("f", {"one": 1}, "c1"), result("g", {"output": "two"}, "c2")]),
        ("user", [text("Well?")]),
    ]


def test_a_result_may_name_its_tool_itself() -> None:
    assert sent(
        said("user", "Time?"),
        Message("assistant", (), (CallMade("", "f", "{}"), CallMade("c2", "g", "{}"))),
        Message("tool", (TextPart('{"tool": "g", "x": 2}'),)),
        Message("tool", (TextPart('{"tool": "f", "x": 1}'),)),
        said("user", "Well?"),
    )[1:3] == [
        ("model", [call("f"), call("g", "c2")]),
        ("user", [result("f", {"tool": "f", "x": 1}), result("g", {"tool": "g", "x": 2}, "c2")]),
    ]


def test_every_call_has_its_result_and_every_result_its_call() -> None:
    made = Message("assistant", (), (CallMade("c1", "f", "{}"),))
    assert sent(
        Message("tool", (TextPart("lost"),), answers_call="c0"),
        made,
        said("assistant", "Anyway"),
        made,
        said("user", "And now?"),
        made,
        Message("tool", (TextPart('{"late": 1}'),), answers_call="c9"),
        made,
    ) == [
        ("user", [text("[the result of a tool: lost]")]),
        ("model", [call("f", "c1")]),
        ("user", [result("f", UNKNOWN, "c1")]),
        ("model", [text("Anyway"), call("f", "c1")]),
        ("user", [result("f", UNKNOWN, "c1")]),
        ("user", [text("And now?")]),
        ("model", [call("f", "c1")]),
        ("user", [result("f", UNKNOWN, "c1")]),
        ("user", [text('[the result of a tool: {"late":1}]')]),
        ("model", [call("f", "c1")]),
        ("user", [result("f", UNKNOWN, "c1")]),
    ]


def test_a_call_never_comes_first() -> None:
    made = Message("assistant", (), (CallMade("c1", "f", "{}"),))
    assert sent(made, said("user", "Hi")) == [
        ("user", [text("Hello.")]),
        ("model", [call("f", "c1")]),
        ("user", [result("f", UNKNOWN, "c1")]),
        ("user", [text("Hi")]),
    ]


def test_a_round_without_the_models_own_parts() -> None:
    ran = ToolCalled("s1", "google_search", {}, run_by_provider=True)
    calls = (ToolCalled("c1", "f", {"a": 1}), ran, ToolCalled("c2", "g", {}))
    results = (
        ToolReturned("c2", "g", "no", failed=True),
        ToolReturned("c1", "f", None),
    )
    assert sent(said("user", "Hi"), rounds=(Round("Wait", calls, results),))[1:] == [
        ("model", [text("Wait"), call("f", "c1", a=1), call("g", "c2")]),
        ("user", [result("f", {}, "c1"), result("g", {"error": "no"}, "c2")]),
    ]


@pytest.mark.parametrize(
    ("value", "response"),
    [("noon", {"output": "noon"}), ({"at": 12}, {"at": 12}), ([1], {"output": [1]})],
)
def test_whatever_a_tool_returns_becomes_an_object(value: Any, response: Any) -> None:
    state = (call("f", "c1") | {"thoughtSignature": "s"},)
    round_ = Round("", (ToolCalled("c1", "f", {}),), (ToolReturned("c1", "f", value),), state)
    [_, handed_back, results] = sent(said("user", "Hi"), rounds=(round_,))
    assert handed_back == ("model", [*state])
    assert results == ("user", [result("f", response, "c1")])


def test_a_call_nobody_here_answers_is_answered_all_the_same() -> None:
    googles = {"functionCall": {"id": "c3", "name": "h", "args": {}}}
    answered = {"functionResponse": {"name": "h", "response": {}}}
    state = (googles, answered, call("ours", "c1"), call("theirs", "c2"))
    round_ = Round("", (ToolCalled("c1", "ours", {}),), (ToolReturned("c1", "ours", "x"),), state)
    [_, _, (_, results)] = sent(said("user", "Hi"), rounds=(round_,))
    assert results == [result("ours", {"output": "x"}, "c1"), result("theirs", UNKNOWN, "c2")]


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("gemini", "gemini-3-pro-preview"),
        ("gemini-2.5-pro", "gemini-pro"),
        ("gemini-mini", "gemini-flash"),
        ("cheapest-gemini", "gemini-flash"),
        ("cheapest-model", "gemini-flash"),
        ("gemini-3-flash-preview", "gemini-flash"),
    ],
)
def test_names_of_the_models(name: str, card: str) -> None:
    found = Catalog(CARDS).find(name)
    assert found.id == card
    assert found.efforts == (2048, 8000, 16_000)
    assert found.able_to(Capability.AUDIO_IN)


class Loop(NamedTuple):
    """A recorded answer with calls, and what the request after it added."""

    name: str
    answer: Exchange
    added: list[dict[str, Any]]


def loops() -> Iterator[Loop]:
    for first, then in pairwise(exchanges("gemini", "generate")):
        before, after = first.sent.get("contents"), then.sent.get("contents")
        if first.name.partition("#")[0] != then.name.partition("#")[0] or not before or not after:
            continue
        added = after[len(before) :]
        if after[: len(before)] == before and "functionResponse" in str(added[1:2]):
            yield Loop(first.name, first, added[:2])


LOOPS = [*loops()]


def test_there_are_loops() -> None:
    assert len(LOOPS) > 15 or not RECORDINGS.is_dir()


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
def test_recorded_tool_loops(loop: Loop) -> None:
    reader, response = GenerateReader(), loop.answer.response
    if "text" in response:
        events = streamed(reader, payloads([response["text"].encode()]))
    elif "chunks" in response:
        events = streamed(reader, (chunk.encode() for chunk in response["chunks"]))
    else:
        events = [*reader.whole(loop.answer.body)]
    answer = Answer(events)
    given = [p["functionResponse"] for p in loop.added[1]["parts"] if "functionResponse" in p]
    results = tuple(
        ToolReturned(call.id, call.name, response["response"])
        for call, response in zip(answer.calls, given, strict=True)
    )
    round_ = Round(answer.text, tuple(answer.calls), results, answer.stopped.state)
    [_, ours, returned] = sent(said("user", "Hi"), rounds=(round_,))
    assert [told(part) for part in ours[1] if not part.get("thought")] == [
        told(part) for part in loop.added[0]["parts"] if not part.get("thought")
    ]
    assert [told(part) for part in returned[1]] == [
        told({"functionResponse": response}) for response in given
    ]
    called = [part["functionCall"]["id"] for part in ours[1] if "functionCall" in part]
    assert [part["functionResponse"]["id"] for part in returned[1]] == called


def told(part: dict[str, Any]) -> dict[str, Any]:
    """Return the part without what other clients leave out, add or write otherwise."""
    for key in ("functionCall", "functionResponse"):
        if key in part:
            return {key: {k: v for k, v in part[key].items() if k in ("name", "args", "response")}}
    return {"text": part["text"]}

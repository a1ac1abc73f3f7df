"""What is particular to Google's adapter, on a real connection."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

import aiohttp
import pytest
from msgspec import structs

from adapters.google.catalog import CARDS
from adapters.google.chat import GoogleChatModel
from adapters.google.events import GenerateReader
from adapters.transport.patience import Patience
from adapters.transport.streaming import read_answer
from domain.provider_errors import (
    ContextTooLong,
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
)
from domain.turn.metering import Usage
from domain.turn.prompt import FilePart, Message, Prompt, Round, TextPart
from tests.contract.answers import all_of, error_of, heard, text_of
from tests.simulators.body import Body, asked
from tests.simulators.google import (
    GoogleSimulator,
    answer_body,
    answer_stream,
    error_event,
    refusal,
)
from tests.simulators.replies import (
    Cut,
    End,
    Reply,
    delayed,
    dripped,
    joined,
    json_reply,
    paced,
    raw,
    spoiled,
)

SECRET = "AIzaSyA-test-0123456789abcdefghijklmnopq"
CARD = {card.id: card for card in CARDS}
QUESTION = Prompt(CARD["gemini-flash"], (Message("user", (TextPart("Hi"),)),))


@pytest.fixture
def sim() -> Iterator[GoogleSimulator]:
    with GoogleSimulator() as running:
        yield running


@pytest.fixture
async def gemini(sim: GoogleSimulator) -> AsyncGenerator[GoogleChatModel, None]:
    model = GoogleChatModel(SECRET, sim.base_url)
    yield model
    await model.aclose()


def test_nothing_is_imported_before_the_first_question() -> None:
    asked = (
        "import sys, adapters.google.chat as chat;"
        "chat.GoogleChatModel('key');"
        "sys.exit(bool({'aiohttp', 'httpx2', 'google.genai'} & {*sys.modules}))"
    )
    asking = subprocess.run([sys.executable, "-c", asked], check=False, timeout=30)
    assert asking.returncode == 0


HELLO = answer_stream("one two three")
TOO_LONG = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
BAD_KEY = "API key not valid. Please pass a valid API key."
QUOTA = "You exceeded your current quota, please check your plan and billing details."
BLOCKED = json_reply({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "400 bad key": (refusal(400, BAD_KEY, reason="API_KEY_INVALID"), ProviderUnauthorized),
    "401": (refusal(401, f"Bad credentials {SECRET}"), ProviderUnauthorized),
    "403": (refusal(403, f"Key {SECRET} lacks permission"), ProviderUnauthorized),
    "404": (refusal(404, "models/gemini-4 is not found for API version"), ModelNotOffered),
    "400": (refusal(400, f"Bad value for {SECRET}"), ProviderRejected),
    "400 too long": (refusal(400, TOO_LONG), ContextTooLong),
    "413": (raw(b"<html>413 Request Entity Too Large</html>", status=413), ContextTooLong),
    "429": (refusal(429, QUOTA, retry_delay="48s"), ProviderOverloaded),
    "500": (refusal(500, "An internal error has occurred"), ProviderUnavailable),
    "503": (refusal(503, "The model is overloaded."), ProviderUnavailable),
    "503 HTML": (raw(b"<html>down</html>", status=503), ProviderUnavailable),
    "504": (refusal(504, "Deadline expired"), ProviderUnavailable),
    "elsewhere": (Reply([], 302, {"location": "/elsewhere"}), ProviderGarbled),
    "HTML": (raw(b"<!doctype html><html>Log in</html>"), ProviderGarbled),
    "garbage": (raw(b"garbage", "text/event-stream"), ProviderGarbled),
    "no JSON": (raw(b"data: {]\n\n", "text/event-stream"), ProviderGarbled),
    "other JSON": (raw(b'{"hello": "world"}', "application/json"), ProviderGarbled),
    "cut JSON": (raw(b'{"candidates": [', "application/json"), ProviderGarbled),
    "empty": (raw(b"", "text/event-stream"), ProviderBrokeOff),
    "only comments": (raw(b": hello\n\n: again", "text/event-stream"), ProviderBrokeOff),
    "only usage": (raw(b'data: {"usageMetadata":{}}\n\n'), ProviderBrokeOff),
    "no headers": (delayed(HELLO, Cut()), ProviderBrokeOff),
    "closed at once": (delayed(HELLO, End()), ProviderBrokeOff),
    "no HTTP": (delayed(HELLO, b"garbage\r\n\r\n"), ProviderGarbled),
    "reset after headers": (spoiled(HELLO, 0, Cut()), ProviderBrokeOff),
    "error cut short": (spoiled(refusal(500), 0, Cut()), ProviderBrokeOff),
    "overloaded at once": (spoiled(HELLO, 0, error_event()), ProviderUnavailable),
    "overloaded body": (json_reply({"error": {"code": 503}}), ProviderUnavailable),
    "blocked": (BLOCKED, ProviderRejected),
    "no call": (answer_stream("", finish="MALFORMED_FUNCTION_CALL"), ProviderBrokeOff),
}
LATER_FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "reset": (spoiled(HELLO, 2, Cut()), ProviderBrokeOff),
    "closed": (spoiled(HELLO, 2, End()), ProviderBrokeOff),
    "ends early": (spoiled(HELLO, 2, b": bye\n\n"), ProviderBrokeOff),
    "ends inside an event": (spoiled(HELLO, 2, b'data: {"ca'), ProviderBrokeOff),
    "garbage": (spoiled(HELLO, 2, b"data: garbage\n\n"), ProviderGarbled),
    "overloaded": (spoiled(HELLO, 2, error_event()), ProviderUnavailable),
    "limit": (spoiled(HELLO, 2, error_event(429, QUOTA)), ProviderOverloaded),
    "their fault": (spoiled(HELLO, 2, error_event(500, "Oops")), ProviderUnavailable),
    "our fault": (spoiled(HELLO, 2, error_event(400, "Oops")), ProviderRejected),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_faults_before_the_first_word(
    sim: GoogleSimulator, gemini: GoogleChatModel, fault: str
) -> None:
    reply, kind = FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(gemini, QUESTION)
    assert (type(error), said) == (kind, [])
    assert_fit_for_clients(error)
    assert len(sim.requests) == 1, "nothing is retried in here, and no redirect is followed"


@pytest.mark.parametrize("fault", LATER_FAULTS)
async def test_faults_in_mid_answer(
    sim: GoogleSimulator, gemini: GoogleChatModel, fault: str
) -> None:
    reply, kind = LATER_FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(gemini, QUESTION)
    assert type(error) is kind
    assert text_of(said) == "one two"
    assert {type(event) for event in said} == {TextDelta}
    assert_fit_for_clients(error)
    assert await all_of(gemini, QUESTION), "the next answer is not harmed"


def assert_fit_for_clients(error: ProviderError) -> None:
    assert error.provider == "gemini"
    assert "gemini" in str(error)
    for hidden in (SECRET, "127.0.0.1", "<html"):
        assert hidden not in str(error)


def reading(answer: Body) -> AsyncGenerator[Sequence[ModelEvent], None]:
    return read_answer("gemini", asked(answer), GenerateReader(), Patience())


@pytest.mark.parametrize("failure", [None, aiohttp.ClientPayloadError("cut")])
async def test_cut_after_each_byte(failure: Exception | None) -> None:
    body = answer_stream("one two", thinking=["Hm"]).body
    whole, _ = await heard(reading(Body(body, None)))
    told_why = body.index(b"\r\n", body.index(b'"finishReason"'))
    for at in range(told_why if failure is None else len(body) + 1):
        said, error = await heard(reading(Body(body[:at], failure)))
        assert type(error) is ProviderBrokeOff, body[:at]
        assert text_of(whole).startswith(text_of(said))
        assert not any(isinstance(event, ModelStopped) for event in said)
    if failure is None:
        for at in range(told_why, len(body)):
            assert await heard(reading(Body(body[:at], None))) == (whole, None)


async def test_how_long_to_wait_is_passed_on(sim: GoogleSimulator, gemini: GoogleChatModel) -> None:
    sim.script(refusal(429, retry_delay="7.5s"), refusal(429, retry_after="9"), refusal(429))
    waits: list[float | None] = []
    for _ in range(3):
        error, _ = await error_of(gemini, QUESTION)
        assert isinstance(error, ProviderOverloaded)
        waits.append(error.retry_after_s)
    assert waits == [7.5, 9.0, None]


async def test_what_happened_to_the_connection_is_the_cause(
    sim: GoogleSimulator, gemini: GoogleChatModel
) -> None:
    sim.script(delayed(HELLO, Cut()))
    error, _ = await error_of(gemini, QUESTION)
    assert isinstance(error.__cause__, aiohttp.ClientError | OSError)


@pytest.mark.parametrize("shape", [dripped, joined, lambda reply: paced(reply, 0.0)])
async def test_however_it_is_sent(
    sim: GoogleSimulator, gemini: GoogleChatModel, shape: Callable[[Reply], Reply]
) -> None:
    calls = [("c1", "clock", {"zone": "UTC"}), ("", "noon", {})]
    sim.script(shape(answer_stream("Grüße 🌍", thinking=["Hm", "m"], calls=calls)))
    events = await all_of(gemini, QUESTION)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Grüße 🌍"
    assert "".join(e.text for e in events if isinstance(e, ThinkingDelta)) == "Hmm"
    assert [event for event in events if isinstance(event, ToolCalled)] == [
        ToolCalled("c1", "clock", {"zone": "UTC"}, "gemini"),
        ToolCalled("call_simulated_1", "noon", {}, "gemini"),
    ]
    stopped = events[-1]
    assert isinstance(stopped, ModelStopped)
    assert (stopped.reason, stopped.usage) == ("tool_calls", Usage(7, 6, 13, 0, 2))


async def test_an_answer_in_one_piece(sim: GoogleSimulator, gemini: GoogleChatModel) -> None:
    sim.script(answer_body("Whole"), dripped(answer_body("Whole")))
    for _ in range(2):
        [said, stopped] = await all_of(gemini, QUESTION)
        assert said == TextDelta("Whole")
        assert isinstance(stopped, ModelStopped)


async def test_what_is_sent(
    sim: GoogleSimulator, gemini: GoogleChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "somebody's")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:1")
    await all_of(gemini, structs.replace(QUESTION, effort=2048))
    [request] = sim.requests
    assert request.path == "/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse"
    assert request.headers["x-goog-api-key"] == SECRET
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert SECRET not in request.path
    assert request.json["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]
    thinking = request.json["generationConfig"]["thinkingConfig"]
    assert thinking == {"thinkingBudget": 2048, "includeThoughts": True}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("tunedModels/mine", "/v1beta/tunedModels/mine"),
        ("a?key#c d", "/v1beta/models/a%3Fkey%23c%20d"),
    ],
)
async def test_a_models_name_stays_in_its_place(
    sim: GoogleSimulator, gemini: GoogleChatModel, model: str, path: str
) -> None:
    sim.script(HELLO)
    await all_of(
        gemini, structs.replace(QUESTION, card=structs.replace(QUESTION.card, model=model))
    )
    assert sim.requests[0].path == f"{path}:streamGenerateContent?alt=sse"


async def test_a_base_url_may_have_a_path(sim: GoogleSimulator) -> None:
    model = GoogleChatModel(SECRET, f"{sim.base_url}/gateway/")
    sim.script(HELLO)
    await all_of(model, QUESTION)
    assert sim.requests[0].path.startswith("/gateway/v1beta/models/")
    await model.aclose()


async def test_a_large_attachment_gets_there(sim: GoogleSimulator, gemini: GoogleChatModel) -> None:
    content = "A" * 4_000_000
    file = FilePart(f"data:application/pdf;base64,{content}")
    await all_of(gemini, Prompt(QUESTION.card, (Message("user", (file,)),)))
    [part] = sim.requests[0].json["contents"][0]["parts"]
    assert part["inlineData"]["data"] == content


async def test_the_next_round_hands_back_what_was_signed(
    sim: GoogleSimulator, gemini: GoogleChatModel
) -> None:
    calls = [("", "clock", {"zone": "UTC"}), ("c2", "noon", {})]
    sim.script(answer_stream("", thinking=["Hm"], calls=calls))
    [_, clock, noon, stopped] = await all_of(gemini, QUESTION)
    assert isinstance(clock, ToolCalled)
    assert isinstance(noon, ToolCalled)
    assert isinstance(stopped, ModelStopped)
    results = (ToolReturned(noon.id, "noon", "12"), ToolReturned(clock.id, "clock", "11"))
    round_ = Round("", (clock, noon), results, stopped.state)
    await all_of(gemini, structs.replace(QUESTION, rounds=(round_,)))
    [_, said, returned] = sim.requests[-1].json["contents"]
    assert said["parts"] == [
        {"text": "Hm", "thought": True},
        {
            "functionCall": {"id": clock.id, "name": "clock", "args": {"zone": "UTC"}},
            "thoughtSignature": "c2lnbmVk",
        },
        {"functionCall": {"id": "c2", "name": "noon", "args": {}}},
    ]
    assert returned["parts"] == [
        {
            "functionResponse": {
                "id": clock.id,
                "name": "clock",
                "response": {"output": "11"},
            }
        },
        {"functionResponse": {"id": "c2", "name": "noon", "response": {"output": "12"}}},
    ]


async def test_what_comes_together_is_one_piece_of_each_kind() -> None:
    whole, error = await heard(
        reading(Body(answer_stream("one two", thinking=["Hm", "."]).body, None))
    )
    assert error is None
    assert whole[:-1] == [ThinkingDelta("Hm."), TextDelta("one two")]
    assert isinstance(whole[-1], ModelStopped)

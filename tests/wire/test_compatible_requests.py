"""What is sent to xAI, Groq, DeepSeek and Perplexity, and the cards behind it."""

from itertools import pairwise
from typing import Any

import pytest

from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.openai.catalog import CARDS as OPENAI_CARDS
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.chat_wire.request import chat_request
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import ModelCannot
from domain.tools import ToolSpec
from domain.turn.events import ToolCalled, ToolReturned
from domain.turn.prompt import CallMade, ImagePart, Message, Prompt, Round, TextPart
from tests.wire.answers import Answer
from tests.wire.recordings import Exchange, case, exchanges

MODULES = (xai, groq, deepseek, perplexity)
DIALECTS = {module.PROVIDER: module.DIALECT for module in MODULES}
CARDS = [card for module in MODULES for card in module.CARDS]
CARD = {card.id: card for card in CARDS}
OURS = ToolSpec("ours", "Does it", {"type": "object"})
THEIRS = {"name": "theirs", "description": "d", "parameters": {"type": "object"}}
CALLED = ToolCalled("c1", "ours", {"a": 1})
RETURNED = ToolReturned("c1", "ours", "one")


def request(model: str, *messages: Message, **more: Any) -> dict[str, Any]:
    card = CARD[model]
    asked = messages or (Message("user", (TextPart("Hi"),)),)
    return chat_request(Prompt(card, asked, **more), DIALECTS[card.provider].quirks)


def user(text: str) -> Message:
    return Message("user", (TextPart(text),))


def assistant(text: str, *calls: CallMade) -> Message:
    return Message("assistant", (TextPart(text),) if text else (), calls)


ROWS = {
    "grok-4": ("grok-4-latest", "T I F", 8192, None, "grok"),
    "grok-4.1-mini": ("grok-4-1-fast-reasoning", "T I F", 4096, None, "grok-mini cheapest-grok"),
    "grok-4-mini": ("grok-4-fast-reasoning-latest", "T I F", 4096, None, ""),
    "gpt-oss-120b": ("openai/gpt-oss-120b", "T F", 4096, None, "gpt-oss"),
    "llama-3.3-70b": ("llama-3.3-70b-versatile", "T F", 4096, None, "llama"),
    "deepseek-chat": ("deepseek-chat", "T F", 4096, "deepseek-reason", "deepseek"),
    "deepseek-reason": ("deepseek-reasoner", "R T F", 4096, None, ""),
    "sonar-deep-research": ("sonar-deep-research", "R T I C E", 4096, None, ""),
    "sonar-reason-pro": ("sonar-reasoning-pro", "R T C", 4096, None, ""),
    "sonar-reason": ("sonar-reasoning", "R T I C", 4096, None, ""),
    "sonar-pro": ("sonar-pro", "T I C", 4096, "sonar-reason-pro", "perplexity"),
    "sonar": ("sonar", "T I C", 4096, "sonar-reason", "cheapest-perplexity"),
}
LETTERS = {
    Capability.TEMPERATURE: "T",
    Capability.IMAGES_IN: "I",
    Capability.TOOLS: "F",
    Capability.CITATIONS: "C",
    Capability.REASONING: "E",
}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_the_contracts_rows(card: ModelCard) -> None:
    model, letters, output_tokens, counterpart, aliases = ROWS[card.id]
    assert card.model == model
    can = {LETTERS[capability] for capability in card.can & LETTERS.keys()}
    can |= {"R"} if card.thinks else set()
    assert can == set(letters.split())
    assert (card.output_tokens, card.counterpart) == (output_tokens, counterpart)
    assert card.aliases == tuple(aliases.split())
    assert card.attachments_kept == (0 if card.provider == "groq" else 3)
    assert card.efforts == (("low", "medium", "high") if "E" in letters else ())


def test_all_cards_together_make_a_catalogue() -> None:
    catalog = Catalog([*OPENAI_CARDS, *CARDS])
    assert {card.id for card in catalog} >= set(ROWS)
    assert catalog.find("Cheapest-Grok").id == "grok-4.1-mini"
    assert catalog.find("openai/gpt-oss-120b").provider == "groq"
    assert catalog.for_reasoning(catalog.find("deepseek")).id == "deepseek-reason"
    assert catalog.for_reasoning(catalog.find("perplexity")).id == "sonar-reason-pro"


def test_addresses_and_keys() -> None:
    assert {(d.provider, d.key_variable, d.base_url) for d in DIALECTS.values()} == {
        ("xai", "XAI_API_KEY", "https://api.x.ai/v1"),
        ("groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1"),
        ("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1"),
        ("perplexity", "PERPLEXITY_API_KEY", "https://api.perplexity.ai"),
    }


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_parameters(card: ModelCard) -> None:
    body = request(card.id, system="Be brief", temperature=0.3, effort="high", max_tokens=9)
    expected: dict[str, Any] = {
        "model": card.model,
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Hi"},
        ],
        "stream": True,
        "max_tokens": 9,
        "temperature": 0.3,
    }
    if card.provider in ("xai", "deepseek"):
        expected["stream_options"] = {"include_usage": True}
    if card.id == "sonar-deep-research":
        expected["reasoning_effort"] = "high"
    assert body == expected


def test_xai_takes_an_effort_where_a_card_has_one() -> None:
    quirks = DIALECTS["xai"].quirks
    thinker = ModelCard("own", "xai", "grok-x", can=frozenset({Capability.REASONING}))
    prompt = Prompt(thinker, (user("Hi"),), effort="low")
    assert chat_request(prompt, quirks)["reasoning_effort"] == "low"


def test_xais_tool_settings() -> None:
    forced = {"type": "function", "function": {"name": "theirs"}}
    native = {"functions": [THEIRS], "tool_choice": forced, "parallel_tool_calls": False}
    body = request("grok-4", native_tools=native, tools=(OURS,))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["theirs", "ours"]
    assert body["tools"][0] == {"type": "function", "function": THEIRS}
    assert (body["tool_choice"], body["parallel_tool_calls"]) == (forced, False)
    alone = request("grok-4", native_tools={"tool_choice": "none", "parallel_tool_calls": None})
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & alone.keys()


@pytest.mark.parametrize(
    ("choice", "sent"),
    [("auto", "auto"), ("none", "none"), ("required", None), ({"type": "function"}, None)],
)
def test_a_call_is_forced_once(choice: Any, sent: Any) -> None:
    native = {"functions": [THEIRS], "tool_choice": choice}
    assert request("grok-4", native_tools=native)["tool_choice"] == choice
    rounds = (Round("", (CALLED,), (RETURNED,)),)
    assert request("grok-4", native_tools=native, rounds=rounds).get("tool_choice") == sent


@pytest.mark.parametrize(
    ("tool", "words"), [("web_search", "search the web"), ("x_search", "search X")]
)
def test_xais_own_search_is_refused_rather_than_dropped(tool: str, words: str) -> None:
    with pytest.raises(ModelCannot, match=f"'grok-4' cannot {words}"):
        request("grok-4", native_tools={"tools": [{"type": tool}]})
    named = {"type": "function", "function": THEIRS | {"name": tool}}
    assert request("grok-4", native_tools={"tools": [named]})["tools"] == [named]


@pytest.mark.parametrize(
    ("model", "sent"),
    [("llama-3.3-70b", ["ours"]), ("deepseek-chat", ["ours"]), ("sonar-pro", [])],
)
def test_the_requests_own_tools_are_xais_alone(model: str, sent: list[str]) -> None:
    native = {"functions": [THEIRS], "tool_choice": "auto", "tools": [{"type": "web_search"}]}
    body = request(model, native_tools=native, tools=(OURS,))
    assert [tool["function"]["name"] for tool in body.get("tools", ())] == sent
    assert "tool_choice" not in body


def test_images_by_address() -> None:
    picture = ImagePart("https://x.example/y.png", "low")
    for model in ("grok-4", "sonar"):
        [message] = request(model, Message("user", (TextPart("See"), picture)))["messages"]
        shown = {"url": "https://x.example/y.png", "detail": "low"}
        assert message["content"][1] == {"type": "image_url", "image_url": shown}


CALL = CallMade("c1", "f", "{}")
RESULT = Message("tool", (TextPart("one"),), answers_call="c1")


@pytest.mark.parametrize("model", ["deepseek-chat", "sonar"])
@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([user("a"), user("b")], ["S", "a|b"]),
        ([assistant("greet"), user("a")], ["S", "Hello.", "greet", "a"]),
        ([user("a"), assistant("b"), assistant("c"), user("d")], ["S", "a", "b|c", "d"]),
        ([user("a"), assistant("b")], ["S", "a", "b", "Go on."]),
        ([Message("system", (TextPart("T"),)), user("a")], ["S|T", "a"]),
        ([user("a"), Message("system", (TextPart("T"),))], ["S", "a", "T", "Go on."]),
        ([user("a"), assistant("b"), assistant("", CALL), RESULT], ["S", "a", "b+", "one"]),
        (
            [user("a"), assistant("", CALL), RESULT, user("b"), user("c")],
            ["S", "a", "+", "one", "b|c"],
        ),
        (
            [user("a"), assistant("", CALL), RESULT, assistant("b"), user("c")],
            ["S", "a", "+", "one", "b", "c"],
        ),
        (
            [user("a"), assistant("", CALL), RESULT, RESULT],
            ["S", "a", "+", "one", "[the result of a tool: one]"],
        ),
    ],
)
def test_who_speaks_when(model: str, history: list[Message], expected: list[str]) -> None:
    messages = request(model, *history, system="S")["messages"]
    shown = [
        (message["content"] or "").replace("\n\n", "|") + ("+" if "tool_calls" in message else "")
        for message in messages
    ]
    assert shown == expected


def test_pictures_and_words_of_one_role_are_joined() -> None:
    picture = Message("user", (ImagePart("https://x.example/y.png"),))
    [message] = request("sonar", user("a"), picture, user("b"))["messages"]
    assert [item["type"] for item in message["content"]] == ["text", "image_url", "text"]


@pytest.mark.parametrize("model", ["grok-4", "llama-3.3-70b"])
def test_others_take_messages_as_they_are(model: str) -> None:
    messages = request(model, assistant("greet"), user("a"), user("b"))["messages"]
    assert [message["role"] for message in messages] == ["assistant", "user", "user"]


def test_deepseek_gets_its_thoughts_back_with_the_calls() -> None:
    thoughts = Round("", (CALLED,), (RETURNED,), ({"reasoning_content": "hm"},))
    silent = Round("", (CALLED,), (RETURNED,))
    body = request("deepseek-reason", rounds=(thoughts, silent), tools=(OURS,))
    said = [message for message in body["messages"] if message["role"] == "assistant"]
    assert [message["reasoning_content"] for message in said] == ["hm", ""]
    history = (user("a"), assistant("", CALL), RESULT, assistant("b"), user("c"))
    said = [m for m in request("deepseek-reason", *history)["messages"] if m["role"] == "assistant"]
    assert [message.get("reasoning_content") for message in said] == ["", None]
    for model in ("deepseek-chat", "grok-4"):
        body = request(model, rounds=(silent,))
        assert all("reasoning_content" not in message for message in body["messages"])


LOOPS = [
    ("deepseek", "deepseek-reason", "test-deepseek-deferred-capability-with-thinking"),
    (
        "deepseek",
        "deepseek-chat",
        "chat-function-calling-deepseek-deepseek-chat-can-use-parallel-tool-calls",
    ),
    ("groq", "llama-3.3-70b", "test-tool-choice-matrix-auto-groq"),
]


@pytest.mark.parametrize(("provider", "model", "name"), LOOPS)
def test_recorded_tool_loops(provider: str, model: str, name: str) -> None:
    compared = 0
    for first, then in pairwise(case(provider, "chat", name)):
        before, after = first.sent["messages"], then.sent["messages"]
        added = after[len(before) :]
        reader = ChatReader(provider, DIALECTS[provider].quirks)
        answer = Answer([*reader.whole(first.body)])
        own = {call.id for call in answer.calls}
        results = tuple(
            ToolReturned(message["tool_call_id"], "", message["content"])
            for message in added
            if message.get("tool_call_id") in own
        )
        round_ = Round(answer.text, tuple(answer.calls), results, answer.stopped.state)
        messages = request(model, rounds=(round_,))["messages"][1:]
        for mine in messages:
            assert comparable(mine) in [comparable(theirs) for theirs in added]
            compared += 1
    assert compared


def comparable(message: dict[str, Any]) -> Any:
    calls = [
        (call["id"], call["function"]["name"], call["function"]["arguments"].replace(" ", ""))
        for call in message.get("tool_calls") or ()
    ]
    said = message.get("content") or "", message.get("reasoning_content")
    return message["role"], said, calls, message.get("tool_call_id")


def recorded() -> list[Exchange]:
    return [
        exchange
        for provider in DIALECTS
        for exchange in exchanges(provider, "chat")
        if exchange.sent and exchange.status == 200
    ]


def test_everything_we_send_has_been_accepted_before() -> None:
    if not recorded():
        pytest.skip("the recorded provider traffic is not there; set PARLEY_RECORDINGS")
    accepted: dict[str, set[str]] = {provider: set() for provider in DIALECTS}
    for exchange in recorded():
        accepted[exchange.name.partition("/")[0]].update(exchange.sent)
    for card in CARDS:
        if card.provider == "xai":
            continue  # No request of its chat wire was recorded.
        sent = set(request(card.id, system="S", temperature=0.1, effort="low", tools=(OURS,)))
        # The contract's own; providers document it, and no recording happens to use it.
        assert sent - {"max_tokens", "temperature"} <= accepted[card.provider]

"""What every chat model that asks over HTTP does with its connections, keys and waits."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from adapters.transport.patience import Patience
from domain.errors import NotConfigured
from domain.provider_errors import (
    FirstTokenTimedOut,
    ProviderBrokeOff,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderUnavailable,
    ProviderUnreachable,
    StreamStalled,
)
from domain.turn.prompt import Prompt
from tests.contract.answers import all_of, error_of, text_of
from tests.contract.chat_models import card_of, http_model, question, simulator_of
from tests.simulators.provider_wires import SAID, TALK, WIRES, Wire
from tests.simulators.replies import Cut, End, Gate, Hang, Reply, Step, delayed
from tests.simulators.server import Simulator

IMPATIENT = Patience(connect_s=5.0, first_token_s=0.2, idle_s=0.2)
SILENT_LATER = Patience(idle_s=0.05)
KEY_VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GOOGLE_API_KEY",
    "xai": "XAI_API_KEY",
    "groq": "GROQ_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "perplexity": "PERPLEXITY_API_KEY",
}
"""A local server needs none."""


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    return WIRES[request.param]


@pytest.fixture
def sim(wire: Wire) -> Iterator[Simulator]:
    with simulator_of(wire) as running:
        running.default = wire.talk
        yield running


@pytest.fixture
async def model(wire: Wire, sim: Simulator) -> AsyncGenerator[Any, None]:
    made = http_model(wire, sim.address)
    yield made
    await made.aclose()


@pytest.fixture
def asked(wire: Wire) -> Prompt:
    return question(card_of(wire))


async def test_no_encoding_is_offered_that_a_machine_may_not_know(
    sim: Simulator, model: Any, asked: Prompt
) -> None:
    await all_of(model, asked)
    assert [one.headers["accept-encoding"] for one in sim.requests] == ["gzip, deflate"]


async def test_a_finished_answer_leaves_its_connection_to_the_next(
    sim: Simulator, model: Any, asked: Prompt
) -> None:
    for _ in range(3):
        await all_of(model, asked)
    assert sim.open_connections == 1


async def test_closing_the_model_closes_its_connections_and_not_the_next(
    wire: Wire, sim: Simulator, asked: Prompt
) -> None:
    model = http_model(wire, sim.address)
    await model.aclose()
    await all_of(model, asked)
    await model.aclose()
    assert text_of(await all_of(model, asked)) == TALK
    await model.aclose()


async def test_warming_up_asks_nothing(sim: Simulator, model: Any, asked: Prompt) -> None:
    await model.warm_up()
    assert sim.requests == []
    assert text_of(await all_of(model, asked)) == TALK


SILENCES: dict[str, Callable[[Wire], Reply]] = {
    "before the headers": lambda wire: delayed(wire.talk, Hang()),
    "before the first byte": lambda wire: wire.at_once(Hang()),
    "inside a refusal": lambda wire: replace(wire.refusal(500), steps=[b"{", Hang()]),
}


@pytest.mark.parametrize("silence", SILENCES)
async def test_a_silence_before_the_first_word_is_an_error(
    wire: Wire, sim: Simulator, asked: Prompt, silence: str
) -> None:
    model = http_model(wire, sim.address, patience=IMPATIENT)
    await model.warm_up()
    sim.script(SILENCES[silence](wire))
    error, said = await error_of(model, asked)
    assert (type(error), said) == (FirstTokenTimedOut, [])
    await sim.requests[0].client_left()
    await model.aclose()


async def test_a_silence_in_mid_answer_is_an_error(
    wire: Wire, sim: Simulator, asked: Prompt
) -> None:
    model = http_model(wire, sim.address, patience=SILENT_LATER)
    sim.script(wire.after_words(Hang()))
    error, said = await error_of(model, asked)
    assert (type(error), text_of(said)) == (StreamStalled, SAID)
    await sim.requests[0].client_left()
    await model.aclose()


CUTS: dict[str, tuple[Callable[[Wire], Reply], str]] = {
    "before the headers": (lambda wire: delayed(wire.talk, Cut()), "without a word"),
    "closed before the headers": (lambda wire: delayed(wire.talk, End()), "without a word"),
    "before the first byte": (lambda wire: wire.at_once(Cut()), "without a word"),
    "after words": (lambda wire: wire.after_words(Cut()), "in mid-answer"),
}


@pytest.mark.parametrize("cut", CUTS)
async def test_a_cut_connection_is_told_from_one_that_never_spoke(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt, cut: str
) -> None:
    reply, how = CUTS[cut]
    sim.script(reply(wire))
    error, _ = await error_of(model, asked)
    assert type(error) is ProviderBrokeOff
    assert str(error) == f"{wire.provider} closed the connection {how}"


@pytest.mark.parametrize("how", [Cut, End])
async def test_connections_that_ended_while_they_idled_are_not_the_providers_failure(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt, how: Callable[[], Step]
) -> None:
    gate, talk = Gate(), wire.talk
    slow = replace(talk, steps=[*wire.after_words().steps, gate, *talk.steps[wire.begun :]])
    sim.script(*[slow] * 3)
    at_once = [model.stream(asked) for _ in range(3)]
    for batches in at_once:
        await anext(batches)
    sim.open(gate)
    for batches in at_once:
        async for _ in batches:
            pass
    sim.script(*[delayed(talk, how())] * 3)
    assert text_of(await all_of(model, asked)) == TALK
    assert len({request.body for request in sim.requests}) == 1
    assert (len(sim.requests), sim.open_connections) == (7, 1)


async def test_an_answer_that_had_begun_is_not_asked_for_again_unheard(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt
) -> None:
    await all_of(model, asked)
    sim.script(replace(wire.talk, before=[b"HTTP/1.1 200 OK\r\nx: y\r\n", End()]))
    error, _ = await error_of(model, asked)
    assert type(error) is ProviderBrokeOff
    assert len(sim.requests) == 2


async def test_a_refusal_without_end_is_not_read_to_its_end(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt
) -> None:
    endless = [b" " * 1_000_000] * 100
    sim.script(replace(wire.refusal(500), steps=endless))
    error, _ = await error_of(model, asked)
    assert type(error) is ProviderUnavailable
    request = sim.requests[0]
    ends = [asyncio.wrap_future(end) for end in (request.left, request.finished)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    assert not request.finished.done()


HALVES = {
    "a pair cut in two": (rb"\ud83d", rb"\ude00", "one😀 two three"),
    "a pair in letters of the other case": (rb"\uD83D", rb"\uDE00", "one😀 two three"),
    "the first half alone": (rb"\ud83d", b"", "one\ufffd two three"),
    "the second half alone": (b"", rb"\ude00", "one\ufffd two three"),
    "in the wrong order": (rb"\ude00", rb"\ud83d", "one\ufffd\ufffd two three"),
    "two characters cut": (rb"\ud83d\ude00\ud83d", rb"\ude01\ud83d\ude02", "one😀😁😂 two three"),
}


@pytest.mark.parametrize("in_one_read", [True, False])
@pytest.mark.parametrize("halves", HALVES)
async def test_halves_of_characters_are_joined_over_payloads(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt, halves: str, in_one_read: bool
) -> None:
    end, beginning, text = HALVES[halves]
    steps = [
        step.replace(b'"one"', b'"one%b"' % end).replace(b'" two"', b'"%b two"' % beginning)
        for step in wire.talk.steps
        if isinstance(step, bytes)
    ]
    assert steps != wire.talk.steps
    sim.script(replace(wire.talk, steps=[b"".join(steps)] if in_one_read else steps))
    assert text_of(await all_of(model, asked)) == text


async def test_an_answer_that_ends_with_half_a_character_ends_with_the_sign_for_it(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt
) -> None:
    steps = [step for step in wire.talk.steps if isinstance(step, bytes)]
    cut = [step.replace(b'" three"', rb'" three\ud83d"') for step in steps]
    sim.script(replace(wire.talk, steps=cut))
    assert text_of(await all_of(model, asked)) == "one two three\ufffd"


@pytest.mark.parametrize("wire", ["openai chat", "local"], indirect=True)
async def test_half_a_character_in_an_answer_of_one_piece_is_one_sign(
    sim: Simulator, model: Any, asked: Prompt
) -> None:
    whole = rb'{"choices":[{"message":{"content":"Well\ud83d"},"finish_reason":"stop"}]}'
    sim.script(Reply([whole], headers={"content-type": "application/json"}))
    assert text_of(await all_of(model, asked)) == "Well\ufffd"


PACKED: dict[str, Callable[[Wire], Reply]] = {
    "not at all": lambda wire: wire.at_once(b"data: no gzip\n\n"),
    "wrongly": lambda wire: wire.at_once(gzip.compress(b"")[:10], b"\xff" * 40),
}


@pytest.mark.parametrize("packed", PACKED)
async def test_an_answer_that_is_packed_wrongly_is_none(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt, packed: str
) -> None:
    reply = PACKED[packed](wire)
    sim.script(replace(reply, headers={**reply.headers, "content-encoding": "gzip"}))
    error, said = await error_of(model, asked)
    assert (type(error), said) == (ProviderGarbled, [])
    assert str(error) == f"{wire.provider} sent something that cannot be unpacked"


async def test_an_answer_that_leads_elsewhere_is_not_followed(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt
) -> None:
    sim.script(Reply([], 307, {"location": f"{sim.address}/elsewhere"}))
    error, said = await error_of(model, asked)
    assert (type(error), said) == (ProviderGarbled, [])
    assert "check its base URL" in str(error)
    assert len(sim.requests) == 1


async def test_a_proxy_that_lets_nobody_through_is_not_taken_for_the_provider(
    wire: Wire, sim: Simulator, asked: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.script(Reply([], 407))
    monkeypatch.setenv("HTTPS_PROXY", sim.address)
    model = http_model(wire, "https://provider.invalid")
    error, said = await error_of(model, asked)
    assert (type(error), said) == (ProviderUnreachable, [])
    assert "the proxy on the way" in str(error)
    assert sim.requests[0].method == "CONNECT"
    await model.aclose()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nonsense://x", "nonsense"])
async def test_nobody_there(wire: Wire, asked: Prompt, address: str) -> None:
    model = http_model(wire, address)
    error, said = await error_of(model, asked)
    assert (type(error), said) == (ProviderUnreachable, [])
    assert error.provider == wire.provider
    assert "127.0.0.1" not in str(error)
    await model.aclose()


@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.parametrize(
    "wire", [name for name, wire in WIRES.items() if wire.provider in KEY_VARIABLES], indirect=True
)
async def test_a_missing_key_names_its_variable(
    wire: Wire, sim: Simulator, asked: Prompt, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What an SDK would find by itself is not what the operator has set.
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GEMINI_API_KEY"):
        monkeypatch.setenv(variable, "somebody's")
    model = http_model(wire, sim.address, key)
    await model.warm_up()
    with pytest.raises(NotConfigured) as caught:
        await all_of(model, asked)
    assert caught.value.key == KEY_VARIABLES[wire.provider]
    assert sim.requests == []
    await model.aclose()


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), (None, None)])
async def test_how_long_to_wait_is_passed_on(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt, header: str | None, wait_s: float | None
) -> None:
    sim.script(wire.refusal(429, **({"retry_after": header} if header else {})))
    error, _ = await error_of(model, asked)
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == wait_s


async def test_words_come_as_they_are_written(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt
) -> None:
    gate, talk = Gate(), wire.talk
    rest = talk.steps[wire.begun :]
    sim.script(replace(talk, steps=[*wire.after_words().steps, gate, *rest]))
    async with aclosing(model.stream(asked)) as batches:
        said = [*await anext(batches)]
        assert SAID.startswith(text_of(said))
        while text_of(said) != SAID:
            said += await anext(batches)
        sim.open(gate)
        async for batch in batches:
            said += batch
    assert text_of(said) == TALK


async def test_a_reader_that_leaves_lets_the_others_read_on(
    wire: Wire, sim: Simulator, model: Any, asked: Prompt
) -> None:
    gate, talk = Gate(), wire.talk
    slow = replace(talk, steps=[*wire.after_words().steps, gate, *talk.steps[wire.begun :]])
    sim.script(slow, slow)
    leaving, staying = model.stream(asked), model.stream(asked)
    await anext(leaving)
    said = [*await anext(staying)]
    await leaving.aclose()
    await sim.requests[0].client_left()
    sim.open(gate)
    async with asyncio.timeout(10):
        async for batch in staying:
            said += batch
    assert text_of(said) == TALK

"""Every provider's batches, from handing over to cleaning up, and every way in which they fail."""

from collections.abc import Generator

import pytest

from adapters.memory.clock import ManualClock
from adapters.transport.patience import Patience
from application.batch.services import BatchLanes
from application.ports.batches import Batches
from domain.batch import BatchEnded, BatchRunning, BatchStatus, BatchTicket, number_of
from domain.errors import NotConfigured
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderDown,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    StreamStalled,
)
from tests.contract.batch_services import (
    BATCH,
    WIRES,
    card_of,
    count_of,
    order_of,
    results_of,
    service_of,
)
from tests.simulators.batch_house import BatchHouse, Fate, answer_to
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Cut, Hang, Reply, Step, delayed, failure, json_reply, raw

each_wire = pytest.mark.parametrize("wire", WIRES)
each_provider = pytest.mark.parametrize("wire", ["openai", "anthropic", "gemini"])


@pytest.fixture(scope="module")
def running_house() -> Generator[BatchHouse, None, None]:
    with BatchHouse() as house:
        yield house


@pytest.fixture
def house(running_house: BatchHouse) -> BatchHouse:
    running_house.begin_anew()
    return running_house


@each_wire
async def test_requests_go_up_and_answers_come_down(house: BatchHouse, wire: str) -> None:
    service, order = service_of(wire, house.address), order_of(wire)
    house.fate = Fate(backwards=True)
    ticket = await service.submit(order)
    assert ticket.id == house.only.id
    count = count_of(wire)
    numbers = [number for number, _, _ in house.only.requests]
    assert numbers == [number_of(BATCH, position) for position in range(count)]
    house.states.extend(["running", "ended"])
    assert isinstance(await service.look(ticket), BatchRunning)
    assert await service.look(ticket) == BatchEnded(BatchStatus.COMPLETED)
    results = await results_of(service, ticket, order)
    assert [result.position for result in results] == [*reversed(range(count))]
    found = {result.position: result for result in results}[1]
    assert (found.text, found.stop) == (answer_to("Question 1"), "stop")
    assert found.usage is not None
    assert (found.usage.input_tokens, found.usage.output_tokens) == (100, 10)
    assert found.model.endswith("2026")
    await service.aclose()


@each_wire
async def test_requests_are_put_as_the_contract_says(house: BatchHouse, wire: str) -> None:
    service = service_of(wire, house.address)
    await service.submit(order_of(wire))
    _, _, sent = house.only.requests[0]
    text = str(sent)
    assert "stream" not in sent
    assert "tools" not in sent
    assert "Be brief" in text
    assert "50" in text
    assert "cache_control" not in str(sent.get("messages"))
    assert card_of(wire).model in (sent.get("model"), card_of("gemini").model)
    await service.aclose()


@each_wire
async def test_each_request_has_a_fate_of_its_own(house: BatchHouse, wire: str) -> None:
    service, order = service_of(wire, house.address), order_of(wire)
    house.fate = Fate(failing={1: "error", 2: "expired"}, missing=frozenset({3}))
    results = await results_of(service, await service.submit(order), order)
    found = {result.position: result for result in results}
    assert 3 not in found
    assert found[0].fault is None
    wrong = found[1].fault
    assert wrong is not None
    assert (wrong.outcome, wrong.type.lower()[:7]) == ("failed", "invalid")
    assert "No such thing" in wrong.message
    late = found[2].fault
    assert late is not None
    assert late.outcome == ("failed" if wire.startswith("gemini") else "expired")
    await service.aclose()


@each_wire
async def test_a_batch_that_was_handed_over_is_found_again(house: BatchHouse, wire: str) -> None:
    service, order = service_of(wire, house.address), order_of(wire)
    assert list(await service.find(order)) == []
    ticket = await service.submit(order)
    assert list(await service.find(order)) == [ticket]
    await service.aclose()


@each_wire
async def test_cancelling_reaches_the_provider(house: BatchHouse, wire: str) -> None:
    service, order = service_of(wire, house.address), order_of(wire)
    ticket = await service.submit(order)
    await service.cancel(ticket)
    assert house.only.cancelled
    house.states.extend(["running", "cancelled"])
    look = await service.look(ticket)
    assert isinstance(look, BatchRunning)
    assert look.stopping
    assert await service.look(ticket) == BatchEnded(BatchStatus.CANCELLED)
    house.script(failure(400, "It has ended"))
    await service.cancel(ticket)
    await service.aclose()


@each_wire
async def test_nothing_is_left_with_the_provider(house: BatchHouse, wire: str) -> None:
    service, order = service_of(wire, house.address), order_of(wire)
    ticket = await service.submit(order)
    await service.clear(ticket)
    expected = {
        "openai": {ticket.input, f"out-{ticket.id}"},
        "anthropic": {ticket.id},
        "gemini": {ticket.id} | ({ticket.input} if ticket.input else set()),
    }
    assert set(house.deleted) == expected[wire.partition("-")[0]]
    await service.aclose()


@each_provider
@pytest.mark.parametrize("state", ["failed", "expired"])
async def test_a_batch_may_fail_or_expire(house: BatchHouse, wire: str, state: str) -> None:
    if (wire, state) == ("anthropic", "failed"):
        return  # Anthropic's batches have no such end.
    service, order = service_of(wire, house.address), order_of(wire)
    ticket = await service.submit(order)
    house.states.append(state)
    look = await service.look(ticket)
    assert isinstance(look, BatchEnded)
    assert look.status is BatchStatus(state)
    assert "secret prompt" not in look.why
    await service.aclose()


@each_provider
async def test_answers_to_other_requests_are_no_answers(house: BatchHouse, wire: str) -> None:
    service, order = service_of(wire, house.address), order_of(wire)
    ticket = await service.submit(order)
    house.only.requests[0] = ("another-0", *house.only.requests[0][1:])
    with pytest.raises(ProviderGarbled):
        await results_of(service, ticket, order)
    await service.aclose()


FAULTS: list[tuple[str, Reply, type[ProviderError]]] = [
    ("401", failure(401, f"Incorrect API key {KEY}"), ProviderUnauthorized),
    ("429", failure(429, "Slow down", retry_after="7"), ProviderOverloaded),
    ("500", failure(500, "Oh dear", kind="server_error"), ProviderUnavailable),
    ("hang", delayed(json_reply({}), Hang()), ProviderTimeout),
    ("cut", delayed(json_reply({}), Cut()), ProviderBrokeOff),
    ("page", raw(b"<html>gateway</html>"), ProviderGarbled),
    ("empty", raw(b"", "application/json"), ProviderGarbled),
]


@each_provider
@pytest.mark.parametrize("call", ["submit", "look", "find"])
@pytest.mark.parametrize(("fault", "kind"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
async def test_every_fault_is_told_apart(
    house: BatchHouse, wire: str, call: str, fault: Reply, kind: type[ProviderError]
) -> None:
    if (call, kind) == ("submit", ProviderTimeout):
        return  # Of an upload the longest wait is an hour: nobody knows how slow the line is.
    service = service_of(wire, house.address, patience=Patience(first_token_s=0.2, idle_s=0.2))
    order = order_of(wire)
    ticket = await service.submit(order)
    # A question that may be put twice is put once more on a fresh connection.
    house.script(fault, fault)
    ask = {"look": lambda: service.look(ticket)}.get(call, lambda: getattr(service, call)(order))
    with pytest.raises(kind) as failed:
        await ask()
    assert KEY not in str(failed.value)
    if isinstance(failed.value, ProviderOverloaded):
        assert failed.value.retry_after_s == 7
    await service.aclose()


@each_provider
@pytest.mark.parametrize(
    ("after", "kind"),
    [(Hang(), StreamStalled), (Cut(), ProviderBrokeOff), (b"garbage\n", ProviderGarbled)],
    ids=["hang", "cut", "garbage"],
)
async def test_results_that_break_off_are_told(
    house: BatchHouse, wire: str, after: Step, kind: type[ProviderError]
) -> None:
    service = service_of(wire, house.address, patience=Patience(idle_s=0.2))
    order = order_of(wire, 101)
    ticket = await service.submit(order)
    begun = Reply([b'{"half": ', after], headers={"content-type": "application/jsonl"})
    # All but Anthropic say first where the results are.
    house.script(*([begun] if wire == "anthropic" else [house.as_asked, begun]))
    with pytest.raises(kind):
        await results_of(service, ticket, order)
    await service.aclose()


@each_provider
async def test_without_a_key_nobody_is_asked(house: BatchHouse, wire: str) -> None:
    service = service_of(wire, house.address, key=None)
    for ask in (service.submit(order_of(wire)), service.look(BatchTicket("b"))):
        with pytest.raises(NotConfigured, match="_API_KEY"):
            await ask
    with pytest.raises(NotConfigured):
        service.check()
    assert house.requests == []


async def test_a_key_over_its_limit_hands_over_and_the_batch_stays_with_the_next(
    house: BatchHouse,
) -> None:
    keys: list[Batches] = [service_of("anthropic", house.address, key) for key in ("one", "two")]
    lanes = BatchLanes("anthropic", keys, ManualClock(), 5)
    house.script(failure(429, "Slow down", retry_after="60"))
    order = order_of("anthropic")
    ticket = await lanes.submit(order)
    assert ticket.key == 1
    await lanes.look(ticket)
    await lanes.cancel(ticket)
    assert [request.headers["x-api-key"] for request in house.requests] == [
        "one",
        "two",
        "two",
        "two",
    ]
    for service in keys:
        await service.aclose()  # type: ignore[attr-defined]


async def test_what_looking_finds_out_of_a_key_counts_for_the_next_batch(house: BatchHouse) -> None:
    service = service_of("anthropic", house.address)
    lanes = BatchLanes("anthropic", [service], ManualClock(), 1)
    ticket = await lanes.submit(order_of("anthropic"))
    house.script(failure(500, "Oh dear", kind="server_error"))
    with pytest.raises(ProviderUnavailable):
        await lanes.look(ticket)
    asked = len(house.requests)
    with pytest.raises(ProviderDown):
        await lanes.submit(order_of("anthropic"))
    assert len(house.requests) == asked
    await service.aclose()

"""The promises of `ImageMaker`, on every adapter, over real connections."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.transport.patience import Patience
from domain.errors import NotConfigured
from domain.provider_errors import (
    ContentRefused,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
)
from tests.contract.image_makers import image_maker, order_of, paths
from tests.integration.provider_servers import deserted
from tests.simulators.picture_wires import PICTURE_WIRES, PictureWire
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Cut, End, Hang, Reply, delayed, raw
from tests.simulators.studio import PNG, Studio

SHORT_S = 0.05
STATUSES = {
    401: ProviderUnauthorized,
    429: ProviderOverloaded,
    500: ProviderUnavailable,
    503: ProviderUnavailable,
}


@dataclass
class Subject:
    """An adapter, and the provider it speaks to."""

    wire: PictureWire
    maker: Any
    studio: Studio

    async def error(self, reply: Reply) -> ProviderError:
        """Return what the adapter makes of a reply."""
        self.studio.script(reply)
        with pytest.raises(ProviderError) as caught:
            await self.maker.make(order_of(self.wire.model))
        said = str(caught.value)
        assert self.wire.provider in said
        assert KEY not in said
        assert "127.0.0.1" not in said
        return caught.value


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as running:
        yield running


@pytest.fixture(params=PICTURE_WIRES)
async def subject(request: pytest.FixtureRequest, studio: Studio) -> AsyncGenerator[Subject, None]:
    studio.requests.clear()
    studio.looks.clear()
    wire = PICTURE_WIRES[request.param]
    maker = image_maker(wire, studio.address)
    yield Subject(wire, maker, studio)
    await maker.aclose()


async def test_an_order_brings_a_picture_and_its_price(subject: Subject) -> None:
    order = order_of(subject.wire.model)
    made = await subject.maker.make(order)
    assert [(one.content, one.mime_type) for one in made.pictures] == [(PNG, "image/png")]
    assert made.priced(order) == pytest.approx(subject.wire.cost_usd)


async def test_several_pictures_come_with_one_request(subject: Subject) -> None:
    if subject.wire.several is None:
        assert order_of(subject.wire.model, count=3).count == 1
        return
    made = await subject.maker.make(order_of(subject.wire.several, count=3))
    assert len(made.pictures) == 3
    assert len(subject.studio.requests) == 1


async def test_a_picture_goes_along_where_the_model_takes_one(subject: Subject) -> None:
    if subject.wire.editor is None:
        return
    made = await subject.maker.make(order_of(subject.wire.editor, inputs=1))
    assert made.pictures
    sent = subject.studio.requests[0].body
    assert PNG in sent or b"iVBORw0KGgo" in sent


async def test_a_refusal_has_its_error(subject: Subject) -> None:
    for status, error in STATUSES.items():
        found = await subject.error(subject.wire.refuse(status, f"Something about {KEY}"))
        assert type(found) is error, status
    assert len(subject.studio.requests) == len(STATUSES), "nothing is asked again in here"


async def test_a_wait_that_the_provider_names_is_passed_on(subject: Subject) -> None:
    reply = subject.wire.refuse(429, "Slow down")
    found = await subject.error(Reply(reply.steps, 429, {**reply.headers, "retry-after": "7"}))
    assert isinstance(found, ProviderOverloaded)
    assert found.retry_after_s == 7


async def test_moderation_is_told_apart_from_everything_else(subject: Subject) -> None:
    for reply in (subject.wire.moderated, *subject.wire.more.values()):
        found = await subject.error(reply)
        assert isinstance(found, ContentRefused)
        assert not found.retryable


async def test_what_is_no_picture_is_not_passed_off_as_one(subject: Subject) -> None:
    assert isinstance(await subject.error(subject.wire.no_picture), ProviderGarbled)


async def test_garbage_under_status_200(subject: Subject) -> None:
    for body in (b"<!doctype html><html>Log in</html>", b"{]", b"", b"[]"):
        assert isinstance(await subject.error(raw(body)), ProviderGarbled)


async def test_a_connection_that_breaks(subject: Subject) -> None:
    for how in (Cut(), End()):
        assert isinstance(await subject.error(Reply([b'{"data', how])), ProviderBrokeOff)
        assert isinstance(await subject.error(delayed(raw(b"{}"), how)), ProviderBrokeOff)


async def test_silence_ends(subject: Subject) -> None:
    hasty = image_maker(
        subject.wire, subject.studio.address, patience=Patience(first_token_s=SHORT_S)
    )
    for silence in (delayed(raw(b"{}"), Hang()), Reply([b"{", Hang()])):
        subject.studio.script(silence)
        with pytest.raises(ProviderTimeout):
            await hasty.make(order_of(subject.wire.model))
    for request in subject.studio.requests:
        await request.client_left()
    await hasty.aclose()


async def test_cancelling_closes_the_connection(subject: Subject) -> None:
    reached, loop = asyncio.Event(), asyncio.get_running_loop()

    def holding_on(_: object) -> Reply:
        loop.call_soon_threadsafe(reached.set)
        return delayed(raw(b"{}"), Hang())

    subject.studio.script(holding_on)
    making = asyncio.create_task(subject.maker.make(order_of(subject.wire.model)))
    await reached.wait()
    making.cancel()
    await asyncio.wait({making})
    assert making.cancelled()
    await subject.studio.requests[0].client_left()


async def test_nobody_there(subject: Subject) -> None:
    with deserted() as address:
        lost = image_maker(subject.wire, address)
        with pytest.raises(ProviderUnreachable):
            await lost.make(order_of(subject.wire.model))
        await lost.aclose()


async def test_a_missing_key_names_its_variable(subject: Subject) -> None:
    keyless = image_maker(subject.wire, subject.studio.address, key=None)
    with pytest.raises(NotConfigured) as caught:
        await keyless.make(order_of(subject.wire.model))
    assert caught.value.key == subject.wire.variable
    assert subject.studio.requests == []


async def test_a_key_does_not_follow_a_redirect(subject: Subject) -> None:
    away = {"location": f"{subject.studio.address}/v1/images/generations"}
    found = await subject.error(Reply([], 307, away))
    assert isinstance(found, ProviderError)
    assert len(paths(subject.studio.requests)) == 1


async def test_after_all_faults_it_draws(subject: Subject) -> None:
    subject.studio.script(raw(b"{]"))
    with pytest.raises(ProviderGarbled):
        await subject.maker.make(order_of(subject.wire.model))
    assert (await subject.maker.make(order_of(subject.wire.model))).pictures

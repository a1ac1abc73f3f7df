"""The promises of `VideoMaker`, on every adapter, over real connections."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.transport.patience import Patience
from domain.errors import NotConfigured
from domain.media import VideoReady, VideoTicket, VideoUnderWay
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
    ResultLost,
    WorkFailed,
)
from tests.contract.video_makers import film_order, video_maker
from tests.integration.provider_servers import deserted
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Cut, Hang, Reply, delayed, raw
from tests.simulators.studio import CLIP, PNG, WAITING, Studio
from tests.simulators.video_wires import VIDEO_WIRES, VideoWire

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

    wire: VideoWire
    maker: Any
    studio: Studio

    async def begun(self) -> VideoTicket:
        return await self.maker.begin(film_order(self.wire.model))

    async def ready(self) -> tuple[VideoTicket, VideoReady]:
        ticket = await self.begun()
        look = await self.maker.look(ticket)
        assert isinstance(look, VideoReady)
        return ticket, look

    async def all_of(self, ticket: VideoTicket, ready: VideoReady) -> bytes:
        async with aclosing(self.maker.fetch(ticket, ready, 0)) as pieces:
            return b"".join([piece async for piece in pieces])

    async def look_error(self, reply: Reply) -> ProviderError:
        ticket = await self.begun()
        self.studio.looks.append(reply)
        with pytest.raises(ProviderError) as caught:
            await self.maker.look(ticket)
        return self.checked(caught.value)

    def checked(self, error: ProviderError) -> ProviderError:
        said = str(error)
        assert self.wire.provider in said
        assert KEY not in said
        assert "127.0.0.1" not in said
        return error


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as running:
        yield running


@pytest.fixture(params=VIDEO_WIRES)
async def subject(request: pytest.FixtureRequest, studio: Studio) -> AsyncGenerator[Subject, None]:
    studio.requests.clear()
    studio.looks.clear()
    studio.cancelled.clear()
    wire = VIDEO_WIRES[request.param]
    maker = video_maker(wire, studio.address)
    yield Subject(wire, maker, studio)
    await maker.aclose()


async def test_a_clip_is_asked_for_looked_at_and_fetched(subject: Subject) -> None:
    ticket = await subject.begun()
    subject.studio.looks.append(WAITING)
    assert isinstance(await subject.maker.look(ticket), VideoUnderWay)
    other = video_maker(subject.wire, subject.studio.address)  # Another process, later.
    ready = await other.look(ticket)
    assert isinstance(ready, VideoReady)
    async with aclosing(other.fetch(ticket, ready, 0)) as pieces:
        assert b"".join([piece async for piece in pieces]) == CLIP
    await other.aclose()


async def test_a_picture_goes_along(subject: Subject) -> None:
    await subject.maker.begin(film_order(subject.wire.model, image=True))
    sent = subject.studio.requests[0].body
    assert b"\x89PNG" in sent or b"iVBORw0KGgo" in sent


async def test_a_refusal_has_its_error(subject: Subject) -> None:
    for status, error in STATUSES.items():
        subject.studio.script(subject.wire.refuse(status, f"Something about {KEY}"))
        with pytest.raises(ProviderError) as caught:
            await subject.begun()
        assert type(subject.checked(caught.value)) is error, status
    assert len(subject.studio.requests) == len(STATUSES), "nothing is asked again in here"


async def test_looking_can_fail_for_a_while(subject: Subject) -> None:
    for reply in (subject.wire.refuse(503, "Busy"), Reply([b"{", Cut()])):
        assert (await subject.look_error(reply)).retryable


async def test_moderation_is_told_apart(subject: Subject) -> None:
    subject.studio.script(subject.wire.moderated)
    with pytest.raises(ContentRefused) as caught:
        await subject.begun()
    subject.checked(caught.value)
    assert isinstance(await subject.look_error(subject.wire.moderated_later), ContentRefused)


async def test_work_that_failed_and_work_that_is_unknown(subject: Subject) -> None:
    failed = await subject.look_error(subject.wire.failed)
    assert isinstance(failed, WorkFailed)
    assert not failed.retryable
    assert isinstance(await subject.look_error(subject.wire.forgotten), ResultLost)


async def test_looks_that_make_no_sense(subject: Subject) -> None:
    for reply in subject.wire.odd.values():
        assert isinstance(await subject.look_error(reply), ProviderGarbled)


async def test_an_order_that_is_answered_with_garbage(subject: Subject) -> None:
    for body in (b"<html>", b"{}", b"[]", b'{"id":"../x","name":"../x","code":0}'):
        subject.studio.script(raw(body))
        with pytest.raises(ProviderGarbled):
            await subject.begun()
    subject.studio.script(Reply([b"{", Cut()]))
    with pytest.raises(ProviderBrokeOff):
        await subject.begun()


async def test_silence_ends(subject: Subject) -> None:
    hasty = video_maker(
        subject.wire, subject.studio.address, patience=Patience(first_token_s=SHORT_S)
    )
    subject.studio.script(delayed(raw(b"{}"), Hang()))
    with pytest.raises(ProviderTimeout):
        await hasty.begin(film_order(subject.wire.model))
    for request in subject.studio.requests:
        await request.client_left()
    await hasty.aclose()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (raw(PNG, "video/mp4"), ResultLost),
        (raw(b"<html>Log in</html>"), ResultLost),
        (raw(b"", "video/mp4"), ResultLost),
        (Reply([CLIP[:50_000], Cut()]), (ProviderBrokeOff, ResultLost)),
    ],
    ids=["a picture", "a page", "nothing", "a cut"],
)
async def test_a_clip_that_is_none(subject: Subject, reply: Reply, error: Any) -> None:
    ticket, ready = await subject.ready()
    moved = subject.wire.provider == "gemini"
    if moved:
        away = "/download/v1beta/files/clip1:download?alt=media"
        subject.studio.script(Reply([], 302, {"location": subject.studio.address + away}))
    subject.studio.script(reply)
    with pytest.raises(error):
        await subject.all_of(ticket, ready)


async def test_leaving_a_clip_early_closes_the_connection(subject: Subject) -> None:
    if subject.wire.provider == "klingai":
        return  # Its clips come from places elsewhere, whole.
    ticket, ready = await subject.ready()
    if subject.wire.provider == "gemini":
        away = "/download/v1beta/files/clip1:download?alt=media"
        subject.studio.script(Reply([], 302, {"location": subject.studio.address + away}))
    subject.studio.script(Reply([CLIP[:50_000], Hang()], headers={"content-type": "video/mp4"}))
    async with aclosing(subject.maker.fetch(ticket, ready, 0)) as pieces:
        assert await anext(pieces)
    await subject.studio.requests[-1].client_left()


async def test_cancelling_reaches_the_provider_where_it_can(subject: Subject) -> None:
    ticket = await subject.begun()
    await subject.maker.cancel(ticket)
    await subject.maker.cancel(ticket)
    expected = [ticket.id, ticket.id] if subject.wire.cancels else []
    assert subject.studio.cancelled == expected


async def test_nobody_there(subject: Subject) -> None:
    with deserted() as address:
        lost = video_maker(subject.wire, address)
        with pytest.raises(ProviderUnreachable):
            await lost.begin(film_order(subject.wire.model))
        await lost.aclose()


async def test_a_missing_key_names_its_variable(subject: Subject) -> None:
    keyless = video_maker(subject.wire, subject.studio.address, key=None)
    with pytest.raises(NotConfigured) as caught:
        await keyless.begin(film_order(subject.wire.model, image=True))
    assert caught.value.key == subject.wire.variable
    assert subject.studio.requests == []


async def test_after_all_faults_it_films(subject: Subject) -> None:
    subject.studio.script(raw(b"{]"))
    with pytest.raises(ProviderGarbled):
        await subject.begun()
    assert await subject.all_of(*await subject.ready()) == CLIP

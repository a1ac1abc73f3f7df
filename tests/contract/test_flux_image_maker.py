"""What only Flux does: it is asked after its work."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest

from adapters.flux.image import DEADLINE_S
from domain.provider_errors import (
    ContentRefused,
    ProviderGarbled,
    ProviderTimeout,
    ResultLost,
    WorkFailed,
)
from tests.contract.image_makers import Impatient, image_maker, order_of, paths
from tests.simulators.picture_wires import PICTURE_WIRES
from tests.simulators.replies import Cut, delayed, failure, json_reply, raw
from tests.simulators.studio import PNG, WAITING, Studio

ORDER = order_of("flux")
POLLS = "/v1/get_result"


@pytest.fixture(scope="module")
def shared() -> Iterator[Studio]:
    with Studio() as running:
        yield running


@pytest.fixture
def studio(shared: Studio) -> Studio:
    shared.requests.clear()
    shared.looks.clear()
    return shared


@pytest.fixture
def clock() -> Impatient:
    return Impatient()


@pytest.fixture
async def maker(studio: Studio, clock: Impatient) -> AsyncGenerator[Any, None]:
    found = image_maker(PICTURE_WIRES["flux"], studio.address, clock=clock)
    yield found
    await found.aclose()


def status(word: str, **more: Any) -> Any:
    return json_reply({"id": "t", "status": word, **more})


async def test_it_asks_ever_more_rarely_until_the_picture_is_ready(
    maker: Any, studio: Studio, clock: Impatient
) -> None:
    began = clock.now()
    studio.looks.extend([WAITING] * 6)
    made = await maker.make(ORDER)
    assert made.pictures[0].content == PNG
    assert paths(studio.requests).count(POLLS) == 7
    waited_s = (clock.now() - began).total_seconds()
    assert 7 < waited_s < 7 * 4


async def test_the_key_goes_with_every_question_and_not_to_the_picture(
    maker: Any, studio: Studio
) -> None:
    await maker.make(ORDER)
    *asked, fetched = studio.requests
    assert all("x-key" in request.headers for request in asked)
    assert "x-key" not in fetched.headers


@pytest.mark.parametrize("fault", ["500", "429", "cut"])
async def test_what_goes_wrong_with_asking_is_tried_again(
    maker: Any, studio: Studio, fault: str
) -> None:
    reply = delayed(raw(b""), Cut()) if fault == "cut" else failure(int(fault))
    studio.looks.extend([reply, WAITING])
    assert (await maker.make(ORDER)).pictures
    assert paths(studio.requests).count(POLLS) == 3


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (status("Content Moderated"), ContentRefused),
        (status("Request Moderated", details={"reasons": ["Celebrity"]}), ContentRefused),
        (status("Task not found"), ResultLost),
        (status("Error"), WorkFailed),
        (status("Failed"), WorkFailed),
        (raw(b"<html>"), ProviderGarbled),
        (status("Ready", result={}), ProviderGarbled),
        (status("Ready", result={"sample": "http://127.0.0.1:9/x.png"}), ResultLost),
    ],
)
async def test_an_end_without_a_picture_is_told_at_once(
    maker: Any, studio: Studio, reply: Any, error: type[Exception]
) -> None:
    studio.looks.append(reply)
    with pytest.raises(error):
        await maker.make(ORDER)
    assert paths(studio.requests).count(POLLS) == 1


async def test_work_without_end_has_a_deadline(
    maker: Any, studio: Studio, clock: Impatient
) -> None:
    began = clock.now()
    studio.looks.extend([WAITING] * 200)
    with pytest.raises(ProviderTimeout):
        await maker.make(ORDER)
    assert (clock.now() - began).total_seconds() == pytest.approx(DEADLINE_S)


async def test_a_picture_that_is_something_else(maker: Any, studio: Studio) -> None:
    studio.looks.append(status("Ready", result={"sample": f"{studio.address}/delivery/page"}))
    with pytest.raises(ResultLost):
        await maker.make(ORDER)
    studio.script(
        json_reply({"id": "t", "status": "Ready", "result": f"{studio.address}/delivery/clip.mp4"})
    )
    with pytest.raises(ProviderGarbled):
        await maker.make(ORDER)

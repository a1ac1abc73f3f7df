"""A batch's body: the same requests, however it is cut and whatever stands around them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar.exceptions import ValidationException

from domain.batch import BatchHead, BatchRequest
from domain.errors import InvalidRequest
from entrypoints.web import batch_body
from entrypoints.web.batch_body import BatchBody

ASKED = [
    {"custom_id": "a", "prompt": " Grüße \N{CAT FACE} ", "more": {"deep": [1, {"x": None}]}},
    {"custom_id": "b", "messages": [{"role": "user", "content": "Hi"}], "temperature": 1},
]
BODY = {
    "more": {"requests": [{"custom_id": "not one of them"}], "model": "not this"},
    "requests": ASKED,
    "description": "late",
    "model": " demo ",
}


async def cut(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(body: bytes, size: int = 65_536) -> tuple[BatchHead, list[BatchRequest]]:
    incoming = BatchBody(cut(body, size))
    found = [request async for request in incoming.requests()]
    return incoming.head(), found


async def test_it_may_come_in_any_pieces() -> None:
    body = json.dumps(BODY, ensure_ascii=False).encode()
    head, whole = await read(body)
    assert head == BatchHead("demo", "late")
    assert [(one.custom_id, one.messages[0].text) for one in whole] == [
        ("a", "Grüße \N{CAT FACE}"),
        ("b", "Hi"),
    ]
    for size in (1, 2, 3, 7, 50):
        assert await read(body, size) == (head, whole)


async def test_one_request_that_is_too_large_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_body, "LARGEST_ITEM", 100_000)
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'{"model": "demo", "requests": [{"custom_id": "a", "prompt": "'
        while True:
            taken += 1
            yield b"x" * 10_000

    incoming = BatchBody(endless())
    with pytest.raises(InvalidRequest, match=r"requests\[0\] is larger"):
        [request async for request in incoming.requests()]
    assert taken < 15


@pytest.mark.parametrize("item", [{"custom_id": "a", "prompt": 5}, {"custom_id": 5}, [], None, 7])
async def test_a_wrong_item_is_told_by_its_number(item: Any) -> None:
    body = json.dumps({"model": "demo", "requests": [ASKED[0], item]}).encode()
    with pytest.raises(ValidationException) as refused:
        await read(body)
    [violation] = refused.value.extra  # type: ignore[misc]
    assert violation["key"].startswith("requests.1")  # type: ignore[index,call-overload]


async def test_numbers_and_depths_beyond_reason_are_refused() -> None:
    for value in (b"1e999", b'{"a":' * 100_000, b"9" * 5000, b"[" * 100_000 + b"]" * 100_000):
        body = b'{"model": "demo", "requests": [{"custom_id": "a", "temperature": %b}]}' % value
        with pytest.raises((InvalidRequest, ValidationException)):
            await read(body)


async def test_brackets_in_texts_are_no_depth() -> None:
    text = r"[[{ \" [ \\" * 200
    body = json.dumps({"model": "demo", "requests": [{"custom_id": text[:250], "prompt": text}]})
    for size in (1, 5, 4096):
        _, [found] = await read(body.encode(), size)
        assert found.messages[0].text == text.strip()


@pytest.mark.parametrize("size", [7, 300, 4096, 65_536])
async def test_a_long_name_is_refused_wherever_it_is_cut(size: int) -> None:
    for name in ("x" * 257, 'y\\"' * 4000):
        body = b'{"model": "demo", "a": "%b", "%b"  : {"b": 1}, "requests": []}'
        text = json.dumps(name)[1:-1].encode()
        with pytest.raises(InvalidRequest, match="A name in the body is longer"):
            await read(body % (text, text), size)

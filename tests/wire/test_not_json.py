"""Bytes that begin like JSON and are none: the provider's fault, on every wire."""

from collections.abc import Callable

import pytest

from adapters.anthropic.events import MessagesReader
from adapters.google.errors import refused
from adapters.google.events import GenerateReader
from adapters.openai.responses_events import ResponsesReader
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.status_errors import answered
from adapters.transport.tool_arguments import read_arguments
from adapters.transport.wire_reader import WireReader
from domain.provider_errors import ProviderGarbled, ProviderRejected

NOT_UTF8 = {
    "chat": b'{"choices":[{"index":0,"delta":{"content":"\xff"}}]}',
    "responses": b'{"type":"response.output_text.delta","delta":"\xff"}',
    "messages": b'{"type":"\xff"}',
    "generate": b'{"candidates":[{"content":{"parts":[{"text":"\xff"}]}}]}',
}
READERS: dict[str, Callable[[], WireReader]] = {
    "chat": lambda: ChatReader("acme"),
    "responses": ResponsesReader,
    "messages": MessagesReader,
    "generate": GenerateReader,
}
ENDLESS = b'{"error":' + b"[" * 100_000


@pytest.mark.parametrize("wire", READERS)
@pytest.mark.parametrize("fault", ["texts that are no UTF-8", "brackets without end"])
def test_what_is_no_json_is_told_as_such(wire: str, fault: str) -> None:
    payload = NOT_UTF8[wire] if fault.startswith("texts") else ENDLESS
    for read in (READERS[wire]().feed, READERS[wire]().whole):
        with pytest.raises(ProviderGarbled):
            list(read(payload))


@pytest.mark.parametrize("body", [b'{"error":{"message":"Caf\xe9"}}', ENDLESS], ids=["text", "["])
def test_a_refusal_keeps_its_meaning_whatever_its_body(body: bytes) -> None:
    assert type(answered("acme", 400, body)) is ProviderRejected
    assert type(refused(400, body)) is ProviderRejected


def test_arguments_without_end_are_passed_on_as_they_are() -> None:
    assert read_arguments("[" * 100_000) == {"raw": "[" * 100_000}

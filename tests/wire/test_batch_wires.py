"""Recorded batches of every provider: what is asked, seen on the way, and answered.

Their recorder numbered its requests in its own way; the numbers are exchanged for ours.
"""

import json
from collections.abc import Mapping
from typing import Any

from adapters.anthropic import batch_wire as anthropic
from adapters.google import batch_wire as google
from adapters.openai import batch_wire as openai
from domain.batch import BatchCounts, BatchEnded, BatchResult, BatchRunning, BatchStatus, number_of
from domain.turn.metering import Usage
from tests.contract.batch_services import BATCH, card_of
from tests.wire.recordings import Exchange, each, exchanges

ANSWERS = ["4", "Jupiter"]
USAGE = {
    "openai": [(18, 109), (18, 115)],
    "anthropic": [(20, 5), (19, 4)],
    "gemini": [(13, 44), (13, 54)],
}
LOOKS = {"openai": openai.look_of, "anthropic": anthropic.look_of, "gemini": google.look_of}


def provider_of(exchange: Exchange) -> str:
    return exchange.name.partition("/")[0]


RECORDED = [found for provider in LOOKS for found in exchanges(provider, "batch")]
SEEN = [
    found
    for found in RECORDED
    if isinstance(found.response.get("json"), dict)
    and ({"status", "processing_status", "metadata"} & found.response["json"].keys())
    and found.response["json"].get("object") != "file"
]


@each(SEEN)
def test_every_recorded_state_is_understood(exchange: Exchange) -> None:
    body = exchange.response["json"]
    look = LOOKS[provider_of(exchange)](body)
    text = json.dumps(body)
    if '"canceling"' in text:
        assert look == BatchRunning(BatchCounts(), stopping=True)
    elif any(mark in text for mark in ('"completed", "output', '"ended"', "STATE_SUCCEEDED")):
        assert look == BatchEnded(BatchStatus.COMPLETED)
    else:
        assert isinstance(look, BatchRunning)


def renumbered(line: Mapping[str, Any]) -> dict[str, Any]:
    return {**line, "custom_id": number_of(BATCH, int(line["custom_id"]))}


def recorded_results(exchange: Exchange) -> list[BatchResult]:
    lines = [renumbered(json.loads(line)) for line in exchange.body.splitlines()]
    read = openai.result_of if provider_of(exchange) == "openai" else anthropic.result_of
    return [read(BATCH, line) for line in lines]


@each([found for found in RECORDED if found.path.endswith(("/content", "/results"))])
def test_recorded_files_of_answers(exchange: Exchange) -> None:
    check(provider_of(exchange), recorded_results(exchange))


@each([found for found in SEEN if "inlinedResponses" in json.dumps(found.response)])
def test_recorded_answers_in_the_batch_itself(exchange: Exchange) -> None:
    body = exchange.response["json"]
    for answer in body["response"]["inlinedResponses"]["inlinedResponses"]:
        answer["metadata"] = {"key": number_of(BATCH, int(answer["metadata"]["custom_id"]))}
    try:
        check("gemini", [*google.inline_results(BATCH, body)])
    finally:
        for place, answer in enumerate(body["response"]["inlinedResponses"]["inlinedResponses"]):
            answer["metadata"] = {"custom_id": str(place)}


def check(provider: str, results: list[BatchResult]) -> None:
    assert [result.position for result in results] == [0, 1]
    assert [result.text for result in results] == ANSWERS
    assert {result.fault for result in results} == {None}
    usages = [result.usage or Usage() for result in results]
    assert [(usage.input_tokens, usage.output_tokens) for usage in usages] == USAGE[provider]


@each([found for found in RECORDED if found.request and found.request["method"] == "POST"])
def test_batches_are_begun_in_the_recorded_shape(exchange: Exchange) -> None:
    sent, path = exchange.sent, exchange.path
    if path == "/v1/batches":
        ours = openai.batch_body(BATCH, card_of("openai-responses"), sent["input_file_id"])
        assert {name: ours[name] for name in sent} == sent
    elif path.endswith(":batchGenerateContent"):
        head, tail = google.inline_head(BATCH), google.INLINE_TAIL
        ours = json.loads(head + b'{"request":{},"metadata":{"key":"k"}}' + tail)
        assert shape(ours["batch"]["inputConfig"], 3) == shape(sent["batch"]["inputConfig"], 3)
    elif path == "/v1/messages/batches":
        ours = json.loads(anthropic.HEAD + b'{"custom_id":"k","params":{}}' + anthropic.TAIL)
        assert shape(ours, 2) == shape(sent, 2)
    elif path == "/v1/files":
        assert exchange.request is not None
        purpose = [part for part in exchange.request["multipart"] if part["name"] == "purpose"]
        assert purpose[0]["text"].encode() in openai.form_head(BATCH)


def shape(value: Any, depth: int) -> Any:
    """Return the names of an object and what is in it, down to a depth."""
    if depth == 0:
        return ...
    if isinstance(value, list):
        return [shape(value[0], depth - 1)]
    if isinstance(value, dict):
        return {name: shape(inner, depth - 1) for name, inner in value.items()}
    return ...

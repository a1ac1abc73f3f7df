"""Prompt → body of a Responses request (contract: text-providers §3-6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.openai.pairing import paired
from adapters.transport.attachments import in_order, is_inline, note_of
from adapters.transport.function_tools import offered_functions
from adapters.transport.tool_arguments import written_arguments, written_result
from domain.catalog.card import Capability, ModelCard
from domain.errors import ModelCannot
from domain.given_tools import given_functions, given_tools
from domain.turn.prompt import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    Round,
    TextPart,
)

_ENCRYPTED_REASONING = "reasoning.encrypted_content"


def responses_request(prompt: Prompt) -> dict[str, Any]:
    """Return the body, `stream` included.

    Nothing is stored with the provider, so reasoning is asked for in encrypted form: the next
    round of the turn hands it back.

    Raises:
        ModelCannot: the prompt holds something this wire cannot carry.
    """
    card = prompt.card
    instructions, messages = _instructions(prompt)
    body: dict[str, Any] = {
        "model": card.model,
        "input": [*paired(_input(card, messages, prompt.rounds))],
        "stream": True,
        "store": False,
        "max_output_tokens": prompt.max_tokens or card.output_tokens,
    }
    if instructions:
        body["instructions"] = instructions
    if tools := [*_tools(prompt)]:
        body["tools"] = tools
    if prompt.temperature is not None and card.able_to(Capability.TEMPERATURE):
        body["temperature"] = min(max(prompt.temperature, 0.0), card.max_temperature)
    if prompt.effort is not None:
        body["reasoning"] = {"effort": prompt.effort, "summary": "auto"}
    if card.thinks or card.able_to(Capability.REASONING):
        # Models that do not reason refuse to be asked for it.
        body["include"] = [_ENCRYPTED_REASONING]
    return body


def _instructions(prompt: Prompt) -> tuple[str, tuple[Message, ...]]:
    """Return the instructions, and the messages without the one that was taken for them."""
    messages = prompt.messages
    if prompt.system:
        return prompt.system, messages
    if messages and messages[0].role == "system":
        return messages[0].text, messages[1:]
    return "", messages


def _input(
    card: ModelCard, messages: tuple[Message, ...], rounds: tuple[Round, ...]
) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        yield from _message(card.id, message)
    for round_ in rounds:
        yield from _round(round_)


def _message(model: str, message: Message) -> Iterator[dict[str, Any]]:
    match message.role:
        case "assistant":
            # Reasoning comes before the words it led to; what else was in the state is in them.
            yield from (dict(item) for item in message.state if item.get("type") == "reasoning")
            if text := " ".join(filter(None, map(note_of, message.parts))):
                yield _said(text)
            for call in message.calls:
                yield _call(call.id, call.name, call.arguments)
        case "tool":
            yield _output(message.answers_call or "", message.text)
        case "system":
            yield {"role": "system", "content": [{"type": "input_text", "text": message.text}]}
        case "user":
            yield {
                "role": "user",
                "content": [_part(model, part) for part in in_order(message.parts)],
            }


def _part(model: str, part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "input_text", "text": text}
        case ImagePart(url, detail):
            image = {"type": "input_image", "image_url": url}
            return image if detail is None else image | {"detail": detail}
        case FilePart(url, name):
            if not is_inline(url):
                return {"type": "input_file", "file_url": url}
            return {"type": "input_file", "filename": name or "file.pdf", "file_data": url}
        case AudioPart():
            raise ModelCannot(model, "listen to recordings", ())


def _round(round_: Round) -> Iterator[Mapping[str, Any]]:
    """Yield what the model said and called, in its own items where it gave them, then results."""
    yield from round_.state
    kinds = {item.get("type") for item in round_.state}
    if round_.text and "message" not in kinds:
        yield _said(round_.text)
    known = {item.get("call_id") for item in round_.state}
    for call in round_.calls:
        if not call.run_by_provider and call.id not in known:
            yield _call(call.id, call.name, written_arguments(call.arguments))
    for result in round_.results:
        yield _output(result.id, written_result(result.result))


def _said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "output_text", "text": text}]}


def _call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": arguments or "{}",
    }


def _output(call_id: str, output: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def _tools(prompt: Prompt) -> Iterator[Mapping[str, Any]]:
    """Yield functions first, then the tools the provider runs itself."""
    if not prompt.may_call:
        return
    native = prompt.native_tools
    for tool in offered_functions(given_functions(native), prompt.tools):
        yield {"type": "function", **tool["function"]}
    built_in = [tool for tool in given_tools(native) if _is_built_in(tool)]
    yield from built_in
    given = {tool["type"] for tool in built_in}
    config = native.get("builtin_tool_config")
    wanted: Mapping[str, Any] = config if isinstance(config, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    if "web_search" not in given and wanted.get("web_search", True) is not False:
        yield {"type": "web_search"}
    if (
        prompt.card.code_interpreter
        and "code_interpreter" not in given
        and wanted.get("code_interpreter", True) is not False
    ):
        yield {"type": "code_interpreter", "container": {"type": "auto"}}


def _is_built_in(tool: Mapping[str, Any]) -> bool:
    kind = tool.get("type")
    return isinstance(kind, str) and kind != "function"

"""The conversation and this turn's earlier rounds as Google's contents."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from adapters.google.attachments import media_part
from adapters.google.wire import Part
from adapters.transport.attachments import in_order, note_of
from adapters.transport.not_json import NOT_JSON
from adapters.transport.tool_arguments import read_arguments, written_result
from domain.turn.events import ToolReturned
from domain.turn.prompt import CallMade, Message, Prompt, Round, TextPart
from domain.turn.prompt import Part as PromptPart

Content = dict[str, Any]


def conversation(prompt: Prompt) -> list[Content]:
    """Return the contents up to the question, neighbours of one role as one.

    System messages are not among them: see `system_text`.

    Raises:
        ModelCannot: one holds something this wire cannot carry.
        InvalidRequest: an attachment's data URL is none.
    """
    made = (call for message in prompt.messages for call in message.calls)
    names = {call.id: call.name for call in made if call.id}
    contents = _merged(
        _message(prompt.card.id, message, names)
        for message in prompt.messages
        if message.role != "system"
    )
    if contents and _calls(contents[0]):
        # A call may only follow upon something of the user's.
        contents.insert(0, _user([{"text": "Hello."}]))
    return contents


def system_text(prompt: Prompt) -> str:
    """Return the system prompt and every system message, paragraphs apart."""
    later = (message.text for message in prompt.messages if message.role == "system")
    return "\n\n".join(text for text in (prompt.system, *later) if text.strip())


def rounds(prompt: Prompt) -> Iterator[Content]:
    """Yield what the model said in the rounds of this turn, and what it got back."""
    for round_ in prompt.rounds:
        yield from _filled((_model(_said(round_)), _user(map(_result, round_.results))))


def _merged(contents: Iterable[Content]) -> list[Content]:
    merged: list[Content] = []
    for content in _filled(contents):
        # After a call its result comes, if only one that says that there is none.
        if merged and merged[-1]["role"] == content["role"] and not _calls(merged[-1]):
            merged[-1]["parts"] += content["parts"]
        else:
            merged.append(content)
    return merged


def _filled(contents: Iterable[Content]) -> Iterator[Content]:
    """Yield the contents without the empty ones, which Google refuses."""
    return (content for content in contents if content["parts"])


def _calls(content: Content) -> bool:
    return any("functionCall" in part for part in content["parts"])


def _message(model: str, message: Message, names: Mapping[str, str]) -> Content:
    match message.role:
        case "assistant":
            text = " ".join(filter(None, map(note_of, message.parts)))
            return _model([*_text(text), *map(_call, message.calls)])
        case "tool":
            return _user([_reported(message, names)])
        case _:
            return _user([made for part in in_order(message.parts) for made in _part(model, part)])


def _part(model: str, part: PromptPart) -> Iterator[Part]:
    if isinstance(part, TextPart):
        yield from _text(part.text)
    else:
        yield media_part(model, part)


def _text(text: str) -> Iterator[Part]:
    if text.strip():
        yield {"text": text}


def _call(call: CallMade) -> Part:
    return _function_call(call.id, call.name, read_arguments(call.arguments))


def _reported(message: Message, names: Mapping[str, str]) -> Part:
    """Return a result of the history; where it does not name its call, its `tool` may."""
    call_id, text = message.answers_call or "", message.text
    result = _read(text)
    name = names.get(call_id) or (str(result.get("tool") or "") if result else "")
    return _function_response(call_id, name, {"output": text} if result is None else result)


def _read(text: str) -> dict[str, Any] | None:
    """Return the object that the text is in JSON, or None."""
    try:
        value = msgspec.json.decode(text)
    except NOT_JSON:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _said(round_: Round) -> Iterator[Part]:
    """Yield the model's own parts, signatures and all, where it gave them."""
    known = {part["functionCall"]["id"] for part in round_.state if "functionCall" in part}
    if not round_.state:
        yield from _text(round_.text)
    yield from map(dict, round_.state)
    for call in round_.calls:
        if not call.run_by_provider and call.id not in known:
            yield _function_call(call.id, call.name, call.arguments)


def _result(result: ToolReturned) -> Part:
    value = result.result
    if not isinstance(value, str):
        value = msgspec.json.decode(written_result(value))
    if not isinstance(value, dict):
        value = {"error" if result.failed else "output": value}
    return _function_response(result.id, result.name, cast("dict[str, Any]", value))


def _function_call(call_id: str, name: str, arguments: Mapping[str, Any]) -> Part:
    return {"functionCall": _known(call_id) | {"name": name, "args": dict(arguments)}}


def _function_response(call_id: str, name: str, response: Mapping[str, Any]) -> Part:
    return {"functionResponse": _known(call_id) | {"name": name, "response": response}}


def _known(call_id: str) -> dict[str, Any]:
    return {"id": call_id} if call_id else {}


def _user(parts: Iterable[Part]) -> Content:
    return {"role": "user", "parts": [*parts]}


def _model(parts: Iterable[Part]) -> Content:
    return {"role": "model", "parts": [*parts]}

"""Prompt → body of a chat-completions request (contract: text-providers §3-6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.transport.attachments import in_order, is_inline, note_of
from adapters.transport.chat_wire.alternation import alternating
from adapters.transport.chat_wire.pairing import paired
from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.chat_wire.tools import tool_fields
from adapters.transport.tool_arguments import written_arguments, written_result
from domain.catalog.card import Capability
from domain.errors import ModelCannot
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

_SOUNDS: Mapping[str, str] = {
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
"""Media types → the formats of `input_audio` (OpenAI's API description, 2026-11)."""


def chat_request(prompt: Prompt, quirks: ChatQuirks | None = None) -> dict[str, Any]:
    """Return the body, `stream` included.

    Raises:
        ModelCannot: the prompt holds something this wire cannot carry.
    """
    quirks = quirks or ChatQuirks()
    messages = [*paired(_messages(prompt, quirks))]
    body: dict[str, Any] = {
        "model": prompt.card.model,
        "messages": alternating(messages) if quirks.alternates else messages,
        "stream": True,
    }
    if quirks.asks_for_usage:
        body["stream_options"] = {"include_usage": True}
    body.update(_limits(prompt, quirks))
    return body | tool_fields(prompt, quirks) | dict(quirks.extra_body)


def _limits(prompt: Prompt, quirks: ChatQuirks) -> Iterator[tuple[str, Any]]:
    card = prompt.card
    limit = prompt.max_tokens or card.output_tokens
    if card.thinks and quirks.thinkers_differ:
        yield "max_completion_tokens", limit
        yield "temperature", 1.0
    else:
        yield "max_tokens", limit
        if prompt.temperature is not None and card.able_to(Capability.TEMPERATURE):
            yield "temperature", min(max(prompt.temperature, 0.0), card.max_temperature)
    wanted = prompt.effort is not None and card.able_to(Capability.REASONING)
    if wanted and quirks.takes_effort:
        yield "reasoning_effort", prompt.effort


def _messages(prompt: Prompt, quirks: ChatQuirks) -> Iterator[dict[str, Any]]:
    # Where reasoning is wanted back, it must not be missing even when there was none.
    place = quirks.thinking_goes_back_as
    thoughts = {place: ""} if place and prompt.card.thinks else {}
    if prompt.system:
        yield {"role": "system", "content": prompt.system}
    for message in prompt.messages:
        is_earlier = message.role == "user" and message is not prompt.messages[-1]
        fitting = tuple(map(_sayable, message.parts)) if is_earlier else message.parts
        yield from _message(prompt.card.id, message, fitting, thoughts)
    for round_ in prompt.rounds:
        yield from _round(round_, thoughts)


def _message(
    model: str, message: Message, parts: tuple[Part, ...], thoughts: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    match message.role:
        case "assistant":
            # The wire takes words only from an assistant; pictures it made leave a note.
            text = " ".join(filter(None, map(note_of, message.parts)))
            calls = [_call(call.id, call.name, call.arguments) for call in message.calls]
            if text or calls:
                yield _assistant(text, calls, thoughts)
        case "tool":
            yield _tool(message.answers_call or "", message.text)
        case "system":
            yield {"role": "system", "content": message.text}
        case "user":
            yield {"role": "user", "content": _content(model, parts)}


def _content(model: str, parts: tuple[Part, ...]) -> str | list[dict[str, Any]]:
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return parts[0].text
    return [_part(model, part) for part in in_order(parts)]


def _part(model: str, part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(url, detail):
            image = {"url": url} if detail is None else {"url": url, "detail": detail}
            return {"type": "image_url", "image_url": image}
        case FilePart(url, name):
            if not is_inline(url):
                raise ModelCannot(model, "read a file by its address; send the file itself", ())
            return {"type": "file", "file": {"filename": name or "file.pdf", "file_data": url}}
        case AudioPart(url):
            kind, data = _sound(url)
            if not is_inline(url):
                raise ModelCannot(
                    model, "listen to a recording by its address; send the recording itself", ()
                )
            if (form := _SOUNDS.get(kind)) is None:
                raise ModelCannot(model, f"listen to {kind}; send WAV or MP3", ())
            return {"type": "input_audio", "input_audio": {"data": data, "format": form}}


def _sayable(part: Part) -> Part:
    """Return words in the place of an earlier recording that this wire has no form for."""
    unheard = isinstance(part, AudioPart) and _sound(part.url)[0] not in _SOUNDS
    return TextPart(note_of(part)) if unheard else part


def _sound(url: str) -> tuple[str, str]:
    """Return a recording's media type and its Base64; no type for one that is elsewhere."""
    head, _, data = url.partition(",")
    scheme, _, kind = head.partition(":")
    return (kind.partition(";")[0].lower() if scheme.lower() == "data" else "", data)


def _round(round_: Round, thoughts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in round_.state:
        thoughts = {**thoughts, **item}
    ours = [call for call in round_.calls if not call.run_by_provider]
    calls = [_call(call.id, call.name, written_arguments(call.arguments)) for call in ours]
    if round_.text or calls:
        yield _assistant(round_.text, calls, thoughts)
    for result in round_.results:
        yield _tool(result.id, written_result(result.result))


def _assistant(
    text: str, calls: list[dict[str, Any]], thoughts: Mapping[str, Any]
) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    return {**message, **thoughts, "tool_calls": calls} if calls else message


def _call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments or "{}"}
    return {"id": call_id, "type": "function", "function": function}


def _tool(call_id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}

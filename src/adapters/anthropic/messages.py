"""The conversation and this turn's earlier rounds as Anthropic's messages."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from adapters.anthropic.attachments import document_block, image_block
from adapters.transport.attachments import in_order, note_of
from adapters.transport.chat_wire.alternation import alternating
from adapters.transport.tool_arguments import read_arguments, written_result
from domain.errors import ModelCannot
from domain.turn.events import ToolReturned
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    Round,
    TextPart,
)

Block = dict[str, Any]
WireMessage = dict[str, Any]

_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")


def conversation(prompt: Prompt) -> list[WireMessage]:
    """Return the messages up to the question, user and assistant taking turns.

    System messages are not among them: see `system_text`.

    Raises:
        ModelCannot: one holds something this wire cannot carry.
    """
    spoken = [message for message in prompt.messages if message.role != "system"]
    return alternating([*_filled(_message(prompt.card.id, message) for message in spoken)])


def system_text(prompt: Prompt) -> str:
    """Return the system prompt and every system message, paragraphs apart."""
    later = (message.text for message in prompt.messages if message.role == "system")
    return "\n\n".join(text for text in (prompt.system, *later) if text.strip())


def rounds(prompt: Prompt) -> Iterator[WireMessage]:
    """Yield what the model said in the rounds of this turn, and what it got back."""
    for round_ in prompt.rounds:
        yield from _filled((_assistant(_said(round_)), _user(_results(round_.results))))


def _filled(messages: Iterable[WireMessage]) -> Iterator[WireMessage]:
    """Yield the messages without the empty ones, which Anthropic refuses."""
    return (message for message in messages if message["content"])


def _message(model: str, message: Message) -> WireMessage:
    match message.role:
        case "assistant":
            text = " ".join(filter(None, map(note_of, message.parts)))
            return _assistant([*_text(text), *map(_call, message.calls)])
        case "tool":
            return _user([_result(message.answers_call or "", message.text)])
        case _:
            return _user(
                [block for part in in_order(message.parts) for block in _part(model, part)]
            )


def _part(model: str, part: Part) -> Iterator[Block]:
    match part:
        case TextPart(text):
            yield from _text(text)
        case ImagePart():
            yield image_block(model, part)
        case FilePart():
            yield document_block(model, part)
        case AudioPart():
            raise ModelCannot(model, "listen to recordings", ())


def _text(text: str) -> Iterator[Block]:
    if text.strip():
        yield {"type": "text", "text": text}


def _call(call: CallMade) -> Block:
    arguments = dict(read_arguments(call.arguments))
    return {"type": "tool_use", "id": _id(call.id), "name": call.name, "input": arguments}


def _said(round_: Round) -> Iterator[Block]:
    """Yield the model's own blocks, signatures and all, where it gave them."""
    known = {block.get("id") for block in round_.state}
    if not round_.state:
        yield from _text(round_.text)
    yield from map(dict, round_.state)
    for call in round_.calls:
        if not call.run_by_provider and call.id not in known:
            arguments = dict(call.arguments)
            yield {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def _results(results: Iterable[ToolReturned]) -> Iterator[Block]:
    for result in results:
        block = _result(result.id, written_result(result.result))
        yield block | {"is_error": True} if result.failed else block


def _result(call_id: str, content: str) -> Block:
    return {"type": "tool_result", "tool_use_id": _id(call_id), "content": content}


def _user(blocks: Iterable[Block]) -> WireMessage:
    return {"role": "user", "content": _content(blocks)}


def _assistant(blocks: Iterable[Block]) -> WireMessage:
    return {"role": "assistant", "content": _content(blocks)}


def _content(blocks: Iterable[Block]) -> str | list[Block]:
    content = [*blocks]
    # Plain text, so that neighbours of one role can be joined into one text.
    return content[0]["text"] if _is_plain_text(content) else content


def _is_plain_text(content: list[Block]) -> bool:
    return len(content) == 1 and content[0].keys() == {"type", "text"}


def _id(call_id: str) -> str:
    """Return an id of the history, whichever provider made it, in letters Anthropic accepts."""
    return _NOT_IN_IDS.sub("_", call_id) or "_"

"""Prompt → how Claude Code is started, and the lines it is told (contract: text-providers §9).

Nothing that a user wrote becomes an argument: the arguments of a process are there for every user
of the machine to read, and a text that begins with a dash would be taken for an option.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.transport.attachments import is_inline, note_of
from adapters.transport.data_urls import read_data_url
from domain.errors import InvalidRequest, ModelCannot
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Message, Part, Prompt, TextPart

_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_SPEAKERS = {"user": "User", "assistant": "Assistant", "tool": "Result of a tool", "system": "Note"}

_ALWAYS = (
    "--print",
    "--input-format=stream-json",
    "--output-format=stream-json",
    # The output format asks for it.
    "--verbose",
    "--include-partial-messages",
    # Nobody is there to be asked: files may be changed in the working folder, and what would need
    # leave beyond that is refused, but for what the operator's own settings allow.
    "--permission-mode=acceptEdits",
    # The working folder's own settings and servers are not read: the agent can write them, and
    # would grant itself anything on the next turn.
    "--setting-sources=user",
    "--strict-mcp-config",
)

Block = dict[str, Any]


def arguments(model: str | None, session: str | None, instructions: Path | None) -> list[str]:
    """Return the arguments after the program's name.

    Each value is bound to its option by a sign of equality: given apart, one that begins with a
    dash would be read as an option.

    Args:
        model: for `--model`; None leaves the choice to Claude Code.
        session: to go on with.
        instructions: a file with the system prompt, which is put after Claude Code's own.
    """
    found = [*_ALWAYS]
    if model:
        found.append(f"--model={model}")
    if session:
        found.append(f"--resume={session}")
    if instructions:
        found.append(f"--append-system-prompt-file={instructions}")
    return found


def input_lines(prompt: Prompt, *, resumes: bool) -> bytes:
    """Return what is written to its standard input: the question, as one line.

    A session that is gone on with knows what was said; a new one is told before the question.

    Raises:
        ModelCannot: the question holds something that the wire cannot carry.
        InvalidRequest: a picture's data URL is none.
    """
    *earlier, question = prompt.messages
    content = [] if resumes else [*_history(earlier)]
    content.extend(_block(prompt.card.id, part) for part in question.parts)
    line = {"type": "user", "message": {"role": "user", "content": content}}
    # In ASCII: Node.js takes U+2028 for the end of a line too, and half a character has no UTF-8.
    return json.dumps(line).encode() + b"\n"


def _history(messages: list[Message]) -> Iterator[Block]:
    told = [f"{_SPEAKERS[message.role]}: {_words(message)}" for message in messages]
    if told:
        lines = "\n\n".join(told)
        yield _text(f"<conversation_so_far>\n{lines}\n</conversation_so_far>")


def _words(message: Message) -> str:
    calls = [f"[used the tool {call.name}]" for call in message.calls]
    return " ".join([*(note_of(part) for part in message.parts), *calls]).strip()


def _block(model: str, part: Part) -> Block:
    match part:
        case TextPart(text):
            return _text(text)
        case ImagePart(url):
            return _picture(model, url)
        case FilePart():
            raise ModelCannot(model, "read attached files", ())
        case AudioPart():
            raise ModelCannot(model, "listen to recordings", ())


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _picture(model: str, url: str) -> Block:
    if not is_inline(url):
        raise ModelCannot(model, "see a picture by its address; send the picture itself", ())
    try:
        content = read_data_url(url)
    except ValueError as error:
        raise InvalidRequest(f"An attachment's data URL is {error}", "prompt") from error
    if content.mime_type not in _PICTURES:
        raise ModelCannot(model, f"see {content.mime_type}; send JPEG, PNG, GIF or WebP", ())
    source = {"type": "base64", "media_type": content.mime_type, "data": content.base64}
    return {"type": "image", "source": source}

"""What the demonstration model says to a prompt: its commands, and the text of its answers."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from adapters.demo.catalog import PROVIDER
from domain.provider_errors import (
    ContextTooLong,
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
)
from domain.turn.prompt import Prompt, TextPart

HELP = (
    "/long N: an answer of N words. /slow N ms: a pause of N milliseconds before each word. "
    "/think: reasoning before the answer. /tool NAME {JSON}: in agent mode, a call of that tool, "
    "then an answer with its result. /tools: a call of each tool on offer, then the answer. "
    "/error KIND: an error (overloaded, timeout, unauthorized, rejected, context, model, "
    "unavailable, unreachable, garbled; broken: after a few words). /help: this list."
)
_MOST_WORDS = 100_000
_LONGEST_PAUSE_MS = 60_000
_LONGEST_RESULT = 2000
_PAUSE_S = 0.01
"""Before each word of a short answer, so that it is seen to stream."""
SOURCES = (
    ("https://demonstration.invalid/first", "Demonstration source: no such page"),
    ("https://demonstration.invalid/second", "Another demonstration source: no such page"),
)
"""What it cites where it is asked to search: `.invalid` is a place that cannot exist (RFC 2606)."""
_CITED = " Nothing was searched: the sources [1] and [2] are made up for the demonstration."
_ERRORS: dict[str, type[ProviderError]] = {
    "overloaded": ProviderOverloaded,
    "timeout": ProviderTimeout,
    "unauthorized": ProviderUnauthorized,
    "rejected": ProviderRejected,
    "context": ContextTooLong,
    "model": ModelNotOffered,
    "unavailable": ProviderUnavailable,
    "unreachable": ProviderUnreachable,
    "garbled": ProviderGarbled,
    "broken": ProviderBrokeOff,
}


class Commands(Struct, frozen=True):
    """What the question asks the demonstration to do."""

    words: int | None = None
    pause_s: float = 0.0
    thinks: bool = False
    calls_tools: bool = False
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Tools to call by their names, with these arguments."""
    helps: bool = False
    error: ProviderError | None = None
    error_after: int = 0
    """How many words come before the error."""


def read_commands(question: str) -> Commands:
    """Return the commands in the question; without any there is a plain answer."""
    if "/" not in question:  # Looking for one after the other takes a while in a long text.
        return Commands(pause_s=_PAUSE_S)
    long = re.search(r"(?:^|\s)/long\s+(\d{1,9})", question)
    slow = re.search(r"(?:^|\s)/slow\s+(\d{1,9})", question)
    wrong = re.search(r"(?:^|\s)/error\b(?:[ \t]+(\w+))?", question)
    kind = (wrong[1] or "overloaded").lower() if wrong else ""
    return Commands(
        words=min(int(long[1]), _MOST_WORDS) if long else None,
        pause_s=_pause_s(slow[1] if slow else None, long is not None),
        thinks=_has("think", question),
        calls_tools=_has("tools", question),
        calls=tuple(_calls(question)),
        helps=_has("help", question),
        error=_error(kind) if wrong else None,
        error_after=5 if kind == "broken" else 0,
    )


def _calls(question: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for found in re.finditer(r"(?:^|\s)/tool\s+([\w-]+)[ \t]*", question):
        yield found[1], _arguments(question[found.end() :])


def _arguments(text: str) -> Mapping[str, Any]:
    """Return the JSON that the text begins with, as a provider's adapter would hand it over."""
    if not text.startswith(("{", "[", '"')):
        return {}
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {"raw": text}
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {"value": value}


def _pause_s(slow_ms: str | None, long: bool) -> float:  # noqa: FBT001 - two facts of a question
    if slow_ms is not None:
        return min(int(slow_ms), _LONGEST_PAUSE_MS) / 1000
    return 0.0 if long else _PAUSE_S


def _has(command: str, question: str) -> bool:
    return re.search(rf"(?:^|\s)/{command}\b", question) is not None


def _error(kind: str) -> ProviderError:
    made = _ERRORS.get(kind, ProviderUnavailable)
    return made(PROVIDER, f"This is a demonstration of an error: {kind}")


def answer_words(prompt: Prompt, commands: Commands) -> Iterator[str]:
    """Yield the answer word by word, each with the space that follows it."""
    text = HELP if commands.helps else _description(prompt)
    words = f"This is a demonstration: no model was asked. {text}".split(" ")
    count = len(words) if commands.words is None else commands.words
    for position in range(count):
        word = words[position] if position < len(words) else f"word{position + 1}"
        yield word if position == count - 1 else f"{word} "


def _description(prompt: Prompt) -> str:
    parts = [part for message in prompt.messages for part in message.parts]
    characters = sum(len(part.text) for part in parts if isinstance(part, TextPart))
    attachments = sum(not isinstance(part, TextPart) for part in parts)
    sent = (
        f"I was sent {_counted(len(prompt.messages), 'message')} with "
        f"{_counted(characters, 'character')} and {_counted(attachments, 'attachment')}"
    )
    results = [result for round_ in prompt.rounds for result in round_.results]
    tools = f", and {_counted(len(results), 'tool result')}" if results else ""
    told = "".join(f" The tool {each.name} answered: {_shown(each.result)}." for each in results)
    cited = _CITED if prompt.cites else ""
    return f'{sent}{tools}.{told}{cited} The question was: "{question_of(prompt)}"'


def _shown(result: object) -> str:
    text = msgspec.json.encode(result, enc_hook=str).decode(errors="replace")
    return text if len(text) <= _LONGEST_RESULT else f"{text[:_LONGEST_RESULT]}…"


def question_of(prompt: Prompt) -> str:
    """Return the words of the last message of the user."""
    return next(
        (message.text for message in reversed(prompt.messages) if message.role == "user"), ""
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""What a model is asked."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from domain.catalog.card import ModelCard
from domain.ids import ConversationId, UserId
from domain.tools import ToolSpec
from domain.turn.events import ToolCalled, ToolReturned

Role = Literal["system", "user", "assistant", "tool"]


class TextPart(Struct, frozen=True, tag_field="type", tag="text"):
    """Words."""

    text: str


class ImagePart(Struct, frozen=True, tag_field="type", tag="image"):
    """A picture by http(s) or data URL."""

    url: str
    detail: str | None = None


class FilePart(Struct, frozen=True, tag_field="type", tag="file"):
    """A document by http(s) or data URL."""

    url: str
    name: str | None = None
    mime_type: str | None = None


class AudioPart(Struct, frozen=True, tag_field="type", tag="audio"):
    """A recording by http(s) or data URL."""

    url: str
    mime_type: str | None = None


Part = TextPart | ImagePart | FilePart | AudioPart


class CallMade(Struct, frozen=True):
    """A tool call that an assistant message of the history carries; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


class Message(Struct, frozen=True):
    """One message of the conversation so far."""

    role: Role
    parts: tuple[Part, ...] = ()
    calls: tuple[CallMade, ...] = ()
    answers_call: str | None = None
    """For `tool` messages: the id of the call they answer."""
    state: tuple[Mapping[str, Any], ...] = ()
    """For `assistant` messages: opaque items that the model gave along with it and wants back."""

    @property
    def text(self) -> str:
        """The words of the message, its text parts joined by a space."""
        return joined_text(self.parts)


class Round(Struct, frozen=True):
    """What the model said and called in an earlier round of this turn, and what it got back."""

    text: str
    calls: tuple[ToolCalled, ...]
    results: tuple[ToolReturned, ...]
    state: tuple[Mapping[str, Any], ...] = ()


class Origin(Struct, frozen=True):
    """Where a question comes from, for a model that keeps files and sessions of its own."""

    user: UserId
    conversation: ConversationId | None = None
    """None: the question is not kept, and nothing of its answer need be."""
    session: str | None = None
    """The model's session in which the conversation last went on, by the conversation's row."""


class Prompt(Struct, frozen=True):
    """One question to one model, complete: an adapter needs nothing else."""

    card: ModelCard
    messages: tuple[Message, ...]
    system: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    effort: str | int | None = None
    """From the card's `efforts`; None leaves reasoning as the provider has it."""
    tools: tuple[ToolSpec, ...] = ()
    native_tools: Mapping[str, Any] = {}
    """The request's own tool settings, in the shape its provider takes (contract §6)."""
    may_call: bool = True
    """False: it is to answer with what it has, although tools were called before."""
    cites: bool = False
    """It is to search, and to name the pages it has found. Models that search always do so."""
    rounds: tuple[Round, ...] = ()
    origin: Origin | None = None


def joined_text(parts: tuple[Part, ...]) -> str:
    """Return the text parts joined by one space, trimmed."""
    return " ".join(part.text for part in parts if isinstance(part, TextPart)).strip()

"""History + settings + question → Prompt."""

from collections.abc import Iterable, Mapping

from msgspec import structs

from application.agent.choose import Choice
from application.chat.characters import Characters
from domain.catalog.card import Capability
from domain.turn.ask import Ask
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Message, Part, Prompt, TextPart

_TAKES: Mapping[type[Part], Capability] = {
    ImagePart: Capability.IMAGES_IN,
    FilePart: Capability.FILES_IN,
    AudioPart: Capability.AUDIO_IN,
}
_WORDS: Mapping[type[Part], str] = {
    TextPart: "text",
    ImagePart: "image",
    FilePart: "file",
    AudioPart: "audio recording",
}


def assemble(ask: Ask, choice: Choice, characters: Characters) -> Prompt:
    """Return what the chosen model is to be asked.

    Attachments of the history are kept in its newest messages only, as many as the card (or the
    user) says; older ones become a note, and so do those the model cannot take.
    """
    settings = ask.settings
    keep = (
        choice.card.attachments_kept
        if settings.attachments_kept is None
        else (settings.attachments_kept)
    )
    question = Message("user", _readable(ask.question, choice))
    return Prompt(
        card=choice.card,
        messages=(*_history(ask.history, choice, keep), question),
        system=characters.system_prompt(settings.character, as_agent=settings.as_agent),
        temperature=choice.temperature,
        max_tokens=choice.max_tokens,
        effort=choice.effort,
        native_tools=settings.tools,
    )


def _history(history: tuple[Message, ...], choice: Choice, keep: int) -> list[Message]:
    kept: list[Message] = []
    for message in reversed(history):
        if message.role == "assistant" and not message.parts and not message.calls:
            continue  # Providers refuse an assistant message without content.
        parts = _readable(message.parts, choice)
        if any(not isinstance(part, TextPart) for part in parts):
            if keep <= 0:
                parts = tuple(_noted(parts))
            keep -= 1
        kept.append(structs.replace(message, parts=parts))
    return kept[::-1]


def _readable(parts: tuple[Part, ...], choice: Choice) -> tuple[Part, ...]:
    taken: set[type[Part]] = {TextPart}
    for kind, capability in _TAKES.items():
        if choice.card.able_to(capability):
            taken.add(kind)
    return tuple(part if type(part) in taken else _note(part) for part in parts)


def _noted(parts: Iterable[Part]) -> list[Part]:
    return [part if isinstance(part, TextPart) else _note(part) for part in parts]


def _note(part: Part) -> TextPart:
    return TextPart(f"[{_WORDS[type(part)]} not included]")

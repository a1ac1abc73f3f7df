"""History + settings + question → Prompt."""

from collections.abc import Mapping

from msgspec import structs

from application.agent.choose import Choice
from application.chat.answer_states import AnswerStates
from application.chat.attachments import LoadAttachments, note_of
from application.chat.characters import Characters
from domain.catalog.card import Capability
from domain.errors import InvalidRequest
from domain.turn.ask import Ask, brings_results
from domain.turn.prompt import AudioPart, ImagePart, Message, Part, Prompt, Role, TextPart

# Files are not here: what a model cannot take as a file, it may be given in words.
_TAKES: Mapping[type[Part], Capability] = {
    ImagePart: Capability.IMAGES_IN,
    AudioPart: Capability.AUDIO_IN,
}


class Assemble:
    """Makes the whole prompt, with the content of its attachments in it."""

    def __init__(self, characters: Characters, load: LoadAttachments, states: AnswerStates) -> None:
        self._characters = characters
        self._load = load
        self._states = states

    async def __call__(self, ask: Ask, choice: Choice) -> Prompt:
        """Return what the chosen model is to be asked.

        Raises:
            InvalidRequest: as `LoadAttachments`: the question holds what cannot be used.
        """
        prompt = self._states.with_states(ask.user, assemble(ask, choice, self._characters))
        return await self._load(ask.user, prompt)


def assemble(ask: Ask, choice: Choice, characters: Characters) -> Prompt:
    """Return what the chosen model is to be asked, its attachments as they were given.

    Attachments of the history are kept in its newest messages only, as many as the card says, or
    fewer where the user wants that; older ones become a note, and so do those that the model
    cannot take.

    Raises:
        InvalidRequest: there is no question, nor a result that the answer could go on with.
    """
    if not ask.question and not brings_results(ask.history):
        raise InvalidRequest("Prompt cannot be empty", "prompt")
    settings = ask.settings
    keep = choice.card.attachments_kept
    if settings.attachments_kept is not None:
        keep = min(keep, settings.attachments_kept)
    question = [Message("user", _readable(ask.question, choice, "user"))] if ask.question else []
    return Prompt(
        card=choice.card,
        messages=(*_history(ask.history, choice, keep), *question),
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
        parts = _readable(message.parts, choice, message.role)
        if any(not isinstance(part, TextPart) for part in parts):
            if keep <= 0:
                parts = tuple(
                    part if isinstance(part, TextPart) else note_of(part) for part in parts
                )
            keep -= 1
        kept.append(structs.replace(message, parts=parts))
    return kept[::-1]


def _readable(parts: tuple[Part, ...], choice: Choice, role: Role) -> tuple[Part, ...]:
    return tuple(part if _is_taken(part, choice, role) else note_of(part) for part in parts)


def _is_taken(part: Part, choice: Choice, role: Role) -> bool:
    if isinstance(part, AudioPart) and role == "user":
        return True  # Who cannot listen is told what is said in it.
    need = _TAKES.get(type(part))
    return need is None or choice.card.able_to(need)

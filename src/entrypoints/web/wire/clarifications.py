"""Answers to a model's questions → `Ask` (contract: tools-and-workflows §6)."""

from collections.abc import Mapping
from typing import cast

from domain.clarification import DEFAULT_IMAGES, Clarification
from domain.errors import InvalidRequest
from domain.ids import UserId
from domain.turn.ask import Ask
from domain.turn.prompt import TextPart
from entrypoints.web.wire.client_message import CLARIFICATION, ClientMessage
from entrypoints.web.wire.messages import check_owner, key_of, settings_of
from entrypoints.web.wire.names import Json, section
from entrypoints.web.wire.preferences import turn_settings

_MOST_CHARS = 20_000
_MOST_ANSWERS = 100
_MOST_IMAGES = 100


def clarification_from(message: ClientMessage, user: UserId) -> Ask:
    """Return what is to be made of the answers; nothing of it is kept in the history.

    Raises:
        AccessDenied: it names another customer.
        InvalidRequest: something in it has a wrong shape or is too long.
    """
    found = message.found
    check_owner(user, found)
    settings = settings_of(message)
    said = Clarification(
        concept=_words(found, "user_input"),
        answers=_answers(found.get("answers")),
        details=_words(found, "custom_details"),
        fills_gaps=bool(found.get("auto_enhance")),
        images=_images(settings) if found.get("auto_generate_images") else None,
    )
    return Ask(
        user=user,
        question=(TextPart(said.instruction),),
        settings=turn_settings(_ordinary(settings)),
        kind=CLARIFICATION,
        key=key_of(found, {}, edits=False),
        clarification=said,
    )


def _ordinary(settings: Json) -> Json:
    """Return the settings without what makes more of a turn than one answer in words."""
    text = {**section(settings, "text"), "deep_research_enabled": False}
    general = {**section(settings, "general"), "ai_agent_enabled": False}
    return {**settings, "text": text, "general": general, "tts": {}}


def _words(found: Json, name: str) -> str:
    value = found.get(name)
    if value is None or (name == "user_input" and not isinstance(value, str)):
        return ""  # The contract has one answer for every concept that is no text.
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} must be text", name)
    if len(value) > _MOST_CHARS:
        raise InvalidRequest(f"{name} is longer than {_MOST_CHARS} characters", name)
    return value.strip()


def _answers(value: object) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest("answers must be an object", "answers")
    found = cast("dict[object, object]", value)
    answers = {str(key): _answer(each) for key, each in found.items() if each not in (None, "", [])}
    if len(answers) > _MOST_ANSWERS or sum(map(len, answers.values())) > _MOST_CHARS:
        raise InvalidRequest(f"answers are longer than {_MOST_CHARS} characters", "answers")
    return answers


def _answer(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_answer, cast("list[object]", value)))
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidRequest("each answer must be text, a number or a list of them", "answers")


def _images(settings: Json) -> int:
    value = section(settings, "image").get("number_of_images")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return DEFAULT_IMAGES
    return int(value) if 1 <= value <= _MOST_IMAGES else DEFAULT_IMAGES

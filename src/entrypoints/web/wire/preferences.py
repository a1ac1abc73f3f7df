"""`user_settings` of the contract → domain."""

import math
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from domain.conversation.conversation import DEFAULT_CHARACTER
from domain.errors import InvalidRequest
from domain.profiles import DEFAULT_PROFILE
from domain.speech.orders import VoiceWish
from domain.turn.settings import DEFAULT_MODEL, PictureWanted, ResearchSettings, TurnSettings
from entrypoints.web.wire.image_settings import image_wish
from entrypoints.web.wire.names import Json, check_depth, section
from entrypoints.web.wire.voices import TtsVoice

_FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})
_MIDDLE_EFFORT = 1
_EFFORTS = {"low": 0, "medium": 1, "high": 2}
_WRITE_TEMPERATURE = 0.7
_WRITE_TOKENS = 4096
"""Of answers that tell of research, or to a recording, where the request names no others."""
_MOST_FALLBACKS = 8
_LARGEST_LIMIT = 2**31 - 1


def turn_settings(
    settings: Mapping[str, Any], model: str | None = None, image_mode: str | None = None
) -> TurnSettings:
    """Return how the user wants to be answered; keys nobody reads are passed over.

    Args:
        settings: the contract's sections (`text`, `general`, `tts` …), snake_case at the top.
        model: the name to use when the settings name none.
        image_mode: what the prompt says of a picture of the answer; None: none is wanted.

    Raises:
        InvalidRequest: a value has the wrong type, or is nested too deep to be kept.
    """
    for kept in ("text", "image"):
        check_depth(settings.get(kept), kept)
    text, general, tts = (section(settings, name) for name in ("text", "general", "tts"))
    research = _research(text)
    temperature = _number(text, "temperature")
    max_tokens = _limit(_number(text, "max_tokens"))
    if research is not None:
        temperature = _WRITE_TEMPERATURE if temperature is None else temperature
        max_tokens = max_tokens or _WRITE_TOKENS
    return TurnSettings(
        model=_name(text.get("model")) or model or DEFAULT_MODEL,
        temperature=temperature,
        max_tokens=max_tokens,
        reasoning=_truth(text.get("enable_reasoning")),
        effort_index=_effort(text.get("reasoning_effort")),
        character=_name(text.get("ai_character")) or DEFAULT_CHARACTER,
        as_agent=_truth(text.get("ai_agent_enabled")) or _truth(general.get("ai_agent_enabled")),
        agent_profile=_profile(general),
        tools=_object(text, "tools"),
        attachments_kept=_limit(_number(text, "file_attached_message_limit"), least=0),
        speech_wanted=_truth(tts.get("tts_auto_execute")),
        image_model=_image_model(settings),
        picture=_picture(settings, image_mode),
        voice=voice_wish(tts) if _truth(tts.get("tts_auto_execute")) else None,
        tries_voice=_truth(general.get("return_test_data")),
        keeps_sound=general.get("save_to_s3") is None or _truth(general.get("save_to_s3")),
        fallbacks=_names(text, "fallback_models"),
        research=research,
    )


def heard_directly(settings: TurnSettings, text: Json) -> TurnSettings:
    """Return how a model is to answer that hears the recording itself; see `turn_settings`."""
    warmth, limit = settings.temperature, settings.max_tokens
    return msgspec.structs.replace(
        settings,
        temperature=_WRITE_TEMPERATURE if warmth is None else warmth,
        max_tokens=limit or _WRITE_TOKENS,
        streams=text.get("stream") is None or _truth(text["stream"]),
    )


def _image_model(settings: Mapping[str, Any]) -> str | None:
    said: object = settings.get("image")
    named: object = cast("Json", said).get("model") if isinstance(said, dict) else None
    return named.strip() or None if isinstance(named, str) else None


def _picture(settings: Mapping[str, Any], mode: str | None) -> PictureWanted | None:
    if mode is None:
        return None
    said = section(settings, "image") if isinstance(settings.get("image"), dict) else {}
    return PictureWanted(image_wish("", said), mode)


def voice_wish(tts: Json) -> VoiceWish | None:
    """Return who is to speak as the text is written; None where nobody is, or nobody can.

    What makes no sense here costs the turn its voice, and nothing else.
    """
    if tts.get("streaming") is not None and not _truth(tts["streaming"]):
        return None
    try:
        return msgspec.convert(tts, TtsVoice, strict=False).wish()
    except msgspec.ValidationError:
        return None


def _research(text: Json) -> ResearchSettings | None:
    if not _truth(text.get("deep_research_enabled")):
        return None
    plain = ResearchSettings()
    effort = text.get("deep_research_reasoning_effort")
    if effort is None:
        effort = text.get("perplexity_search_context_size")
    return ResearchSettings(
        primary=_name(text.get("model")) or "",
        effort_index=_EFFORTS.get(str(effort).strip().lower(), _effort(effort)),
        plan_temperature=_or(_number(text, "optimization_temperature"), plain.plan_temperature),
        plan_tokens=_limit(_number(text, "optimization_max_tokens")) or plain.plan_tokens,
        report_temperature=_or(_number(text, "research_temperature"), plain.report_temperature),
        report_tokens=_limit(_number(text, "research_max_tokens")) or plain.report_tokens,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else max(value, 0.0)


def _name(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequest("model and character names must be text", "user_settings")
    return value.strip() or None


def _profile(general: Json) -> str | None:
    """Return the profile where the user wants an agent; what it is without a name, others say."""
    if not _truth(general.get("ai_agent_enabled")):
        return None
    return _name(general.get("ai_agent_profile")) or DEFAULT_PROFILE


def _names(found: Json, name: str) -> tuple[str, ...] | None:
    value = found.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > _MOST_FALLBACKS:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidRequest(f"{name} must be a list of at most {_MOST_FALLBACKS} names", name)
    names = (_name(each) for each in cast("list[object]", value))
    return tuple(each for each in names if each is not None)


def _number(found: Json, name: str) -> float | None:
    value = found.get(name)
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidRequest(f"{name} must be a number", name)
    return number


def _limit(value: float | None, *, least: int = 1) -> int | None:
    """Return the limit; one that means nothing leaves the choice to the model's card."""
    return int(value) if value is not None and least <= value <= _LARGEST_LIMIT else None


def _effort(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _MIDDLE_EFFORT
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        return _MIDDLE_EFFORT


def _truth(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_WORDS
    return bool(value)


def _object(found: Json, name: str) -> Json:
    value = found.get(name)
    if not value:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest(f"{name} must be an object", name)
    return cast("Json", value)

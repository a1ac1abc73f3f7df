"""What failed in a turn → its `error` frames."""

from collections.abc import Callable, Mapping

from domain.turn.events import PictureFailed, TurnFailed
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.research_events import research_failed

_DATABASE = "database"
_NO_SOUND, _DIRECT = "audio_collection", "audio_direct"
_HEARING: Mapping[str, str] = {
    "provider": "gemini_multimodal",
    "text": "gemini_multimodal",
    "validation": "gemini_multimodal",
}
"""The contract's stages where a model hears the recording itself, whichever model that is."""

StageOf = Callable[[str, bool], str]
"""The contract's stage for an error code, and whether some of the answer had been sent."""


def errors_of(event: TurnFailed, stage_of: StageOf) -> list[Body]:
    """Return what tells of a turn that failed, before its pair."""
    stage = stage_of(event.code, event.after_content)
    if stage == _DATABASE:  # All the rest went well.
        return [_error(event, stage)]
    if event.work == "research":
        lead = "" if event.provider is None else _lead(event)
        return [research_failed(event.message), _error(event, "text", lead)]
    if event.work == "hearing":
        return [_error(event, stage if stage == _NO_SOUND else _HEARING.get(stage, _DIRECT))]
    if event.work == "clarification":
        return [_error(event, "clarification")]
    return [_error(event, stage, _lead(event) if stage == "text" else "")]


def picture_failed(event: PictureFailed) -> Body:
    """Return that there is no picture of the answer; its text stands."""
    return _error(event, "image", "Image generation failed: ")


def _lead(event: TurnFailed) -> str:
    """Return the words by which clients of the contract know what broke the answer off."""
    return "Streaming failed: " if event.provider is None else "AI provider error: "


def _error(event: TurnFailed | PictureFailed, stage: str, lead: str = "") -> Body:
    error: Body = {
        "type": "error",
        "content": lead + event.message,
        "stage": stage,
        "code": event.code,
    }
    if event.provider is not None:
        error["provider"] = event.provider
    if event.retry_after_s is not None:
        error["retry_after"] = event.retry_after_s
    return error

"""The `video` section of the contract's settings → what to film."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from domain.catalog.media_cards import FilmingOption
from domain.errors import InvalidRequest
from domain.media_wishes import VideoWish
from entrypoints.web.wire.media_values import flag, number, text, whole
from entrypoints.web.wire.names import Json, snake_keys

_SECTION = "video"
_DEFAULT_SECONDS = 5
_DEFAULT_RATIO = "9:16"
_EXTENSIONS = ("mp4", "webm", "mov")
_SHOWN_CHARS = 64
"""Of a data URL that is shown again."""
_SHOWN = (
    "person_generation",
    "enhance_prompt",
    "fps",
    "resolution",
    "size",
    "generate_audio",
    "compression_quality",
    "reference_images",
    "last_frame",
    "image_tail",
    "mask",
    "seed",
    "output_gcs_uri",
    "pubsub_topic",
    "negative_prompt",
    "mode",
    "cfg_scale",
    "camera_control",
    "static_mask",
    "dynamic_masks",
    "enable_audio",
)
_OPTIONS: Mapping[str, FilmingOption] = {
    "person_generation": FilmingOption.PERSON_GENERATION,
    "negative_prompt": FilmingOption.NEGATIVE_PROMPT,
    "mode": FilmingOption.MODE,
    "cfg_scale": FilmingOption.CFG_SCALE,
    "camera_control": FilmingOption.CAMERA_CONTROL,
    "enable_audio": FilmingOption.AUDIO,
}


def video_wish(prompt: str, said: Json, image: str | None, extends: str | None = None) -> VideoWish:
    """Return what a user wants filmed; keys nobody reads are passed over.

    Args:
        prompt: in words.
        said: the section.
        image: address of the first frame.
        extends: the provider's id of the clip that is to go on.

    Raises:
        InvalidRequest: a value has the wrong type, or makes no sense.
    """
    if not prompt.strip():
        raise InvalidRequest("Prompt cannot be empty", "prompt")
    seconds = number(said, "duration_seconds", _SECTION)
    if seconds is not None and seconds <= 0:
        raise InvalidRequest("duration_seconds must be more than 0", "video.duration_seconds")
    extension = text(said, "file_extension", _SECTION)
    if extension is not None and extension.lower().lstrip(".") not in _EXTENSIONS:
        known = ", ".join(_EXTENSIONS)
        raise InvalidRequest(f"file_extension must be one of {known}", "video.file_extension")
    count = whole(said, "number_of_videos", _SECTION)
    if count is not None and count < 1:
        raise InvalidRequest("number_of_videos must be 1 or more", "video.number_of_videos")
    return VideoWish(
        prompt=prompt,
        model=text(said, "model", _SECTION) or "",
        seconds=seconds or _DEFAULT_SECONDS,
        ratio=text(said, "aspect_ratio", _SECTION) or _DEFAULT_RATIO,
        size=text(said, "size", _SECTION) or "",
        resolution=text(said, "resolution", _SECTION) or "",
        count=count or 1,
        image=image,
        last_frame=_address(said, "image_tail") or _address(said, "last_frame"),
        references=tuple(_references(said.get("reference_images"))),
        extends=extends,
        options=_options(said),
        poll_s=number(said, "poll_interval_seconds", _SECTION),
        longest_s=number(said, "poll_timeout_seconds", _SECTION),
        given=_given(said),
    )


def _options(said: Json) -> dict[FilmingOption, Any]:
    found = {option: said[name] for name, option in _OPTIONS.items() if _is_given(said.get(name))}
    if FilmingOption.CFG_SCALE in found:
        found[FilmingOption.CFG_SCALE] = number(said, "cfg_scale", _SECTION)
    if FilmingOption.AUDIO in found:
        found[FilmingOption.AUDIO] = flag(said, "enable_audio")
    masks = {name: said[name] for name in ("static_mask", "dynamic_masks") if said.get(name)}
    return found | ({FilmingOption.MOTION_BRUSH: masks} if masks else {})


def _references(value: object) -> Iterator[tuple[str, str]]:
    if not _is_given(value):
        return
    entries = cast("list[Any]", value) if isinstance(value, list) else [value]
    for entry in entries:
        found = snake_keys(cast("Json", entry)) if isinstance(entry, dict) else {"url": entry}
        kind = found.get("reference_type")
        yield _place(found, "reference_images"), kind if isinstance(kind, str) else "asset"


def _address(said: Json, name: str) -> str | None:
    value = said.get(name)
    if not _is_given(value):
        return None
    found = snake_keys(cast("Json", value)) if isinstance(value, dict) else {"url": value}
    return _place(found, name)


def _place(found: Json, field: str) -> str:
    """Return the address of a picture, which may be given as base64."""
    url = found.get("image_url") or found.get("url")
    if isinstance(url, str) and url:
        return url
    content = found.get("image_bytes") or found.get("bytes_base64_encoded")
    if isinstance(content, str) and content:
        kind = found.get("mime_type")
        return f"data:{kind if isinstance(kind, str) else 'image/png'};base64,{content}"
    raise InvalidRequest(f"{field} needs the address of a picture", f"video.{field}")


def _given(said: Json) -> dict[str, Any]:
    shown = {name: _short(said[name]) for name in _SHOWN if _is_given(said.get(name))}
    return {"enhance_prompt": True} | shown


def _is_given(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _short(value: Any) -> Any:
    """Return the value, content that it carries cut short."""
    if isinstance(value, str):
        carries = value[:5].lower() == "data:" and len(value) > _SHOWN_CHARS
        return f"{value[:_SHOWN_CHARS]}…" if carries else value
    if isinstance(value, list):
        return [_short(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {
            name: f"{each[:_SHOWN_CHARS]}…" if name == "image_bytes" else _short(each)
            for name, each in cast("dict[str, Any]", value).items()
        }
    return value

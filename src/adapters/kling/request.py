"""Video order → KlingAI's wire (contract: media §4.4)."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from adapters.transport.pictures import as_base64
from domain.catalog.media_cards import FilmingOption
from domain.errors import InvalidRequest
from domain.media import Picture, VideoOrder

TEXT, IMAGE, IMAGES, EXTEND = (
    "/v1/videos/text2video",
    "/v1/videos/image2video",
    "/v1/videos/multi-image2video",
    "/v1/videos/video-extend",
)
WAYS = (TEXT, IMAGE, IMAGES, EXTEND)
_MOST_CHARS = 2500
_DEFAULT_CFG = 0.5
_MULTI_MODEL = "kling-v1-6"
_MOVES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")


class _Camera(Struct, frozen=True):
    type: Literal["simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward"]
    config: dict[str, Annotated[float, Meta(ge=-10, le=10)]] | None = None


class _Mask(Struct, frozen=True):
    mask: str
    trajectories: Annotated[list[dict[str, float]], Meta(min_length=2, max_length=77)]


class _Brush(Struct, frozen=True):
    static_mask: str = ""
    dynamic_masks: Annotated[tuple[_Mask, ...], Meta(max_length=6)] = ()


S = TypeVar("S")


def request_of(order: VideoOrder) -> tuple[str, dict[str, Any]]:
    """Return the path and the body of an order.

    Raises:
        InvalidRequest: something in it makes no sense to Kling.
    """
    _check_words(order)
    if order.extends is not None:
        return EXTEND, {"video_id": order.extends, **_words(order), "cfg_scale": _cfg(order)}
    if order.references:
        return IMAGES, _from_images(order)
    if order.image is not None:
        return IMAGE, _from_image(order, order.image)
    if order.last_frame is not None or FilmingOption.MOTION_BRUSH in order.options:
        raise InvalidRequest("image_tail and masks need an input image", "video.image_tail")
    return TEXT, {**_common(order), "aspect_ratio": order.ratio, **_extras(order)}


def _from_image(order: VideoOrder, image: Picture) -> dict[str, Any]:
    brush = _brush(order)
    used = [
        name
        for name, there in (
            ("image_tail", order.last_frame is not None),
            ("motion brush", bool(brush)),
            ("camera_control", FilmingOption.CAMERA_CONTROL in order.options),
        )
        if there
    ]
    if len(used) > 1:
        raise InvalidRequest(f"{' and '.join(used)} exclude one another", "video.camera_control")
    tail = {} if order.last_frame is None else {"image_tail": as_base64(order.last_frame)}
    return {
        **_common(order),
        "image": as_base64(image),
        **tail,
        **brush,
        **_extras(order),
    }


def _from_images(order: VideoOrder) -> dict[str, Any]:
    if order.card.model != _MULTI_MODEL:
        text = f"reference_images are for {_MULTI_MODEL} alone"
        raise InvalidRequest(text, "video.reference_images")
    if not 2 <= len(order.references) <= 4:
        raise InvalidRequest("reference_images must be 2 to 4", "video.reference_images")
    pictures = [{"image": as_base64(each.picture)} for each in order.references]
    return {**_common(order), "image_list": pictures, "aspect_ratio": order.ratio}


def _common(order: VideoOrder) -> dict[str, Any]:
    return {
        "model_name": order.card.model,
        **_words(order),
        "mode": _mode(order),
        "duration": str(order.seconds),
    }


def _words(order: VideoOrder) -> dict[str, Any]:
    negative = str(order.options.get(FilmingOption.NEGATIVE_PROMPT) or "").strip()
    return {"prompt": order.prompt} | ({"negative_prompt": negative} if negative else {})


def _check_words(order: VideoOrder) -> None:
    for name, said in (
        ("prompt", order.prompt),
        ("negative_prompt", _words(order).get("negative_prompt", "")),
    ):
        if len(said) > _MOST_CHARS:
            raise InvalidRequest(f"{name} has at most {_MOST_CHARS} characters", name)


def _mode(order: VideoOrder) -> str:
    wanted = str(order.options.get(FilmingOption.MODE) or order.card.modes[0]).strip().lower()
    if wanted not in ("std", "pro"):
        raise InvalidRequest("mode must be std or pro", "video.mode")
    return wanted if wanted in order.card.modes else order.card.modes[0]


def _cfg(order: VideoOrder) -> float:
    value = order.options.get(FilmingOption.CFG_SCALE, _DEFAULT_CFG)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidRequest("cfg_scale must be from 0 to 1", "video.cfg_scale")
    return float(value)


def _extras(order: VideoOrder) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if FilmingOption.CFG_SCALE in order.card.options:
        found["cfg_scale"] = _cfg(order)
    if (camera := order.options.get(FilmingOption.CAMERA_CONTROL)) is not None:
        found["camera_control"] = _camera(camera)
    if (audio := order.options.get(FilmingOption.AUDIO)) is not None:
        found["enable_audio"] = bool(audio)
    return found


def _camera(value: Any) -> dict[str, Any]:
    camera = _converted(value, _Camera, "camera_control")
    moves = camera.config or {}
    if camera.type != "simple":
        if moves:
            text = f"camera_control {camera.type} takes no config"
            raise InvalidRequest(text, "video.camera_control")
        return {"type": camera.type}
    if not moves or not moves.keys() <= set(_MOVES) or sum(map(bool, moves.values())) > 1:
        text = f"camera_control.config takes {', '.join(_MOVES)}, one of them other than 0"
        raise InvalidRequest(text, "video.camera_control")
    return {"type": camera.type, "config": moves}


def _brush(order: VideoOrder) -> dict[str, Any]:
    """Return the masks of a motion brush."""
    said = order.options.get(FilmingOption.MOTION_BRUSH)
    if said is None:
        return {}
    brush = _converted(said, _Brush, "dynamic_masks")
    found: dict[str, Any] = {}
    if brush.static_mask:
        found["static_mask"] = _plain(brush.static_mask)
    if brush.dynamic_masks:
        found["dynamic_masks"] = [
            {"mask": _plain(each.mask), "trajectories": each.trajectories}
            for each in brush.dynamic_masks
        ]
    return found


def _converted(value: Any, kind: type[S], name: str) -> S:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{name}: {error}", f"video.{name}") from error


def _plain(picture: str) -> str:
    """Return an address or base64 as it is; of a data URL, the base64."""
    return picture.partition(",")[2] if picture[:5] == "data:" else picture

"""What video orders look like on each wire, and recorded answers."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import jwt
import pytest
from PIL import Image

from adapters.google import video_wire as veo
from adapters.google.video_wire import path_of, read_operation, read_ticket
from adapters.kling.request import EXTEND, IMAGE, IMAGES, TEXT, request_of
from adapters.memory.clock import ManualClock
from adapters.openai.video_wire import fitted, form_of
from domain.catalog.media_cards import FilmingOption
from domain.errors import InvalidRequest
from domain.media import Picture, VideoReady, VideoUnderWay
from domain.media_errors import OperationUnsupported
from tests.contract.video_makers import PHOTO, film_order, video_maker
from tests.simulators.studio import Studio
from tests.simulators.video_wires import VIDEO_WIRES
from tests.wire.recordings import case


def form(fields: Any) -> dict[str, Any]:
    return {name: content for name, (_, content, _) in fields}


@pytest.mark.parametrize(("asked", "taken"), [(1, 4), (4, 4), (5, 4), (6, 6), (7.5, 8), (60, 8)])
def test_veo_takes_four_six_or_eight_seconds(asked: float, taken: int) -> None:
    body = veo.body_of(film_order("veo", seconds=asked))
    assert body == {
        "instances": [{"prompt": "waves at dusk"}],
        "parameters": {"aspectRatio": "16:9", "durationSeconds": taken},
    }


def test_veo_takes_pictures_and_words_of_its_own() -> None:
    options = {
        FilmingOption.PERSON_GENERATION: "allow_adult",
        FilmingOption.NEGATIVE_PROMPT: " rain ",
        FilmingOption.CFG_SCALE: 1,
    }
    order = film_order(
        "veo-3.1", image=True, last=True, references=1, resolution="1080P", options=options
    )
    body = veo.body_of(order)
    [instance] = body["instances"]
    assert instance["image"]["mimeType"] == "image/png"
    assert instance["lastFrame"] == instance["image"]
    [reference] = instance["referenceImages"]
    assert reference == {"image": instance["image"], "referenceType": "asset"}
    assert body["parameters"] == {
        "aspectRatio": "9:16",
        "durationSeconds": 4,
        "resolution": "1080p",
        "personGeneration": "allow_adult",
        "negativePrompt": "rain",
    }


def test_veo_films_two_from_words_and_one_from_a_picture() -> None:
    assert veo.body_of(film_order("veo", count=5))["parameters"]["sampleCount"] == 2
    assert "sampleCount" not in veo.body_of(film_order("veo", count=5, image=True))["parameters"]


def test_what_veo_would_lose_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        film_order("veo", given={"fps": 24})
    assert caught.value.field == "video.fps"
    film_order("sora", given={"fps": 24})


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (
            "https://generativelanguage.googleapis.com/v1beta/files/a:download?alt=media",
            "/v1beta/files/a:download?alt=media",
        ),
        ("/download/v1beta/files/a:download", "/download/v1beta/files/a:download"),
        ("https://evil.example/v1beta/files/a:download", "/v1beta/files/a:download"),
        ("https://storage.googleapis.com/bucket/a.mp4", None),
        ("/v1beta/models/secret", None),
        ("/v1beta/files/../models:download", None),
    ],
)
def test_the_key_opens_googles_files_at_the_configured_place(place: str, path: str | None) -> None:
    assert path_of(place) == path


def test_the_recorded_operation_is_followed_to_its_file() -> None:
    name = "video-basic-functionality-gemini-veo-3-1-lite-generate-preview-can-animate-videos"
    begun, *looks, moved, _ = case("gemini", "video", name)
    ticket = read_ticket(begun.body)
    assert f"/v1beta/{ticket.id}" == looks[0].path
    seen = [read_operation(look.body) for look in looks]
    assert all(look == VideoUnderWay() for look in seen[:-1])
    assert isinstance(seen[-1], VideoReady)
    path = path_of(seen[-1].places[0])
    assert path is not None
    assert path.partition("?")[0] == moved.path


@pytest.mark.parametrize(
    ("said", "seconds", "size"),
    [
        ({"seconds": 5}, "4", "720x1280"),
        ({"seconds": 8, "ratio": "16:9"}, "8", "1280x720"),
        ({"seconds": 99, "ratio": "1:1"}, "12", "720x1280"),
        ({"resolution": "1080p", "ratio": "16:9"}, "4", "1280x720"),
        ({"size": "1280x720"}, "4", "1280x720"),
    ],
)
def test_sora_takes_seconds_and_sizes(said: dict[str, Any], seconds: str, size: str) -> None:
    fields = form(form_of(film_order("sora", **said)))
    assert fields == {
        "model": "sora-2",
        "prompt": "waves at dusk",
        "seconds": seconds,
        "size": size,
    }


def test_only_sora_pro_takes_the_large_sizes() -> None:
    wishes: list[dict[str, Any]] = [
        {"resolution": "1080p", "ratio": "16:9"},
        {"size": "1792x1024"},
    ]
    for said in wishes:
        order = film_order("sora-2-pro", **said)
        assert order.resolution == "1792x1024"
        assert order.cost_usd == pytest.approx(4 * 0.5)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_soras_first_frame_has_exactly_the_size_of_the_clip(kind: str) -> None:
    content = BytesIO()
    Image.new("RGB", (300, 500), "red").save(content, kind)
    given = Picture(content.getvalue(), f"image/{kind.lower()}")
    found = fitted(given, (1280, 720))
    with Image.open(BytesIO(found.content)) as opened:
        assert opened.size == (1280, 720)
        assert opened.format == ("PNG" if kind == "GIF" else kind)
    *_, reference = form_of(film_order("sora", image=True), found)
    ending = {"JPEG": "jpg", "GIF": "png"}.get(kind, kind.lower())
    assert reference[0] == "input_reference"
    assert reference[1][0] == f"reference.{ending}"


def test_a_first_frame_that_cannot_be_opened_is_refused() -> None:
    for content in (PHOTO.content[:40], b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(InvalidRequest):
            fitted(Picture(content, "image/png"), (720, 1280))


def kling(name: str = "kling-v1", **said: Any) -> tuple[str, dict[str, Any]]:
    return request_of(film_order(name, **said))


def test_kling_films_from_words() -> None:
    assert kling(seconds=7) == (
        TEXT,
        {
            "model_name": "kling-v1",
            "prompt": "waves at dusk",
            "mode": "std",
            "duration": "5",
            "aspect_ratio": "16:9",
            "cfg_scale": 0.5,
        },
    )


def test_kling_films_from_pictures() -> None:
    path, body = kling(image=True, last=True)
    assert path == IMAGE
    assert body["image"] == body["image_tail"]
    path, body = kling("kling-v1-6", references=2)
    assert path == IMAGES
    assert len(body["image_list"]) == 2


def test_kling_goes_on_from_its_own_clips() -> None:
    assert kling(extends="v7") == (
        EXTEND,
        {"video_id": "v7", "prompt": "waves at dusk", "cfg_scale": 0.5},
    )
    with pytest.raises(OperationUnsupported):
        film_order("veo", extends="v7")


def test_kling_models_differ() -> None:
    options = {FilmingOption.CFG_SCALE: 0.9, FilmingOption.AUDIO: True, FilmingOption.MODE: "std"}
    _, old = kling(options=options)
    assert (old["cfg_scale"], old["mode"], "enable_audio" in old) == (0.9, "std", False)
    _, second = kling("kling-v2-master", options=options)
    assert "cfg_scale" not in second
    _, speaks = kling("kling-v2-6", options=options)
    assert (speaks["mode"], speaks["enable_audio"]) == ("pro", True)


MASK = {"mask": "data:image/png;base64,aGk=", "trajectories": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}


def test_klings_camera_and_brush() -> None:
    camera = {"type": "simple", "config": {"pan": 3, "zoom": 0}}
    _, body = kling(options={FilmingOption.CAMERA_CONTROL: camera})
    assert body["camera_control"] == camera
    brush = {"static_mask": "https://a.example/m.png", "dynamic_masks": [MASK]}
    _, body = kling(image=True, options={FilmingOption.MOTION_BRUSH: brush})
    assert body["static_mask"] == "https://a.example/m.png"
    assert body["dynamic_masks"][0]["mask"] == "aGk="


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"prompt": "x" * 2501}, "prompt"),
        ({"options": {FilmingOption.NEGATIVE_PROMPT: "x" * 2501}}, "negative_prompt"),
        ({"ratio": "21:9"}, "video.aspect_ratio"),
        ({"options": {FilmingOption.MODE: "turbo"}}, "video.mode"),
        ({"options": {FilmingOption.CFG_SCALE: 2}}, "video.cfg_scale"),
        ({"last": True}, "video.image_tail"),
        ({"references": 2}, "video.reference_images"),
        ({"name": "kling-v1-6", "references": 5}, "video.reference_images"),
        ({"options": {FilmingOption.CAMERA_CONTROL: {"type": "fly"}}}, "video.camera_control"),
        ({"options": {FilmingOption.CAMERA_CONTROL: "fly"}}, "video.camera_control"),
        (
            {
                "options": {
                    FilmingOption.CAMERA_CONTROL: {"type": "down_back", "config": {"pan": 1}}
                }
            },
            "video.camera_control",
        ),
        (
            {
                "options": {
                    FilmingOption.CAMERA_CONTROL: {
                        "type": "simple",
                        "config": {"pan": 1, "tilt": 1},
                    }
                }
            },
            "video.camera_control",
        ),
        (
            {"options": {FilmingOption.CAMERA_CONTROL: {"type": "simple", "config": {"pan": 11}}}},
            "video.camera_control",
        ),
        (
            {
                "image": True,
                "last": True,
                "options": {FilmingOption.CAMERA_CONTROL: {"type": "down_back"}},
            },
            "video.camera_control",
        ),
        (
            {
                "image": True,
                "options": {
                    FilmingOption.MOTION_BRUSH: {
                        "dynamic_masks": [{"mask": "a", "trajectories": [{"x": 1, "y": 1}]}]
                    }
                },
            },
            "video.dynamic_masks",
        ),
        (
            {"image": True, "options": {FilmingOption.MOTION_BRUSH: {"dynamic_masks": [MASK] * 7}}},
            "video.dynamic_masks",
        ),
    ],
)
def test_what_makes_no_sense_to_kling_is_refused(said: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        kling(said.pop("name", "kling-v1"), **said)
    assert caught.value.field == field


async def test_klings_token_is_signed_kept_and_renewed() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with Studio() as studio:
        maker = video_maker(VIDEO_WIRES["kling"], studio.address, clock=clock)
        order = film_order("kling")
        for wait_s in (0, 1700, 50):
            await clock.advance(wait_s)
            await maker.begin(order)
        await maker.aclose()
    first, second, third = (request.headers["authorization"] for request in studio.requests)
    assert first == second != third
    claims = jwt.decode(first.removeprefix("Bearer "), options={"verify_signature": False})
    began = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert (claims["exp"], claims["nbf"]) == (began + 1800, began - 5)

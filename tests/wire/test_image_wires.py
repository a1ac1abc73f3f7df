"""What image orders look like on each wire, and recorded answers."""

from typing import Any

import msgspec
import pytest

from adapters.flux import request as flux
from adapters.google.image_wire import content_body, predict_body, read_content
from adapters.openai.image_request import LITERALLY, edit, generation
from adapters.stability.request import form_of, path_of
from adapters.transport.image_answers import read_images
from adapters.transport.moderation import refused
from adapters.xai.image import body_of as xai_body
from domain.catalog.media_cards import DrawingOption
from domain.errors import ModelCannot
from domain.provider_errors import ProviderGarbled, ProviderRejected
from tests.contract.image_makers import order_of
from tests.simulators.studio import PNG, PNG_TEXT, google_content
from tests.wire.recordings import Exchange, each, exchanges

PROMPT = "A red bicycle"


def form(fields: Any) -> dict[str, Any]:
    return {name: content for name, (_, content, _) in fields}


def test_gpt_image_takes_size_and_quality() -> None:
    order = order_of("openai", size=(1792, 1024), quality="standard", count=2)
    assert generation(order) == {
        "model": "gpt-image-1.5",
        "prompt": PROMPT,
        "size": "1536x1024",
        "n": 2,
        "quality": "medium",
    }


@pytest.mark.parametrize(
    ("asked", "sent"), [("low", "standard"), ("medium", "standard"), ("high", "hd"), ("hd", "hd")]
)
def test_dall_e_3_has_its_own_words_for_quality(asked: str, sent: str) -> None:
    body = generation(order_of("dall-e-3", quality=asked, size=(1024, 1792)))
    assert (body["quality"], body["size"]) == (sent, "1024x1792")
    assert body["response_format"] == "b64_json"


def test_dall_e_2_has_no_quality() -> None:
    body = generation(order_of("dall-e-2", size=(600, 600)))
    assert body["size"] == "512x512"
    assert "quality" not in body


def test_only_a_model_that_rewrites_is_told_not_to() -> None:
    literal = {DrawingOption.LITERAL: True}
    assert generation(order_of("dall-e-3", options=literal))["prompt"] == LITERALLY + PROMPT
    assert generation(order_of("dall-e-3"))["prompt"] == PROMPT
    assert generation(order_of("openai", options=literal))["prompt"] == PROMPT


def test_an_edit_is_a_form_with_the_picture_first() -> None:
    [first, *words] = edit(order_of("openai", inputs=1))
    assert first == ("image", ("input.png", PNG, "image/png"))
    assert form(words) == {
        "model": "gpt-image-1.5",
        "prompt": PROMPT,
        "size": "1024x1024",
        "n": "1",
        "quality": "medium",
    }


def test_xai_is_told_no_size() -> None:
    body = xai_body(order_of("grok", quality="high"))
    assert body == {
        "model": "grok-2-image",
        "prompt": PROMPT,
        "n": 1,
        "response_format": "b64_json",
    }


@pytest.mark.parametrize(
    ("model", "path", "said"),
    [
        ("sd-core", "core", {}),
        ("stability", "core", {}),
        ("sd-ultra", "ultra", {}),
        ("sd3.5-medium", "sd3", {"model": "sd3.5-medium"}),
        ("sd-anything-new", "sd3", {}),
    ],
)
def test_stability_has_a_path_for_each_kind(model: str, path: str, said: dict[str, str]) -> None:
    order = order_of(model, size=(1792, 1024))
    assert path_of(order) == f"/v2beta/stable-image/generate/{path}"
    fields = form(form_of(order))
    assert fields["aspect_ratio"] == "16:9"
    assert said.items() <= fields.items()


def test_stability_takes_what_the_model_supports() -> None:
    options = {
        DrawingOption.NEGATIVE_PROMPT: "rain",
        DrawingOption.CFG_SCALE: 7,
        DrawingOption.STYLE_PRESET: "anime",
        DrawingOption.STEPS: 30,
    }
    core = form(form_of(order_of("sd-core", options=options)))
    assert (core["negative_prompt"], core["style_preset"]) == ("rain", "anime")
    assert not {"cfg_scale", "steps"} & core.keys()
    assert form(form_of(order_of("sd3.5", options=options)))["cfg_scale"] == "7"


def test_stability_takes_the_shape_of_a_picture() -> None:
    fields = form(form_of(order_of("sd3.5", inputs=1)))
    assert (fields["mode"], fields["image"], fields["strength"]) == ("image-to-image", PNG, "0.65")
    assert "aspect_ratio" not in fields


@pytest.mark.parametrize(
    ("model", "size", "sent"),
    [
        ("flux", (1000, 1000), (992, 992)),
        ("flux", (4096, 4096), (2048, 2048)),
        ("flux-dev", (1792, 1024), (1440, 832)),
        ("flux-pro-1.1", (100, 100), (256, 256)),
    ],
)
def test_flux_takes_sides_in_steps(
    model: str, size: tuple[int, int], sent: tuple[int, int]
) -> None:
    body = flux.body_of(order_of(model, size=size))
    assert (body["width"], body["height"]) == sent
    assert "aspect_ratio" not in body


def test_flux_kontext_takes_a_ratio_and_several_pictures() -> None:
    body = flux.body_of(order_of("flux-kontext", size=(1792, 1024), inputs=2))
    assert body["aspect_ratio"] == "16:9"
    assert body["input_image"] == body["input_image_2"] == PNG_TEXT
    assert not {"width", "height"} & body.keys()


def test_flux_takes_what_the_model_supports() -> None:
    options = {DrawingOption.STEPS: 30, DrawingOption.GUIDANCE: 3, DrawingOption.SEED: 1}
    assert {"steps", "guidance", "seed"} <= flux.body_of(
        order_of("flux-dev", options=options)
    ).keys()
    assert "steps" not in flux.body_of(order_of("flux", options=options))


@pytest.mark.parametrize(
    ("place", "base", "theirs"),
    [
        ("https://api.eu1.bfl.ai/v1/get_result?id=1", "https://api.eu.bfl.ai", True),
        ("https://bfl.ai.evil.example/v1/get_result", "https://api.eu.bfl.ai", False),
        ("https://evilbfl.ai/v1/get_result", "https://api.eu.bfl.ai", False),
        ("http://api.eu.bfl.ai/v1/get_result", "https://api.eu.bfl.ai", False),
        ("https://x:y@api.eu.bfl.ai/", "https://api.eu.bfl.ai", False),
        ("https://api.eu.bfl.ai:8443/", "https://api.eu.bfl.ai", False),
        ("http://127.0.0.1:81/x", "http://127.0.0.1:80", False),
        ("http://8.0.0.1:80/x", "http://127.0.0.1:80", False),
        ("nonsense", "https://api.eu.bfl.ai", False),
    ],
)
def test_the_key_goes_to_the_provider_alone(place: str, base: str, theirs: bool) -> None:
    assert flux.is_of_provider(place, base) is theirs


def test_flux_says_where_to_ask() -> None:
    base = "https://api.eu.bfl.ai"
    named = flux.Task(id="7", polling_url=f"{base}/v1/get_result")
    assert flux.polling_place(named, base, "v1") == f"{base}/v1/get_result?id=7"
    assert flux.polling_place(flux.Task(id="7"), base, "v1") == "/v1/fetch/7"
    with pytest.raises(ProviderGarbled):
        flux.polling_place(flux.Task(id="7", polling_url="https://evil.example/"), base, "v1")


@pytest.mark.parametrize(
    "result",
    [
        {"sample": "https://x.example/a.png", "image": "other"},
        {"deep": {"b64_json": "https://x.example/a.png"}},
        [{"url": "https://x.example/a.png"}],
    ],
)
def test_flux_pictures_are_found_wherever_they_are(result: Any) -> None:
    assert flux.found_in(flux.Task(result=result)) == "https://x.example/a.png"


@pytest.mark.parametrize(
    "beside",
    [{"image": PNG_TEXT}, {"data": {"b64_json": PNG_TEXT}}, {"result": {}, "images": [PNG_TEXT]}],
)
def test_flux_pictures_may_stand_beside_the_result(beside: dict[str, Any]) -> None:
    said = {"id": "7", "status": "Ready", "polling_url": "https://x.example/", **beside}
    assert flux.found_in(flux.read_task(msgspec.json.encode(said))) == PNG_TEXT


@pytest.mark.parametrize(
    ("size", "ratio"), [((1792, 1024), "16:9"), ((1024, 1792), "9:16"), ((1024, 1024), "1:1")]
)
def test_gemini_takes_the_nearest_ratio(size: tuple[int, int], ratio: str) -> None:
    body = content_body(order_of("gemini", size=size, inputs=1))
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": ratio}
    picture, words = body["contents"][0]["parts"]
    assert picture == {"inlineData": {"mimeType": "image/png", "data": PNG_TEXT}}
    assert words == {"text": PROMPT}


def test_imagen_predicts() -> None:
    assert predict_body(order_of("gemini-imagen", size=(1792, 1024), count=2)) == {
        "instances": [{"prompt": PROMPT}],
        "parameters": {"sampleCount": 2, "aspectRatio": "16:9"},
    }
    with pytest.raises(ModelCannot):
        order_of("gemini-imagen", inputs=1)


def test_gemini_that_only_speaks_is_quoted() -> None:
    body = msgspec.json.encode(google_content({"text": "I would rather not. " * 30}))
    with pytest.raises(ProviderRejected) as caught:
        read_content(body)
    assert "I would rather not." in str(caught.value)
    assert len(str(caught.value)) < 260


@each([*exchanges("openai", "images"), *exchanges("xai", "images")])
def test_recorded_answers_are_read(exchange: Exchange) -> None:
    provider = exchange.name.partition("/")[0]
    if exchange.status != 200:
        error = refused(provider, exchange.status, exchange.body)
        assert type(error) is ProviderRejected, "no moderation"
        assert "downloading file" in str(error)
        return
    answer = read_images(provider, exchange.body)
    assert all((image.url or "").startswith("https://") for image in answer.data)
    assert answer.cost_usd == (pytest.approx(0.02) if provider == "xai" else None)

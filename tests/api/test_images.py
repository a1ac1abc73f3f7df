"""`POST /image/generate`: what is drawn, kept, billed and refused."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from adapters.demo.image import DemoImageMaker
from adapters.memory.media_makers import ImageStep, ScriptedImageMaker
from application.files.keep_file import KeepFile
from application.ports.files import Files
from domain.catalog.media_cards import DrawingOption
from domain.catalog.media_price import MediaTokens
from domain.files.keys import key_in
from domain.media import ImagesMade, Picture
from domain.provider_errors import (
    ContentRefused,
    ProviderOverloaded,
    ProviderTimeout,
    ProviderUnavailable,
)
from tests.api.offline_app import Parley
from tests.simulators.studio import PNG, png

MADE = ImagesMade((Picture(PNG, "image/png"),))
OTHER = ImagesMade((Picture(png(grey=0x20), "image/png"),))


@pytest.fixture
async def parley(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    with stamina.set_testing(True, attempts=3):
        async with Parley(tmp_path).running() as running:
            yield running


class Easel:
    """Anna's, before a scripted model of any provider."""

    def __init__(self, parley: Parley, http: httpx.AsyncClient) -> None:
        self.parley = parley
        self._http = http

    def script(self, provider: str, *steps: ImageStep) -> ScriptedImageMaker:
        maker = ScriptedImageMaker(*steps)
        self.parley.image_makers[provider] = maker
        return maker

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self._http.post(path, json=body, headers=self.parley.headers)

    async def ask(self, status: int = 200, **said: Any) -> dict[str, Any]:
        body = {"prompt": "a red bicycle", "customer_id": self.parley.anna.id, **said}
        answer = await self.post("/image/generate", body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def files(self) -> list[str]:
        files = await self.parley.container.get(Files)
        return [file.key for file in (await files.page(self.parley.anna.id)).files]

    async def used(self) -> dict[str, Any]:
        answer = await self._http.get("/api/v1/usage?group_by=model", headers=self.parley.headers)
        return answer.json()["data"]


@pytest.fixture
async def easel(parley: Parley) -> AsyncGenerator[Easel, None]:
    async with parley.client() as http:
        yield Easel(parley, http)


def image(**said: Any) -> dict[str, Any]:
    return {"image": said}


async def test_a_picture_is_drawn_kept_and_linked(easel: Easel) -> None:
    maker = easel.script("flux", MADE)
    body = await easel.ask(settings=image(model="flux", width=1000, height=1000))
    url = body["data"].pop("image_url")
    assert body["data"].pop("image_urls") == [url]
    assert body == {
        "success": True,
        "data": {
            "provider": "flux",
            "model": "flux-2-pro",
            "settings": {
                "provider": "flux",
                "model": "flux-2-pro",
                "width": 992,
                "height": 992,
                "quality": "medium",
            },
        },
        "error": None,
        "code": 200,
    }
    [key] = await easel.files()
    assert key_in(url) == key
    assert key.startswith(f"{easel.parley.anna.id}/assets/chat/1/")
    assert key.endswith("_image.png")
    assert "signature=" in url
    assert maker.orders[0].prompt == "a red bicycle"


async def test_without_settings_the_default_model_draws(easel: Easel) -> None:
    easel.script("openai", MADE, MADE)
    for settings in ({}, {"image": "no object"}):
        body = await easel.ask(settings=settings)
        assert body["data"]["model"] == "gpt-image-1.5"
        assert body["data"]["settings"]["quality"] == "medium"


async def test_a_picture_that_is_not_to_be_kept_carries_itself(easel: Easel) -> None:
    easel.script("openai", MADE)
    url = (await easel.ask(save_to_db=False))["data"]["image_url"]
    assert url == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert await easel.files() == []


async def test_the_keys_of_the_web_client_are_understood(easel: Easel) -> None:
    maker = easel.script("openai", MADE)
    said = {
        "model": "dall-e-3",
        "size_of_image": 1024,
        "image_aspect_ratio": 2,
        "quality_hd": True,
        "disable_safe_prompt_adjust": True,
        "steps": 30,
        "sd_style_preset": "none",
        "flux_raw_mode": True,
        "number_of_images": 1,
    }
    body = await easel.ask(settings=image(**said))
    [order] = maker.orders
    assert (order.size, order.quality) == ((1024, 1792), "hd")
    assert order.options == {DrawingOption.LITERAL: True}
    assert body["data"]["settings"]["quality"] == "hd"


async def test_every_model_of_the_web_client_has_its_provider(easel: Easel) -> None:
    for model, provider in (
        ("dall-e-3", "openai"),
        ("flux-pro-1.1", "flux"),
        ("flux-dev", "flux"),
        ("gemini", "gemini"),
        ("sd-ultra", "stability"),
        ("sd-core", "stability"),
        (" Nano-Banana ", "gemini"),
        ("grok-9-image", "xai"),
    ):
        easel.script(provider, MADE)
        assert (await easel.ask(settings=image(model=model)))["data"]["provider"] == provider


async def test_several_pictures_are_asked_for_as_the_model_takes_them(easel: Easel) -> None:
    two = ImagesMade((*MADE.pictures, *OTHER.pictures))
    openai = easel.script("openai", two)
    body = await easel.ask(settings=image(model="openai", number_of_images=2))
    assert [order.count for order in openai.orders] == [2]
    assert len(set(body["data"]["image_urls"])) == 2
    flux = easel.script("flux", MADE, ContentRefused("flux", "flux refused the content"), OTHER)
    body = await easel.ask(settings=image(model="flux", number_of_images=3))
    assert [order.count for order in flux.orders] == [1, 1, 1]
    assert len(body["data"]["image_urls"]) == 2, "what was drawn is not lost for what was not"


async def test_a_picture_can_be_made_from_one_of_the_users_own(easel: Easel) -> None:
    maker = easel.script("openai", MADE, MADE)
    keep = await easel.parley.container.get(KeepFile)
    mine = await keep(easel.parley.anna.id, "mine.png", "image/png", PNG, 1000)
    easel.parley.downloads.pages["https://pictures.example/a"] = PNG
    for url in (f"/files/{mine.key}", "https://pictures.example/a"):
        await easel.ask(image_url=url)
    assert [order.inputs[0].content for order in maker.orders] == [PNG, PNG]
    assert easel.parley.downloads.asked == ["https://pictures.example/a"]


async def test_a_file_of_somebody_else_is_not_there(easel: Easel) -> None:
    keep = await easel.parley.container.get(KeepFile)
    his = await keep(easel.parley.boris.id, "his.png", "image/png", PNG, 1000)
    easel.script("openai")
    await easel.ask(404, image_url=f"/files/{his.key}")


async def test_what_makes_no_sense_is_refused(easel: Easel) -> None:
    for provider in ("openai", "stability"):
        easel.script(provider)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"prompt": "  "}, "prompt"),
        ({"settings": image(width=0)}, "image.size"),
        ({"settings": image(height=-5)}, "image.size"),
        ({"settings": image(size_of_image=0)}, "image.size"),
        ({"settings": image(number_of_images=0)}, "image.number_of_images"),
        ({"settings": image(width="wide")}, "image.width"),
        ({"settings": image(number_of_images=9)}, "image.number_of_images"),
        ({"settings": image(quality=7)}, "image.quality"),
        ({"image_url": "http://127.0.0.1/a.png"}, "image_url"),
        ({"image_url": "/etc/passwd"}, "image_url"),
        ({"image_url": "data:text/plain;base64,aGVsbG8="}, "image_url"),
        ({"settings": image(model="sd-core"), "image_url": "/files/x"}, "model"),
    ]
    for said, field in refused:
        detail = (await easel.ask(400, **said))["detail"]
        assert detail["error"] == "validation_error", said
        assert detail["context"] == {"field": field}, said


async def test_an_unknown_model_lists_close_ones(easel: Easel) -> None:
    detail = (await easel.ask(400, settings=image(model="nano-bananas")))["detail"]
    assert detail["error"] == "configuration_error"
    assert detail["context"] == {"key": "image.model"}
    assert "nano-banana" in detail["message"]


async def test_the_body_has_a_shape(easel: Easel) -> None:
    for wrong in ({"prompt": ""}, {"customer_id": 0}, {"settings": []}, {"save_to_db": "no"}):
        await easel.ask(422, **wrong)
    await easel.ask(403, customer_id=easel.parley.boris.id)
    easel.script("openai", MADE)
    await easel.ask(message_id=7, session_id=7)


@pytest.mark.parametrize("path", ["/image/generate", "/video/generate", "/video/extend"])
async def test_the_token_may_stand_in_the_url(parley: Parley, path: str) -> None:
    async with parley.client() as stranger:
        assert (await stranger.post(path, json={})).status_code == 401
        asked = await stranger.post(f"{path}?token={parley.token}", json={})
    assert asked.status_code == 422, "who asks is known; what for is not"


async def test_moderation_is_told_at_once(easel: Easel) -> None:
    maker = easel.script("openai", ContentRefused("openai", "openai refused the content"))
    detail = (await easel.ask(502))["detail"]
    assert detail == {
        "error": "provider_error",
        "message": "openai refused the content",
        "context": {"provider": "openai"},
    }
    assert len(maker.orders) == 1


async def test_what_has_not_begun_is_asked_again(easel: Easel) -> None:
    maker = easel.script(
        "openai",
        ProviderUnavailable("openai", "openai failed"),
        ProviderOverloaded("openai", "slow down", 1),
        MADE,
    )
    await easel.ask()
    assert len(maker.orders) == 3


async def test_what_may_have_begun_is_not_paid_for_twice(easel: Easel) -> None:
    maker = easel.script("openai", ProviderTimeout("openai", "openai did not answer in time"))
    await easel.ask(502)
    assert len(maker.orders) == 1
    assert (await easel.used())["total"]["unpriced_answers"] == 1


async def test_a_picture_is_on_the_bill(easel: Easel) -> None:
    counted = ImagesMade(MADE.pictures, MediaTokens(words_in=100, pictures_out=1056))
    told = ImagesMade(MADE.pictures, cost_usd=0.045)
    easel.script("openai", counted, MADE)
    easel.script("flux", told)
    await easel.ask(settings=image(model="openai"))
    await easel.ask(settings=image(model="openai", quality="high", width=1536))
    await easel.ask(settings=image(model="flux"))
    rows = {row["model"]: row["cost_usd"] for row in (await easel.used())["rows"]}
    assert rows["flux-2-pro"] == 0.045
    assert rows["gpt-image-1.5"] == pytest.approx((100 * 5 + 1056 * 32) / 1e6 + 0.2, abs=1e-6)


async def test_the_cap_holds_before_anything_is_drawn(tmp_path: Path) -> None:
    async with Parley(tmp_path, spending_cap_usd=0.1).running() as parley, parley.client() as http:
        easel = Easel(parley, http)
        maker = easel.script("flux", MADE, ContentRefused("flux", "no"), MADE)
        await easel.ask(settings=image(model="flux"))  # 0.03
        await easel.ask(502, settings=image(model="flux"))  # nothing
        await easel.ask(settings=image(model="flux"))  # 0.06
        await easel.ask(429, settings=image(model="flux", number_of_images=2))
        assert len(maker.orders) == 3


async def test_leaving_stops_the_drawing(parley: Parley) -> None:
    maker = ScriptedImageMaker(asyncio.Event())
    parley.image_makers["openai"] = maker
    async with parley.client() as http:
        easel = Easel(parley, http)
        asking = asyncio.create_task(easel.ask())
        await maker.waiting.wait()
        asking.cancel()
        await asyncio.wait({asking})
        assert (await easel.used())["total"]["answers"] == 1


async def test_the_demonstration_draws_and_says_so(easel: Easel) -> None:
    easel.parley.image_makers["demo"] = DemoImageMaker()
    body = await easel.ask(settings=image(model="demo", width=300, height=200))
    assert body["data"]["provider"] == "demo"
    files = await easel.parley.container.get(Files)
    [key] = await easel.files()
    content = b"".join([piece async for piece in files.read(easel.parley.anna.id, key)])  # type: ignore[arg-type]
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") == 300
    await easel.ask(502, prompt="something /refuse", settings=image(model="demo"))


async def test_both_older_clients_find_the_picture(easel: Easel) -> None:
    maker = easel.script("flux", MADE, MADE)
    easel.parley.downloads.pages["https://pictures.example/a"] = PNG
    said: dict[str, Any] = {"category": "image", "action": "generate", "customer_id": 1}
    modern = {"user_input": {"text": "a fox"}, "user_settings": image(model="flux")}
    mobile = {
        "userInput": {"text": "a fox"},
        "userSettings": image(model="flux"),
        "assetInput": ["https://pictures.example/a"],
    }
    for body in (said | modern, said | mobile):
        answer = await easel.post("/generate", body)
        found = answer.json()
        assert answer.status_code == found["code"] == 200, answer.text
        assert found["message"] == {"status": "completed", "result": found["data"]}
        assert key_in(found["data"]) is not None
    assert [len(order.inputs) for order in maker.orders] == [0, 1]
    for wrong in ({"category": "music"}, {"user_input": {"text": " "}}, {"user_input": []}):
        answer = await easel.post("/generate", said | modern | wrong)
        assert (answer.status_code, answer.json()["message"]["status"]) == (400, "fail")
    assert (await easel.post("/generate", said | modern | {"customer_id": 2})).status_code == 403

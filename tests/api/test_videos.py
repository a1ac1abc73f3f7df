"""Clips over HTTP: waited for, looked after, extended, and stopped."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import stamina

from adapters.memory.clock import settle
from adapters.memory.media_makers import UNDER_WAY, LookStep, ScriptedVideoMaker
from adapters.transport.pictures import as_data_url
from application.files.keep_file import KeepFile
from domain.files.keys import key_in
from domain.media import Picture
from domain.provider_errors import ContentRefused, WorkFailed
from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient
from tests.simulators.studio import PNG

JOBS = "/api/v1/video/jobs"


@pytest.fixture
async def parley(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    with stamina.set_testing(True, attempts=3):
        async with Parley(tmp_path).running() as running:
            yield running


class Set:
    """Anna's, with a scripted camera of any provider."""

    def __init__(self, parley: Parley, http: httpx.AsyncClient) -> None:
        self.parley = parley
        self.http = http

    def script(self, provider: str, *looks: LookStep, **more: Any) -> ScriptedVideoMaker:
        maker = ScriptedVideoMaker(*looks, **more)
        self.parley.video_makers[provider] = maker
        return maker

    def body(self, **said: Any) -> dict[str, Any]:
        return {"prompt": "waves at dusk", "customer_id": self.parley.anna.id, **said}

    async def ask(self, path: str, status: int = 200, **said: Any) -> Any:
        """Ask, and let time pass until there is an answer."""
        asking = asyncio.create_task(
            self.http.post(path, json=self.body(**said), headers=self.parley.headers)
        )
        while not asking.done():
            await settle()
            await self.parley.clock.advance(1)
        answer = asking.result()
        assert answer.status_code == status, answer.text
        return answer.json()

    async def order(self, status: int = 202, key: str | None = None, **said: Any) -> Any:
        headers = self.parley.headers | ({"Idempotency-Key": key} if key else {})
        answer = await self.http.post(JOBS, json=self.body(**said), headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]

    async def job(self, job: str, status: int = 200, *, boris: bool = False) -> Any:
        headers = self.parley.boris_headers if boris else self.parley.headers
        answer = await self.http.get(f"{JOBS}/{job}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]


@pytest.fixture
async def stage(parley: Parley) -> AsyncGenerator[Set, None]:
    async with parley.client() as http:
        yield Set(parley, http)


def video(**said: Any) -> dict[str, Any]:
    return {"video": said}


async def test_a_clip_is_filmed_kept_and_linked(stage: Set) -> None:
    maker = stage.script("gemini", UNDER_WAY)
    said = video(model="veo-3.1-fast", duration_seconds=5, aspect_ratio="9:16", numberOfVideos=1)
    body = await stage.ask("/video/generate", settings=said)
    url, job = body["data"].pop("video_url"), body["data"].pop("job_id")
    assert body["data"].pop("video_urls") == [url]
    assert body == {
        "success": True,
        "data": {
            "provider": "gemini",
            "model": "veo-3.1-fast",
            "duration": 4,
            "settings": {
                "provider": "gemini",
                "model": "veo-3.1-fast",
                "aspect_ratio": "9:16",
                "duration_seconds": 4,
                "mode": "text_to_video",
                "enhance_prompt": True,
                "number_of_videos": 1,
                "video_id": "clip-of-job-1",
            },
        },
        "error": None,
        "code": 200,
    }
    key = key_in(url)
    assert key is not None
    assert key.startswith(f"{stage.parley.anna.id}/assets/chat/1/")
    assert key.endswith("_video.mp4")
    clip = await stage.http.get(url)
    assert (clip.content, clip.headers["content-type"]) == (maker.clips[0], "video/mp4")
    answer = await stage.http.get("/api/v1/usage?group_by=model", headers=stage.parley.headers)
    [row] = answer.json()["data"]["rows"]
    assert (row["model"], row["cost_usd"]) == ("veo-3.1-fast", 0.6)
    assert (await stage.job(job))["video_url"] is not None


async def test_a_picture_of_the_users_can_be_the_first_frame(stage: Set) -> None:
    maker = stage.script("openai")
    keep = await stage.parley.container.get(KeepFile)
    mine = await keep(stage.parley.anna.id, "mine.png", "image/png", PNG, 1000)
    his = await keep(stage.parley.boris.id, "his.png", "image/png", PNG, 1000)
    said = video(model="sora-2")
    body = await stage.ask("/video/generate", settings=said, input_image_url=f"/files/{mine.key}")
    assert body["data"]["settings"]["mode"] == "image_to_video"
    frame = maker.orders[0].image
    assert frame is not None
    assert frame.content == PNG
    await stage.ask("/video/generate", 404, settings=said, input_image_url=f"/files/{his.key}")
    assert len(maker.orders) == 1


async def test_a_model_without_references_begins_with_the_first(stage: Set) -> None:
    maker = stage.script("openai")
    picture = as_data_url(Picture(PNG, "image/png"))
    said = video(model="sora-2", reference_images=[picture, picture])
    settings = (await stage.ask("/video/generate", settings=said))["data"]["settings"]
    assert maker.orders[0].image == Picture(PNG, "image/png")
    assert settings["mode"] == "image_to_video"
    assert settings["reference_images"] == [f"{picture[:64]}…"] * 2


async def test_a_length_is_shown_without_a_point(stage: Set) -> None:
    stage.script("gemini")
    answer = await stage.http.post(
        JOBS, json=stage.body(settings=video(model="veo")), headers=stage.parley.headers
    )
    assert '"duration":4,' in answer.text


async def test_a_clip_that_is_not_to_be_kept_carries_itself(stage: Set) -> None:
    maker = stage.script("openai")
    body = await stage.ask("/video/generate", settings=video(model="sora"), save_to_db=False)
    clip = base64.b64encode(maker.clips[0]).decode()
    assert body["data"]["video_url"] == f"data:video/mp4;base64,{clip}"
    assert (await stage.parley.files.page(stage.parley.anna.id)).files == ()


async def test_a_clip_goes_on_where_it_ended(stage: Set) -> None:
    maker = stage.script("klingai")
    body = await stage.ask("/video/extend", settings=video(video_id="clip-1", cfg_scale=0.5))
    assert body["data"]["settings"] == {
        "provider": "klingai",
        "model": "kling-v1",
        "mode": "video_extension",
        "source_video_id": "clip-1",
        "enhance_prompt": True,
        "cfg_scale": 0.5,
        "video_id": "clip-of-job-1",
    }
    await stage.ask("/video/extend", settings={"video_id": "clip-2"})
    await stage.order(settings=video(video_id="clip-3", model="kling-v1-6"))
    assert [order.extends for order in maker.orders] == ["clip-1", "clip-2", "clip-3"]


async def test_what_makes_no_sense_is_refused(stage: Set) -> None:
    makers = [stage.script(provider) for provider in ("gemini", "openai", "klingai")]
    for path, said, error, context in (
        ("generate", {"prompt": "  "}, "validation_error", {"field": "prompt"}),
        (
            "generate",
            {"settings": video(duration_seconds=0)},
            "validation_error",
            {"field": "video.duration_seconds"},
        ),
        (
            "generate",
            {"settings": video(file_extension="exe")},
            "validation_error",
            {"field": "video.file_extension"},
        ),
        (
            "generate",
            {"settings": video(model="vvvv")},
            "configuration_error",
            {"key": "video.model"},
        ),
        ("extend", {}, "validation_error", {"field": "video.video_id"}),
        (
            "extend",
            # Beside a section, only what is in the section counts.
            {"settings": {"video": {}, "video_id": "clip-1"}},
            "validation_error",
            {"field": "video.video_id"},
        ),
        (
            "generate",
            {"input_image_url": "http://127.0.0.1/a.png"},
            "validation_error",
            {"field": "input_image_url"},
        ),
        (
            "generate",
            {"settings": video(model="veo", reference_images=["/etc/passwd"])},
            "validation_error",
            {"field": "video.reference_images"},
        ),
        (
            "generate",
            {"settings": video(model="kling-v2-1", static_mask="x")},
            "validation_error",
            {"field": "video.static_mask"},
        ),
    ):
        detail = (await stage.ask(f"/video/{path}", 400, **said))["detail"]
        assert (detail["error"], detail.get("context")) == (error, context), said
    for path in ("/video/generate", "/video/extend", JOBS):
        for wrong in ({"prompt": ""}, {"customer_id": 0}, {"settings": []}):
            await stage.ask(path, 422, **wrong)
        await stage.ask(path, 403, customer_id=stage.parley.boris.id)
    assert [order for maker in makers for order in maker.orders] == []


async def test_most_models_cannot_go_on(stage: Set) -> None:
    stage.script("gemini")
    said = video(model="veo-3.1-fast", video_id="clip-1")
    detail = (await stage.ask("/video/extend", 501, settings=said))["detail"]
    assert detail == "gemini does not support extending videos"


async def test_a_clip_that_fails_is_told_to_who_waits(stage: Set) -> None:
    said = video(model="sora-2")
    stage.script("openai", ContentRefused("openai", "openai refused the content"))
    detail = (await stage.ask("/video/generate", 502, settings=said))["detail"]
    assert detail == {
        "error": "provider_error",
        "message": "openai refused the content",
        "context": {"provider": "openai"},
    }
    stage.script("openai", refuses=[WorkFailed("openai", "openai failed")])
    detail = (await stage.ask("/video/generate", 502, settings=said))["detail"]
    assert detail["message"] == "openai failed"
    stage.script("openai", *[UNDER_WAY] * 50)
    said = video(model="sora-2", poll_timeout_seconds=3, poll_interval_seconds=2)
    detail = (await stage.ask("/video/generate", 502, settings=said))["detail"]
    assert "3" in detail["message"]


async def test_a_job_can_be_looked_after(stage: Set) -> None:
    maker = stage.script("openai", UNDER_WAY)
    job = await stage.order(settings=video(model="sora-2"), key="mine")
    assert (job["state"], job["provider"], job["video_url"]) == ("running", "openai", None)
    assert (await stage.order(settings=video(model="sora-2"), key="mine")) == job
    await stage.order(409, settings=video(model="sora-2-pro"), key="mine")
    assert len(maker.orders) == 1
    stream = RawClient(
        stage.parley.app, "GET", f"{JOBS}/{job['job_id']}/events", headers=stage.parley.headers
    )
    await stream.until(b'"running"')
    await stage.parley.clock.advance(10)
    events = [
        msgspec.json.decode(line.removeprefix("data: "))
        for line in (await stream.whole()).decode().splitlines()
        if line.startswith("data: ")
    ]
    assert [event["state"] for event in events] == ["running", "done"]
    done = await stage.job(job["job_id"])
    assert (done["progress"], done["error"]) == (100, None)
    assert (await stage.http.get(done["video_url"])).content == maker.clips[0]
    listed = await stage.http.get(JOBS, headers=stage.parley.headers)
    assert [one["job_id"] for one in listed.json()["data"]["jobs"]] == [job["job_id"]]


async def test_a_job_can_be_stopped_and_stays_so(stage: Set) -> None:
    maker = stage.script("openai", *[UNDER_WAY] * 9)
    job = (await stage.order(settings=video(model="sora-2")))["job_id"]
    for _ in range(2):
        answer = await stage.http.post(f"{JOBS}/{job}/cancel", headers=stage.parley.headers)
        found = answer.json()["data"]
        assert (answer.status_code, found["state"]) == (200, "cancelled")
        assert found["error_code"] == "job_cancelled"
    assert len(maker.cancelled) == 1


async def test_a_job_of_somebody_else_is_not_there(stage: Set) -> None:
    stage.script("openai", *[UNDER_WAY] * 9)
    job = (await stage.order(settings=video(model="sora-2")))["job_id"]
    headers = stage.parley.boris_headers
    await stage.job(job, 404, boris=True)
    assert (await stage.http.get(f"{JOBS}/{job}/events", headers=headers)).status_code == 404
    assert (await stage.http.post(f"{JOBS}/{job}/cancel", headers=headers)).status_code == 404
    listed = await stage.http.get(JOBS, headers=headers)
    assert listed.json()["data"] == {"jobs": [], "count": 0}
    for path in (JOBS, f"{JOBS}/{job}", f"{JOBS}/{job}/events"):
        assert (await stage.http.get(path)).status_code == 401
    assert (await stage.job(job))["state"] == "running"


@pytest.mark.parametrize(("key", "stopped"), [(None, 1), ("mine", 0)])
async def test_who_leaves_stops_the_work_unless_they_may_come_back(
    stage: Set, key: str | None, stopped: int
) -> None:
    maker = stage.script("openai", *[UNDER_WAY] * 9)
    headers = stage.parley.headers | ({"Idempotency-Key": key} if key else {})
    body = stage.body(settings=video(model="sora-2"))
    client = RawClient(stage.parley.app, "POST", "/video/generate", headers=headers, json=body)
    await settle(50)
    assert len(maker.orders) == 1
    await client.hang_up()
    await settle(50)
    assert len(maker.cancelled) == stopped


async def test_a_user_has_so_many_at_once_and_so_much_money(tmp_path: Path) -> None:
    said = video(model="sora-2")
    parley = Parley(tmp_path, videos_per_user=1, spending_cap_usd=0.7)
    async with parley.running(), parley.client() as http:
        stage = Set(parley, http)
        maker = stage.script("openai")
        await stage.order(settings=said)  # 0.4
        await stage.order(429, settings=said)
        await parley.clock.advance(10)
        await stage.order(429, settings=said)
        assert len(maker.orders) == 1

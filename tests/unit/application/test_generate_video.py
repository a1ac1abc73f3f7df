"""Clips that a model asks for: jobs like any other, kept with the answer."""

import asyncio

import pytest

from adapters.memory.clock import settle
from application.agent.tools.generate_video import GenerateVideo
from application.files.links import FileLinks
from domain.media import JobState, VideoUnderWay
from domain.provider_errors import WorkFailed
from domain.turn.events import MediaKept
from tests.unit.application.test_tools import Door
from tests.unit.application.test_videos import ANNA, POLL_S, Studio

SECRET = "s" * 32


def tool_of(studio: Studio) -> GenerateVideo:
    return GenerateVideo(studio.videos, FileLinks(SECRET, "http://here", 3600, studio.clock))


async def test_a_clip_is_waited_for_told_and_linked() -> None:
    async with Studio(VideoUnderWay(10)).running() as studio:
        door = Door()
        call = asyncio.create_task(door.calls(tool_of(studio), prompt="waves", duration_seconds=30))
        await settle()
        assert not door.said
        for _ in range(3):
            await studio.clock.advance(POLL_S)
            await settle()
        result = await call
        (kept,) = door.said
        assert isinstance(kept, MediaKept)
        assert result["video_url"].startswith(f"http://here{kept.url}?expires=")
        assert (result["model"], result["provider"], result["duration"]) == ("camera", "acme", 8)
        assert len(await studio.stored()) == 1


async def test_a_turn_that_is_stopped_stops_its_clip() -> None:
    async with Studio(*[VideoUnderWay(10)] * 9).running() as studio:
        call = asyncio.create_task(Door().calls(tool_of(studio), prompt="waves"))
        await settle()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        [job] = await studio.videos.page(ANNA, 10)
        assert job.state is JobState.CANCELLED


async def test_what_comes_to_nothing_is_told_to_the_model() -> None:
    async with Studio(WorkFailed("acme", "The camera broke")).running() as studio:
        door = Door()
        call = asyncio.create_task(door.calls(tool_of(studio), prompt="waves"))
        await settle()
        await studio.clock.advance(POLL_S)
        await settle()
        with pytest.raises(WorkFailed, match="The camera broke"):
            await call
        assert not door.said

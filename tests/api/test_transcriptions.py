"""Recordings written down over HTTP, to the contract's letter."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.memory.speech import ScriptedTranscriber
from application.speech.at_once import AtOnce
from domain.errors import NotConfigured
from domain.provider_errors import ProviderOverloaded
from domain.speech.orders import Transcript
from tests.api.offline_app import Parley

PATH = "/api/v1/audio/transcribe"
SPOKEN = (Path(__file__).parents[1] / "fixtures" / "spoken.wav").read_bytes()
SPEECH = ["user_settings", "speech"]
FORM = {"action": "chat", "category": "Speech", "customer_id": "1"}


async def send(
    client: httpx.AsyncClient, file: Any = ("memo.m4a", SPOKEN, "audio/mp4"), **form: Any
) -> httpx.Response:
    fields = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in (FORM | form).items()
        if value is not None
    }
    return await client.post(PATH, data=fields, files={"file": file} if file else None)


def hears(parley: Parley, *rounds: Any, provider: str = "gemini") -> ScriptedTranscriber:
    ears = ScriptedTranscriber(*rounds)
    parley.transcribers[provider] = ears
    return ears


async def test_a_recording_is_written_down(parley: Parley, anna: httpx.AsyncClient) -> None:
    ears = hears(parley, Transcript("buy two lemons from cloud code", "gemini-2.5-flash"))
    speech = {"language": "en", "temperature": 0.5, "optional_prompt": "A list"}
    answer = await send(anna, user_settings={"speech": speech}, user_input={"prompt": "unused"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "code": 200,
        "success": True,
        "message": "Transcription completed",
        "data": {
            "status": "completed",
            "result": "buy two lemons from Claude Code",
            "action": "chat",
            "provider": "gemini",
            "fileName": "memo.m4a",
            "language": "en",
        },
        "meta": {
            "filename": "memo.m4a",
            "provider": "gemini",
            "language": "en",
            "metadata": {"model": "gemini-2.5-flash", "filename": "memo.m4a"},
        },
    }
    ((recording, order),) = ears.recordings
    assert (recording.content, recording.media_type) == (SPOKEN, "audio/mp4")
    assert (order.act, order.prompt, order.temperature) == ("transcribe", "A list", 0.5)


async def test_what_is_not_said_is_left_out_or_null(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    ears = hears(parley, Transcript("", "whisper-1"), provider="openai")
    answer = await send(
        anna,
        ("../..", SPOKEN, "audio/wav"),
        action="translate",
        user_settings={"speech": {"model": "gpt-4o-transcribe"}},
        user_input={"file_path": "/etc/passwd", "file_name": "a b.wav", "prompt": "Hm"},
    )
    body = answer.json()
    assert body["data"] == {
        "status": "completed",
        "result": "",
        "action": "translate",
        "provider": "openai",
        "fileName": "a_b.wav",
    }
    assert body["meta"]["language"] is None
    assert body["meta"]["metadata"] == {"model": "whisper-1"}
    assert (ears.recordings[0][1].act, ears.recordings[0][1].prompt) == ("translate", "Hm")


async def test_test_data_asks_nobody(parley: Parley, anna: httpx.AsyncClient) -> None:
    ears = hears(parley)
    for key in ("return_test_data", "returnTestData"):
        body = (await send(anna, user_settings={"general": {key: True}})).json()
        assert body["data"]["provider"] == "test-data"
        assert "customer 1" in body["data"]["result"]
        assert body["meta"]["metadata"] == {"mode": "test"}
    assert ears.recordings == []


NONSENSE: list[tuple[Any, list[str], str]] = [
    ({"user_input": "{bad"}, ["user_input"], "value_error.jsondecode"),
    ({"user_settings": "[]"}, ["user_settings"], "type_error.dict"),
    ({"user_settings": {"speech": 7}}, SPEECH, "type_error.dict"),
    ({"user_settings": {"speech": {"model": 7}}}, [*SPEECH, "model"], "type_error.str"),
    ({"user_settings": {"speech": {"model": "claude"}}}, [*SPEECH, "model"], "value_error"),
    ({"action": "sing"}, ["action"], "value_error"),
    ({"category": "music"}, ["category"], "value_error"),
]  # fmt: skip


async def test_what_makes_no_sense_is_400(parley: Parley, anna: httpx.AsyncClient) -> None:
    hears(parley)
    for form, place, kind in NONSENSE:
        answer = await send(anna, **form)
        assert answer.status_code == 400, form
        body = answer.json()
        assert body["message"] == "Invalid static transcription payload"
        (error,) = body["data"]["errors"]
        assert (error["loc"], error["type"]) == (place, kind)
        assert body["meta"] is None


async def test_what_is_missing_is_422(anna: httpx.AsyncClient) -> None:
    for form in ({"customer_id": "x"}, {"customer_id": "0"}, {"action": None}):
        assert (await send(anna, **form)).status_code == 422, form
    without = await anna.post(PATH, data=FORM, files={"other": ("a.wav", SPOKEN)})
    assert (without.status_code, without.json()["data"]["errors"][0]["field"]) == (422, "file")


async def test_who_may(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    hears(parley, Transcript("Hi", "m"))
    assert (await send(stranger)).status_code == 401
    assert (await send(anna, customer_id="2")).status_code == 403
    by_url = await stranger.post(
        f"{PATH}?token={parley.token}", data=FORM, files={"file": ("a.wav", SPOKEN)}
    )
    assert by_url.json()["data"]["result"] == "Hi"


async def test_so_many_recordings_at_once_and_no_more(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    hears(parley, Transcript("Hi", "m"))
    places = await parley.container.get(AtOnce)
    for _ in range(parley.settings.turns_per_user):
        places.begin(parley.anna.id)
    answer = await send(anna)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "wait for one to end" in answer.json()["message"]
    places.end(parley.anna.id)
    assert (await send(anna)).status_code == 200


async def test_a_failure_is_502_with_its_reason(parley: Parley, anna: httpx.AsyncClient) -> None:
    for error in (ProviderOverloaded("gemini", "slow", 60.0), NotConfigured("GOOGLE_API_KEY")):
        hears(parley, error)
        answer = await send(anna)
        assert answer.status_code == 502
        assert answer.json() == {
            "code": 502,
            "success": False,
            "message": str(error),
            "data": None,
            "meta": None,
        }


@pytest.fixture
async def small(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with (
        Parley(tmp_path, recording_bytes=2000).running() as parley,
        parley.client() as client,
    ):
        hears(parley, Transcript("Hi", "m"))
        client.headers.update(parley.headers)
        yield client


async def test_how_large_a_recording_may_be(small: httpx.AsyncClient) -> None:
    assert (await send(small, ("a.wav", bytes(2001)))).status_code == 413
    assert (await send(small, ("a.wav", b""))).status_code == 400
    assert (await send(small, ("a.wav", bytes(2000)))).status_code == 200

"""Texts spoken over HTTP, to the contract's letter."""

import asyncio
import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from adapters.memory.speech import ScriptedSpeaker, sound_of
from application.ports.speech import Allowance
from application.speech.at_once import AtOnce
from domain.errors import NotConfigured
from domain.files.keys import key_in
from domain.provider_errors import ProviderBrokeOff, ProviderRejected
from domain.speech.audio import read_wav
from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient

GENERATE, STREAM = "/api/v1/tts/generate", "/api/v1/tts/stream"


def body(text: str = "Hello there", general: Any = None, action: Any = None, **tts: Any) -> Any:
    found: dict[str, Any] = {
        "customer_id": 1,
        "user_input": {"text": text},
        "user_settings": {"general": general or {}, "tts": tts},
    }
    return found if action is None else found | {"action": action}


@pytest.fixture
def voice(parley: Parley) -> ScriptedSpeaker:
    speaker = ScriptedSpeaker()
    parley.speakers |= {"openai": speaker, "elevenlabs": speaker}
    return speaker


async def kept(parley: Parley, url: str) -> bytes:
    key = key_in(url)
    assert key is not None
    return b"".join([chunk async for chunk in parley.files.read(parley.anna.id, key)])


async def test_a_text_is_spoken_into_a_file(
    parley: Parley, anna: httpx.AsyncClient, voice: ScriptedSpeaker
) -> None:
    answer = await anna.post(GENERATE, json=body(voice="nova", speed=9))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    url = found["message"]["result"]
    facts = {"provider": "openai", "model": "gpt-4o-mini-tts", "voice": "nova", "format": "mp3"}
    assert found == {
        "code": 200,
        "success": True,
        "message": {"status": "completed", "result": url},
        "data": facts
        | {
            "s3Url": url,
            "chunk_count": 1,
            "extra": facts | {"speed": 4.0, "chunk_index": 1, "chunk_count": 1},
        },
        "meta": None,
    }
    assert url.partition("?")[0].endswith("_tts_audio.mp3")
    assert await kept(parley, url) == sound_of("Hello there")
    assert not voice.orders[0].streamed


async def test_samples_are_kept_as_a_wav_file_with_a_true_header(
    parley: Parley, anna: httpx.AsyncClient, voice: ScriptedSpeaker
) -> None:
    text = "Some words here. " * 300
    made = body(text, voice="alice", format="pcm_16000")
    data = (await anna.post(GENERATE, json=made)).json()["data"]
    assert (data["format"], data["chunk_count"]) == ("wav", 2)
    assert data["extra"]["original_format"] == "pcm_16000"
    assert data["extra"]["sample_rate"] == 16_000
    content = await kept(parley, data["s3Url"])
    facts = read_wav(content)
    assert facts is not None
    assert (facts.rate_hz, facts.start + facts.data_bytes) == (16_000, len(content))
    assert int.from_bytes(content[40:44], "little") == facts.data_bytes
    assert content[44:] == b"".join(map(sound_of, voice.texts))


async def test_an_inline_answer_holds_the_sound(
    parley: Parley, anna: httpx.AsyncClient, voice: ScriptedSpeaker
) -> None:
    found = (await anna.post(GENERATE, json=body(general={"save_to_s3": False}))).json()
    kind, _, data = found["message"]["result"].partition(",")
    assert (kind, base64.b64decode(data)) == ("data:audio/mpeg;base64", sound_of("Hello there"))
    assert found["data"]["extra"]["inline_payload_bytes"] == len(sound_of("Hello there"))
    assert "s3Url" not in found["data"]
    assert not (await parley.files.page(parley.anna.id)).files


async def test_test_data_asks_nobody(anna: httpx.AsyncClient, voice: ScriptedSpeaker) -> None:
    made = (await anna.post(GENERATE, json=body(general={"returnTestData": True}))).json()
    name = base64.b64encode(b"tts-test-1").decode()
    assert made["message"]["result"] == f"https://example.invalid/1/assets/tts/{name}.mp3"
    assert made["data"]["provider"] == "test-data"
    assert (made["data"]["model"], made["data"]["extra"]) == ("mock-model", {"mode": "test"})
    streamed = await anna.post(STREAM, json=body(general={"return_test_data": True}))
    assert streamed.content == b"test-audio"
    assert voice.texts == []


async def test_a_text_is_heard_as_it_is_spoken(
    anna: httpx.AsyncClient, voice: ScriptedSpeaker
) -> None:
    answer = await anna.post(STREAM, json=body("One. " * 1000, model="tts-1", voice="zoë"))
    assert answer.content == b"".join(map(sound_of, voice.texts))
    assert len(voice.texts) == 2
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert {name: answer.headers[f"x-tts-{name}"] for name in ("provider", "model", "voice")} == {
        "provider": "openai",
        "model": "tts-1",
        "voice": "alloy",
    }
    own = await anna.post(STREAM, json=body(provider="elevenlabs", voice="zoë", format="pcm_24000"))
    assert own.headers["x-tts-voice"] == "zo?"
    assert own.headers["content-type"] == "audio/L16;rate=24000;channels=1"


async def test_what_fails_before_the_first_sound_has_a_status(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.speakers["openai"] = ScriptedSpeaker([ProviderRejected("openai", "openai: no (400)")])
    answer = await anna.post(STREAM, json=body())
    assert answer.status_code == 502
    assert answer.json() == {
        "code": 502,
        "success": False,
        "message": "TTS provider error",
        "data": {
            "error": "provider_error",
            "message": "openai: no (400)",
            "context": {"provider": "openai", "original_error": "openai: no (400)"},
        },
        "meta": None,
    }


async def test_what_breaks_off_later_cuts_the_answer(parley: Parley) -> None:
    parley.speakers["openai"] = ScriptedSpeaker([b"ab", ProviderBrokeOff("openai", "gone")])
    client = RawClient(parley.app, "POST", STREAM, headers=parley.headers, json=body())
    assert await client.whole() == b"ab"
    assert client.status == 200


async def test_a_listener_who_leaves_stops_the_voice(parley: Parley) -> None:
    voice = ScriptedSpeaker([b"ab", asyncio.Event(), b"cd"])
    parley.speakers["openai"] = voice
    client = RawClient(parley.app, "POST", STREAM, headers=parley.headers, json=body())
    await client.until(b"ab")
    await client.hang_up()
    assert voice.closed_early == 1


async def test_what_an_account_has_used(parley: Parley, anna: httpx.AsyncClient) -> None:
    renews = datetime(2026, 2, 1, tzinfo=UTC)
    parley.books["elevenlabs"] = ScriptedSpeaker(allowance=Allowance(12345, 100_000, renews))
    answer = (await anna.post(GENERATE, json=body(action="billing", voice="alice"))).json()
    expected = {
        "character_count": 12345,
        "character_limit": 100_000,
        "next_billing_date": "2026-02-01T00:00:00+00:00",
    }
    assert answer["message"] == {"status": "completed", "result": expected}
    assert answer["data"] == expected
    openai = await anna.post(GENERATE, json=body(action="billing"))
    assert (openai.status_code, openai.json()["message"]) == (502, "TTS provider error")
    streamed = await anna.post(STREAM, json=body(action="billing"))
    assert streamed.status_code == 400
    assert streamed.json()["message"] == "Billing requests cannot be streamed"
    assert streamed.json()["data"] == {"action": "billing"}


NONSENSE = [
    (GENERATE, body(action="tts_stream"), "action"),
    (STREAM, body(action="sing"), "action"),
    (GENERATE, body("!!!"), "user_input.text"),
    (GENERATE, body(model="tts-9"), "model"),
    (STREAM, body(format="midi"), "format"),
    (STREAM, body(format="ulaw_8000"), "user_settings.tts.format"),
]


async def test_what_makes_no_sense_is_400(anna: httpx.AsyncClient, voice: ScriptedSpeaker) -> None:
    for path, sent, field in NONSENSE:
        answer = await anna.post(path, json=sent)
        assert answer.status_code == 400, sent
        found = answer.json()
        assert found["message"] == "Invalid TTS request"
        assert found["data"]["error"] == "validation_error"
        assert found["data"]["context"] == {"field": field}
    assert voice.texts == []


async def test_what_does_not_fit_is_422(anna: httpx.AsyncClient) -> None:
    for sent in (body(""), body(speed=0), body(stability="much"), {"customer_id": 1}):
        assert (await anna.post(GENERATE, json=sent)).status_code == 422, sent


async def test_what_the_operator_has_to_mend(parley: Parley, anna: httpx.AsyncClient) -> None:
    missing = NotConfigured("OPENAI_API_KEY")
    parley.speakers["openai"] = ScriptedSpeaker([missing], [missing])
    for path in (GENERATE, STREAM):
        for sent, key in ((body(), "OPENAI_API_KEY"), (body(provider="x"), "tts.provider")):
            answer = await anna.post(path, json=sent)
            assert answer.status_code == 502
            assert answer.json()["message"] == "TTS configuration error"
            assert answer.json()["data"]["context"] == {"key": key}


async def test_who_may(
    anna: httpx.AsyncClient, stranger: httpx.AsyncClient, voice: ScriptedSpeaker
) -> None:
    for path in (GENERATE, STREAM):
        assert (await stranger.post(path, json=body())).status_code == 401
        assert (await stranger.post(path, json=body(action="billing"))).status_code == 401
        assert (await anna.post(path, json=body() | {"customer_id": 2})).status_code == 403
    assert voice.texts == []


async def test_a_place_for_files_that_is_away_is_502(
    parley: Parley, anna: httpx.AsyncClient, voice: ScriptedSpeaker
) -> None:
    parley.files.away = True
    answer = await anna.post(GENERATE, json=body())
    assert (answer.status_code, answer.json()["message"]) == (502, "Failed to generate TTS audio")
    assert answer.json()["data"]["error"] == "service_error"


async def test_so_many_voices_at_once_and_no_more(parley: Parley, anna: httpx.AsyncClient) -> None:
    places = await parley.container.get(AtOnce)
    for _ in range(parley.settings.turns_per_user):
        places.begin(parley.anna.id)
    parley.speakers["openai"] = ScriptedSpeaker()
    for path in (GENERATE, STREAM):
        answer = await anna.post(path, json=body())
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "wait for one to end" in answer.json()["message"]
    places.end(parley.anna.id)
    assert (await anna.post(STREAM, json=body())).status_code == 200

"""The batch API to the contract's letter, with the demonstration as provider."""

import asyncio
from typing import Any

import httpx
import pytest

from adapters.memory.clock import settle
from application.background.going_on import GoingOn
from application.batch.submit import KIND
from tests.api.offline_app import Parley

PATH = "/api/v1/batch"


def asked(number: int, **said: Any) -> dict[str, Any]:
    return {"custom_id": f"id {number}", "prompt": f"Question {number}", **said}


def body(count: int = 2, **said: Any) -> dict[str, Any]:
    return {"model": "demo", "requests": [asked(n) for n in range(count)], **said}


async def submitted(client: httpx.AsyncClient, sent: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(PATH, json=sent)
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]


async def taken(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    """Return the job once the provider has it; that takes no time, but some reading of files."""
    while (told := (await client.get(f"{PATH}/{job}")).json())["data"]["status"] == "queued":
        await settle()
    await settle()
    return told


async def ended(parley: Parley, client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    """Let the time come at which a provider is asked, and everything that follows from it."""
    going_on = await parley.container.get(GoingOn)
    await taken(client, job)
    await parley.clock.advance(5)
    await going_on.over(KIND, job)
    return (await client.get(f"{PATH}/{job}")).json()["data"]


async def test_a_batch_from_its_beginning_to_its_results(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    answer = await anna.post(f"{PATH}/", json=body(3, description="nightly"))
    assert answer.status_code == 202
    envelope = answer.json()
    assert {**envelope, "data": 0} == {
        "code": 202,
        "success": True,
        "message": "Batch job submitted",
        "data": 0,
        "meta": None,
    }
    job = envelope["data"]
    assert job["job_id"].startswith("batch_20260101_000000_")
    assert job == {
        "job_id": job["job_id"],
        "provider": "demo",
        "model": "demo",
        "status": "queued",
        "request_count": 3,
        "succeeded_count": 0,
        "failed_count": 0,
        "cancelled_count": 0,
        "expired_count": 0,
        "created_at": "2026-01-01T00:00:00+00:00",
        "started_at": None,
        "completed_at": None,
        "expires_at": None,
        "results_url": None,
        "error_message": None,
        "metadata": {"description": "nightly", "submitted_at": "2026-01-01T00:00:00+00:00"},
    }
    running = await taken(anna, job["job_id"])
    assert (running["message"], running["data"]["status"]) == ("Batch job retrieved", "processing")
    early = await anna.get(f"{PATH}/{job['job_id']}/results")
    assert (early.status_code, early.json()["detail"]) == (
        400,
        "Batch job is processing: it has no results yet",
    )
    done = await ended(parley, anna, job["job_id"])
    assert (done["status"], done["succeeded_count"]) == ("completed", 3)
    assert done["completed_at"] == "2026-01-01T00:00:05+00:00"
    assert done["expires_at"] == "2026-01-30T00:00:05+00:00"
    results = await anna.get(done["results_url"])
    assert results.headers["content-type"] == "application/json"
    found = results.json()
    assert (found["message"], found["meta"]) == ("Batch results retrieved", None)
    assert [one["metadata"]["custom_id"] for one in found["data"]] == ["id 0", "id 1", "id 2"]
    first = found["data"][0]
    assert "demonstration" in first["text"]
    assert 'The question was: "Question 0"' in first["text"]
    assert (first["provider"], first["model"]) == ("demo", "demo")
    assert first["metadata"]["finish_reason"] == "stop"
    assert first["metadata"]["usage"]["total_tokens"] > 0


async def test_failed_requests_are_answered_where_they_stand(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    requests = [asked(0), asked(1, prompt="/error rejected"), asked(2)]
    job = await submitted(anna, {"model": "demo", "requests": requests})
    done = await ended(parley, anna, job["job_id"])
    assert (done["status"], done["succeeded_count"], done["failed_count"]) == ("completed", 2, 1)
    results = (await anna.get(done["results_url"])).json()["data"]
    assert results[1] == {
        "text": "",
        "model": "demo",
        "provider": "demo",
        "reasoning": None,
        "citations": None,
        "metadata": {
            "custom_id": "id 1",
            "error": "This is a demonstration of an error: rejected",
            "error_type": "provider_rejected",
        },
        "tool_calls": None,
        "requires_tool_action": False,
    }
    used = (await anna.get("/api/v1/usage")).json()["data"]
    assert used["total"]["cost_usd"] == 0


async def test_messages_and_system_prompts_reach_the_model(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    request = {
        "custom_id": "talk",
        "prompt": "not read",
        "messages": [*said, {"role": "user", "content": [{"type": "text", "text": "And?"}]}],
        "system_prompt": "Be brief",
        "temperature": 0.5,
        "max_tokens": 9,
        "model": "demo",
    }
    job = await submitted(anna, {"model": "demo", "requests": [request]})
    done = await ended(parley, anna, job["job_id"])
    [result] = (await anna.get(done["results_url"])).json()["data"]
    assert "I was sent 3 messages" in result["text"]
    assert 'The question was: "And?"' in result["text"]


async def test_waiting_answers_once_it_is_over(parley: Parley, anna: httpx.AsyncClient) -> None:
    waiting = asyncio.create_task(anna.post(f"{PATH}?wait=true", json=body(1)))
    while parley.clock.sleepers == 0 or not (await anna.get(PATH)).json()["data"]["jobs"]:
        await settle()
    [job] = (await anna.get(PATH)).json()["data"]["jobs"]
    await ended(parley, anna, job["job_id"])
    answer = await waiting
    assert answer.status_code == 200
    assert answer.json()["message"] == "Batch job completed"
    assert answer.json()["data"]["status"] == "completed"


async def test_listing(parley: Parley, anna: httpx.AsyncClient) -> None:
    jobs = []
    for _ in range(3):
        jobs.append((await submitted(anna, body(1)))["job_id"])
        await parley.clock.advance(1)
    await anna.post(f"{PATH}/{jobs[0]}/cancel")
    page = (await anna.get(PATH, params={"limit": 2, "offset": 1})).json()
    assert page["message"] == "Batch jobs retrieved"
    assert [job["job_id"] for job in page["data"]["jobs"]] == [jobs[1], jobs[0]]
    assert {name: page["data"][name] for name in ("total", "limit", "offset")} == {
        "total": 3,
        "limit": 2,
        "offset": 1,
    }
    for name in ("status_filter", "status"):
        found = (await anna.get(PATH, params={name: "cancelled"})).json()["data"]
        assert ([job["job_id"] for job in found["jobs"]], found["total"]) == ([jobs[0]], 1)
    wrong = await anna.get(PATH, params={"status": "asleep"})
    assert (wrong.status_code, wrong.json()["data"]) == (400, {"field": "status_filter"})


async def test_cancelling(parley: Parley, anna: httpx.AsyncClient) -> None:
    job = await submitted(anna, body(2))
    answer = await anna.post(f"{PATH}/{job['job_id']}/cancel")
    assert (answer.status_code, answer.json()["message"]) == (200, "Batch job cancelled")
    assert answer.json()["data"]["status"] == "cancelled"
    again = await anna.post(f"{PATH}/{job['job_id']}/cancel")
    assert (again.status_code, again.json()["detail"]) == (
        400,
        "Batch job is cancelled and cannot be cancelled",
    )


async def test_health_is_not_taken_for_a_job(stranger: httpx.AsyncClient, parley: Parley) -> None:
    found = (await stranger.get(f"{PATH}/health")).json()
    assert found["status"] == "healthy"
    assert set(found["providers"]) == {"openai", "anthropic", "gemini", "demo"}
    assert found["providers"]["demo"] == {
        "available": True,
        "batch_supported": True,
        "batch_models": ["demo"],
    }
    assert not found["providers"]["gemini"]["available"]
    assert "gemini-flash" in found["providers"]["gemini"]["batch_models"]


async def test_strangers_and_other_users_find_nothing(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    job = (await submitted(anna, body(1)))["job_id"]
    calls = [("GET", f"/{job}"), ("GET", f"/{job}/results"), ("POST", f"/{job}/cancel")]
    for method, path in calls:
        foreign = await stranger.request(method, PATH + path, headers=parley.boris_headers)
        assert (foreign.status_code, foreign.json()["detail"]) == (404, "Batch job not found")
        assert (await stranger.request(method, PATH + path)).status_code == 401
    listed = await stranger.get(PATH, headers=parley.boris_headers)
    assert listed.json()["data"]["total"] == 0
    assert (await stranger.post(PATH, json=body(1))).status_code == 401


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (body(1, model="gtp-4o-mini"), "Did you mean gpt-4o-mini"),
        (body(1, model="sonar"), "cannot be asked in batches"),
        ({"model": "demo", "requests": [asked(0), asked(0)]}, r"custom_id of another one"),
        ({"model": "demo", "requests": [{"prompt": "x"}]}, "requests[0] needs a custom_id"),
        ({"model": "demo", "requests": [{"custom_id": "x"}]}, "needs a prompt or messages"),
        ({"model": "demo", "requests": [asked(0, prompt=" ")]}, "needs a prompt or messages"),
        ({"model": "demo", "requests": [asked(0, messages=[{"role": "x"}])]}, "unknown role"),
        ({"model": "demo", "requests": [asked(0, model="gpt-5-nano")]}, "must be put to 'demo'"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    parley: Parley, anna: httpx.AsyncClient, sent: dict[str, Any], words: str
) -> None:
    answer = await anna.post(PATH, json=sent)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["detail"]
    assert answer.json()["message"] == answer.json()["detail"]
    assert (await anna.get(PATH)).json()["data"]["total"] == 0


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"requests": [asked(0)]}, "model"),
        ({"model": "demo"}, "requests"),
        ({"model": "demo", "requests": []}, "requests"),
        ({"model": "demo", "requests": ["x"]}, "requests.0"),
        ({"model": 5, "requests": [asked(0)]}, "model"),
        (body(1, description="x" * 501), "description"),
        ({"model": "demo", "requests": [asked(0, temperature=2.5)]}, "requests.0.temperature"),
        ({"model": "demo", "requests": [asked(0, max_tokens=0)]}, "requests.0.max_tokens"),
        ({"model": "demo", "requests": [asked(0, custom_id="x" * 256)]}, "requests.0.custom_id"),
    ],
)
async def test_what_has_a_wrong_shape_is_told_by_its_place(
    anna: httpx.AsyncClient, sent: dict[str, Any], place: str
) -> None:
    answer = await anna.post(PATH, json=sent)
    assert answer.status_code == 422, answer.text
    assert answer.json()["data"]["errors"][0]["field"] == place
    assert answer.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize("sent", [b"", b"{", b'{"model": "demo", "requests": [{"a"', b"\xff", b"["])
async def test_what_is_no_json_is_told(anna: httpx.AsyncClient, sent: bytes) -> None:
    answer = await anna.post(PATH, content=sent)
    assert (answer.status_code, answer.json()["message"]) == (400, "The body is not valid JSON")


async def test_a_missing_key_is_the_operators(anna: httpx.AsyncClient) -> None:
    answer = await anna.post(PATH, json=body(1, model="gpt-4o-mini"))
    assert answer.status_code == 500
    assert answer.json()["data"] == {"key": "OPENAI_API_KEY"}


async def test_no_prompt_is_told_or_logged(
    parley: Parley, anna: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    job = await submitted(anna, {"model": "demo", "requests": [asked(0, prompt="marigold")]})
    done = await ended(parley, anna, job["job_id"])
    assert "marigold" not in str(done)
    refused = await anna.post(PATH, json={"model": "demo", "requests": [{"prompt": "marigold"}]})
    assert "marigold" not in refused.text
    assert "marigold" not in capsys.readouterr().out

"""The document says what the server does."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.offline_app import Parley

OPERATIONS: dict[str, tuple[str, ...]] = {
    "/health": ("get",),
    "/livez": ("get",),
    "/readyz": ("get",),
    "/health/ready": ("get",),
    "/chat": ("post",),
    "/chat/stream": ("post",),
    "/chat/session-name": ("post",),
    "/api/v1/chat/session-name": ("post",),
    "/api/v1/chat/auth/login": ("post",),
    "/api/v1/auth/login": ("post",),
    "/api/v1/auth/password": ("post",),
    "/api/v1/auth/logout-everywhere": ("post",),
    "/api/v1/account": ("delete",),
    "/api/v1/account/export": ("get",),
    "/api/v1/account/import": ("post",),
    "/api/v1/chat/sessions/list": ("post",),
    "/api/v1/chat/sessions/detail": ("post",),
    "/api/v1/chat/sessions/search": ("post",),
    "/api/v1/chat/sessions/create-task": ("post",),
    "/api/v1/chat/sessions": ("patch", "delete"),
    "/api/v1/chat/messages": ("post", "patch", "put", "delete"),
    "/api/v1/chat/search": ("get",),
    "/api/v1/chat/messages/regenerate": ("post",),
    "/api/v1/chat/messages/show": ("post",),
    "/api/v1/chat/prompts": ("get", "post", "put", "delete"),
    "/api/v1/chat/maintenance/favorites": ("get",),
    "/api/v1/chat/maintenance/files": ("post",),
    "/api/v1/agents/status": ("get",),
    "/api/v1/storage/upload": ("post",),
    "/api/v1/admin/logs/upload": ("post",),
    "/api/v1/files": ("get",),
    "/api/v1/files/{key}": ("get", "delete"),
    "/files/{key}": ("get",),
    "/api/v1/turns": ("get",),
    "/api/v1/turns/{turn_id}/events": ("get",),
    "/api/v1/turns/{turn_id}/cancel": ("post",),
    "/api/v1/turns/{turn_id}/tool-approvals": ("post",),
    "/api/v1/audio/transcribe": ("post",),
    "/api/v1/tts/generate": ("post",),
    "/api/v1/tts/stream": ("post",),
    "/api/v1/usage": ("get",),
    "/image/generate": ("post",),
    "/api/v1/batch": ("get", "post"),
    "/api/v1/batch/health": ("get",),
    "/api/v1/batch/{job_id}": ("get",),
    "/api/v1/batch/{job_id}/results": ("get",),
    "/api/v1/batch/{job_id}/cancel": ("post",),
    "/video/generate": ("post",),
    "/video/extend": ("post",),
    "/api/v1/video/jobs": ("get", "post"),
    "/api/v1/video/jobs/{job_id}": ("get",),
    "/api/v1/video/jobs/{job_id}/events": ("get",),
    "/api/v1/video/jobs/{job_id}/cancel": ("post",),
    "/api/v1/models": ("get",),
    "/api/v1/admin/models/openai": ("get",),
    "/api/v1/admin/models/openai/realtime": ("get",),
    "/api/v1/admin/models/openai/transcription": ("get",),
    "/api/v1/admin/models/openai/by-category/{category}": ("get",),
    "/api/v1/admin/models/openai/{model}": ("get",),
}
CALLS = [(path, method) for path, methods in OPERATIONS.items() for method in methods]
PUBLIC = {
    "/health",
    "/livez",
    "/readyz",
    "/health/ready",
    "/api/v1/chat/auth/login",
    "/api/v1/auth/login",
    "/api/v1/batch/health",
    "/files/{key}",
}


@pytest.fixture
async def document(stranger: httpx.AsyncClient) -> dict[str, Any]:
    answer = await stranger.get("/schema/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_every_endpoint_is_in_it(document: dict[str, Any]) -> None:
    found = {path: set(item) for path, item in document["paths"].items()}
    assert found == {path: set(methods) for path, methods in OPERATIONS.items()}


async def test_each_says_who_may_call_it(document: dict[str, Any]) -> None:
    for path, method in CALLS:
        operation = document["paths"][path][method]
        asks = any("bearer" in scheme for scheme in operation.get("security", []))
        assert asks is (path not in PUBLIC), path
        assert operation["tags"]
        assert operation["summary"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


async def test_errors_have_the_one_shape(document: dict[str, Any]) -> None:
    for path, method in CALLS:
        for status, response in document["paths"][path][method]["responses"].items():
            if int(status) < 400 or (status == "503" and path in ("/readyz", "/health/ready")):
                continue
            schema = response["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("ErrorEnvelope"), (path, status)


async def test_bodies_and_answers_are_typed(document: dict[str, Any]) -> None:
    chat = document["paths"]["/chat"]["post"]
    body = chat["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].endswith("ChatRequest")
    request = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert "customer_id" in request["required"]
    assert request["properties"]["settings"]
    answer = chat["responses"]["200"]["content"]["application/json"]["schema"]
    assert "ChatAnswer" in answer["$ref"]
    stream = document["paths"]["/chat/stream"]["post"]["responses"]["200"]["content"]
    assert list(stream) == ["text/event-stream"]


@pytest.mark.parametrize("path", ["/api/v1/storage/upload", "/api/v1/admin/logs/upload"])
async def test_forms_that_are_read_as_they_come_are_told(
    document: dict[str, Any], path: str
) -> None:
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["properties"]["file"]["format"] == "binary"
    assert "file" in form["schema"]["required"]


async def test_no_page_needs_anything_from_elsewhere(stranger: httpx.AsyncClient) -> None:
    for path in ("/schema", "/schema/swagger", "/schema/redoc"):
        answer = await stranger.get(path)
        assert "<script" not in answer.text


async def test_in_production_there_is_no_document(tmp_path: Path) -> None:
    async with Parley(tmp_path, env="production").client() as anybody:
        assert (await anybody.get("/schema/openapi.json")).status_code == 404
        assert (await anybody.get("/health")).status_code == 200

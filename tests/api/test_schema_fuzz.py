"""Whatever fits the document, and much that does not, gets an answer the document foresees."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adapters.demo.speak import DemoSpeaker
from adapters.memory.media_makers import ScriptedVideoMaker
from application.ports.chat_model import ChatModel
from application.ports.media_makers import ImageMaker
from domain.errors import InvalidRequest
from domain.media import ImageOrder, ImagesMade, Picture, VideoOrder, VideoTicket
from domain.turn.events import ModelEvent, ModelStopped, TextDelta
from domain.turn.prompt import Prompt
from tests.api.offline_app import Parley
from tests.api.test_openapi import CALLS
from tests.simulators.studio import PNG

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OF_ACCOUNTS = ("/api/v1/auth/", "/api/v1/chat/auth/", "/api/v1/account")
"""Where a token may be revoked, or a password be wrong; anywhere else it counts."""
BOUNDED = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


class PatientModel(ChatModel):
    """Answers any number of questions."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        yield [TextDelta(f"{len(prompt.messages)} messages")]
        yield [ModelStopped("stop")]


class PatientPainter(ImageMaker):
    """Draws the same whatever is asked for."""

    async def make(self, order: ImageOrder) -> ImagesMade:
        return ImagesMade((Picture(PNG, "image/png"),))


class RefusingCamera(ScriptedVideoMaker):
    """Takes no order, so that nothing is waited for."""

    async def begin(self, order: VideoOrder) -> VideoTicket:
        raise InvalidRequest("No such film", "prompt")


class Door:
    """The application on a loop of its own, so that generated cases can be sent one by one."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient, parley: Parley):
        self._runner = runner
        self._client = client
        self._parley = parley

    @property
    def headers(self) -> dict[str, str]:
        return self._parley.headers

    def send(self, method: str, url: str, **request: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, url, **request))

    def sign_in(self) -> None:
        """Get a good token: what was sent before may have revoked the last one."""
        self._runner.run(self._parley.sign_in())


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Generator[Door, None, None]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Door:
            parley = Parley(folder, turns_per_user=1000, login_attempts=1_000_000)
            await stack.enter_async_context(parley.running())
            parley.models["openai"] = PatientModel()
            parley.speakers |= {"openai": DemoSpeaker(), "elevenlabs": DemoSpeaker()}
            parley.image_makers["openai"] = PatientPainter()
            for provider in ("gemini", "klingai", "openai"):
                parley.video_makers[provider] = RefusingCamera()
            client = await stack.enter_async_context(parley.client())
            return Door(runner, client, parley)

        yield runner.run(begin())
        runner.run(stack.aclose())


@pytest.fixture
def door(opened: Door) -> Door:
    opened.sign_in()
    return opened


@pytest.fixture(scope="module")
def document(opened: Door) -> Any:
    return schemathesis.openapi.from_dict(opened.send("GET", "/schema/openapi.json").json())


@pytest.mark.parametrize(("path", "method"), CALLS)
def test_generated_requests(door: Door, document: Any, path: str, method: str) -> None:
    operation = document[path][method.upper()]

    @BOUNDED
    @given(case=operation.as_strategy(), mine=st.booleans())
    def check(case: Any, mine: bool) -> None:
        if mine and isinstance(case.body, dict):
            case.body["customer_id"] = 1
        request = case.as_transport_kwargs(base_url="http://parley.test")
        headers = {name: str(value) for name, value in request["headers"].items()} | door.headers
        response = door.send(
            request["method"],
            request["url"],
            params=request.get("params"),
            headers=headers,
            **(
                {"json": request["json"]}
                if "json" in request
                else {"content": request.get("data") or b""}
            ),
        )
        case.validate_response(response, checks=CHECKS)
        assert response.status_code != 401 or path.startswith(OF_ACCOUNTS)

    check()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
POSTED = [(path, method) for path, method in CALLS if method != "get"]
KEYS = st.sampled_from(
    [
        "prompt",
        "settings",
        "session_id",
        "chat_history",
        "user_input",
        "user_settings",
        "ai_character_name",
        "start_date",
        "tags",
        "limit",
        "offset",
        "message_id",
        "message_ids",
        "patch",
        "user_message",
        "ai_response",
        "claude_code_data",
        "title",
        "prompt_id",
        "search_text",
        "last_update_override",
        "task_description",
        "username",
        "password",
    ]
)


@pytest.mark.parametrize(("path", "method"), POSTED)
def test_any_json_is_answered_without_a_surprise(door: Door, path: str, method: str) -> None:
    url = path.replace("{turn_id}", "x").replace("{job_id}", "x")

    @BOUNDED
    @given(body=st.dictionaries(KEYS, JSON, max_size=4), claimed=st.just(1) | JSON)
    def check(body: dict[str, Any], claimed: Any) -> None:
        response = door.send(
            method.upper(), url, json=body | {"customer_id": claimed}, headers=door.headers
        )
        assert response.status_code < 500, response.text
        if response.status_code >= 400:
            assert response.json()["code"] == response.status_code

    check()


@pytest.mark.parametrize(("path", "method"), POSTED)
def test_any_bytes_are_answered_without_a_surprise(door: Door, path: str, method: str) -> None:
    url = path.replace("{turn_id}", "x").replace("{job_id}", "x")

    @BOUNDED
    @given(body=st.binary(max_size=64))
    def check(body: bytes) -> None:
        response = door.send(method.upper(), url, content=body, headers=door.headers)
        assert response.status_code < 500, response.text

    check()

"""Tools at work over a real server, real sockets and a provider's wire."""

import json
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from msgspec import structs

from entrypoints.wiring.settings import Settings
from tests.integration.chat_client import ChatClient, Frame, ask, chat, kinds, numbers, text
from tests.integration.live_server import ThreadServer
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import raw
from tests.simulators.server import Simulator

pytestmark = pytest.mark.integration

DATA = {"labels": ["Mon", "Tue"], "datasets": [{"label": "height", "data": [1.5, 2.5]}]}
CHART = {"chart_type": "line", "title": "Tides", "data": DATA}
DOOR = {"type": "function", "function": {"name": "open_door", "parameters": {"type": "object"}}}


@pytest.fixture
def pages() -> Generator[Simulator, None, None]:
    with Simulator(raw(b"Welcome. More: ask me.", "text/plain")) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, pages: Simulator) -> Settings:
    """Return settings under which the pages, and nothing else on loopback, are trusted."""
    return structs.replace(settings, egress_allow=(pages.address.removeprefix("http://"),))


def agent(prompt: str, **said: Any) -> Frame:
    general = {"ai_agent_enabled": True}
    tools = said.pop("tools", {})
    asked = ask(prompt, model="gpt-4o-mini", **said)
    asked["user_settings"] = {"text": {"model": "gpt-4o-mini", "tools": tools}, "general": general}
    return asked


def call(name: str, arguments: object, number: str = "c1") -> tuple[str, str, str]:
    return number, name, json.dumps(arguments)


def saved_in(frames: list[Frame]) -> dict[str, Any]:
    (saved,) = [frame for frame in frames if frame["type"] == "db_operation_executed"]
    return json.loads(saved["content"])


async def test_earlier_chats_are_compared_and_drawn_in_one_turn(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    async with chat(server.address, anna) as client:
        for height in (1, 2, 3):
            await client.send(ask(f"The tides were {height} m high"))
            await client.turn()
        simulator.script(
            chat_stream("Looking. ", calls=[call("search_history", {"query": "tides"})]),
            chat_stream("", calls=[call("generate_chart", CHART, "c2")]),
            lambda request: chat_stream(["It rises: [CHART:", _chart_id(request.json), "]"]),
        )
        await client.send(agent("Compare my last three chats about tides and draw it"))
        frames = await client.turn()
    numbers(frames)
    assert kinds(frames) == [
        "working", "aiTextModelInUse",
        "iterationStarted", "text_chunk", "tool_start", "tool_result", "iterationCompleted",
        "iterationStarted", "tool_start", "chartGenerationStarted", "chartGenerated",
        "tool_result", "iterationCompleted",
        "iterationStarted", "text_chunk", "iterationCompleted",
        "textGenerationCompleted", "db_operation_executed", "text_completed", "tts_not_requested",
    ]  # fmt: skip
    found, drawn = [f["data"]["tool_result"] for f in frames if f["type"] == "tool_result"]
    assert len(found["conversations"]) == 3, "the question itself is not among them"
    assert text(frames) == f"Looking. It rises: [CHART:{drawn['chart_id']}]"
    (done,) = [f for f in frames if f.get("event_type") == "textGenerationCompleted"]
    assert done["content"]["metadata"]["iterations"] == 3
    assert done["content"]["metadata"]["status"] == "completed"

    offered = {tool["function"]["name"] for tool in simulator.requests[0].json["tools"]}
    assert offered >= {"generate_text", "generate_chart", "search_history", "fetch_page"}
    *_, called, result = simulator.requests[1].json["messages"]
    assert called["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"
    assert json.loads(result["content"])["tool"] == "search_history"

    turn, headers = frames[0]["turn_id"], {"Authorization": f"Bearer {anna}"}
    async with httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers) as http:
        again = (await http.get(f"/api/v1/turns/{turn}/events", params={"after": 4})).text
        assert "chartGenerated" in again, "it can be watched from elsewhere"
        body = {"customer_id": 1, "session_id": saved_in(frames)["session_id"]}
        shown = (await http.post("/api/v1/chat/sessions/detail", json=body)).json()["data"]
    assert [one["chart_id"] for one in shown["messages"][-1]["chart_data"]] == [drawn["chart_id"]]


async def test_an_address_that_was_made_up_is_fetched_once_the_user_allows_it(
    server: ThreadServer, anna: str, simulator: OpenAISimulator, pages: Simulator
) -> None:
    page, secret = f"{pages.address}/page", f"{pages.address}/c?d=secret"
    simulator.script(
        chat_stream("", calls=[call("fetch_page", {"url": page})]),
        chat_stream("", calls=[call("fetch_page", {"url": secret}, "c2")]),
        chat_stream(f"See {secret} and {page} now"),
    )
    async with chat(server.address, anna) as client:
        await client.send(agent(f"Read {page}"))
        asked = await _approval(client)
        assert (asked["tool_name"], asked["call_id"]) == ("fetch_page", "c2")
        assert [request.path for request in pages.requests] == ["/page"], "not before"
        await client.send({"type": "tool_approval", "call_id": "c9", "approved": True})
        assert (await client.until("error"))["code"] == "not_found"
        await client.send({"type": "tool_approval", "call_id": "c2", "approved": True})
        frames = await client.turn()
    assert [request.path for request in pages.requests] == ["/page", "/c?d=secret"]
    assert text(frames) == f"See {secret} and {page} now", "allowed, it is known"


async def test_a_stream_over_http_asks_for_the_users_word_and_gets_it(
    server: ThreadServer, anna: str, simulator: OpenAISimulator, pages: Simulator
) -> None:
    simulator.script(
        chat_stream("", calls=[call("fetch_page", {"url": f"{pages.address}/page"})]),
        chat_stream("", calls=[call("fetch_page", {"url": f"{pages.address}/x"}, "c2")]),
        chat_stream("Done"),
    )
    settings = {"text": {"model": "gpt-4o-mini"}, "general": {"ai_agent_enabled": True}}
    body = {"customer_id": 1, "prompt": f"Read {pages.address}/page", "settings": settings}
    headers = {"Authorization": f"Bearer {anna}"}
    async with (
        httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers) as http,
        http.stream("POST", "/chat/stream", json=body) as stream,
    ):
        lines: list[str] = []
        async for line in stream.aiter_lines():
            lines.append(line)
            if "toolApprovalRequested" in line:
                word = {"call_id": "c2", "approved": False}
                path = f"/api/v1/turns/{stream.headers['X-Turn-ID']}/tool-approvals"
                assert (await http.post(path, json=word)).status_code == 200
    assert lines[-2:] == ["data: [DONE]", ""]
    assert "data: Done" in lines
    assert [request.path for request in pages.requests] == ["/page"]


async def test_a_picture_is_shown_kept_and_opened_by_its_link(
    server: ThreadServer, anna: str
) -> None:
    order = {"prompt": "a red bicycle", "model": "demo"}
    asked = ask(f"/tool generate_image {json.dumps(order)}")
    asked["user_settings"]["general"] = {"ai_agent_enabled": True, "ai_agent_profile": "media"}
    async with chat(server.address, anna) as client:
        await client.send(asked)
        frames = await client.turn()
    (image,) = [f["content"] for f in frames if f.get("event_type") == "image"]
    assert (image["message"], image["generated_by"]) == ("imageGenerated", "demo")
    (result,) = [f["data"] for f in frames if f["type"] == "tool_result"]
    assert result["success"], result["error"]
    headers = {"Authorization": f"Bearer {anna}"}
    async with httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers) as http:
        body = {"customer_id": 1, "session_id": saved_in(frames)["session_id"]}
        shown = (await http.post("/api/v1/chat/sessions/detail", json=body)).json()["data"]
        assert len(shown["messages"][-1]["image_locations"]) == 1
        # Links name the place under which the operator offers the server.
        link = httpx.URL(result["tool_result"]["image_url"])
        opened = await http.get(link.raw_path.decode())
    assert opened.headers["content-type"].startswith("image/")


async def test_a_turn_waits_for_the_clients_tool_and_goes_on_with_its_result(
    server: ThreadServer, anna: str, simulator: OpenAISimulator
) -> None:
    simulator.script(
        chat_stream("One moment. ", calls=[
            call("calculator", {"expression": "6*7"}), call("open_door", {}, "c2"),
        ]),
        chat_stream("It is open."),
    )  # fmt: skip
    async with chat(server.address, anna) as client:
        asked = agent("Open the door", tools={"tools": [DOOR]})
        await client.send(asked)
        await client.until("db_operation_executed")
        await client.nothing_more()
        await client.send(asked)  # As after a lost connection: a pair would end what waits.
        waiting = [f["data"] for f in client.seen if f["type"] == "tool_start"][-1]
        assert (waiting["tool_name"], waiting["requires_action"]) == ("open_door", True)
        calls = [{"id": "c2", "type": "function", "function": {"name": "open_door"}}]
        history = [
            {"role": "user", "content": "Open the door"},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "c2", "content": '{"open": true}'},
        ]
        resumed = agent("", tools={"tools": [DOOR]}, chat_history=history)
        resumed["user_input"] |= {"prompt": [], "user_message": {}}
        await client.send(resumed)
        frames = await client.turn()
    assert text(frames) == "It is open."
    *_, called, own, door = simulator.requests[1].json["messages"]
    assert [each["id"] for each in called["tool_calls"]] == ["c1", "c2"]
    assert '"42"' in own["content"]
    assert door == {"role": "tool", "tool_call_id": "c2", "content": '{"open": true}'}


async def _approval(client: ChatClient) -> dict[str, Any]:
    while (frame := await client.next()).get("event_type") != "toolApprovalRequested":
        assert frame["type"] != "error", frame
    return frame["content"]


def _chart_id(body: dict[str, Any]) -> str:
    return json.loads(body["messages"][-1]["content"])["result"]["chart_id"]

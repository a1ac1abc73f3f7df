"""Attachments of a turn on the way from a web server to a model provider."""

from collections.abc import Generator
from typing import Any

import pytest
from msgspec import structs

from entrypoints.wiring.settings import Settings
from tests.integration.chat_client import chat, kinds, text
from tests.integration.live_server import ThreadServer
from tests.pdf import pdf
from tests.simulators.openai import OpenAISimulator
from tests.simulators.replies import Reply, raw
from tests.simulators.server import Request, Simulator

pytestmark = pytest.mark.integration

PNG = "data:image/png;base64,iVBORw0KGgo="
FILES = {
    "/a.png": b"\x89PNG\r\n\x1a\n",
    "/a.pdf": pdf("The moon is far."),
    "/a.txt": b"So is the sun.",
}


def stored(request: Request) -> Reply:
    if request.path == "/away":
        return Reply([], 302, {"Location": "http://127.0.0.1:1/a.pdf"})
    found = FILES.get(request.path)
    return raw(b"", status=404) if found is None else raw(found, "application/octet-stream")


@pytest.fixture
def files() -> Generator[Simulator, None, None]:
    with Simulator(stored) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, files: Simulator) -> Settings:
    """Return settings under which the file server, and nothing else on loopback, is trusted."""
    return structs.replace(settings, egress_allow=(files.address.removeprefix("http://"),))


def asking(model: str, *items: tuple[str, str]) -> dict[str, Any]:
    prompt = [{"type": kind, kind: {"url": url}} for kind, url in items]
    return {
        "prompt": [{"type": "text", "text": "What do you see?"}, *prompt],
        "settings": {"text": {"model": model}},
    }


async def test_a_model_gets_what_was_attached_and_not_where_it_was(
    server: ThreadServer, anna: str, files: Simulator, simulator: OpenAISimulator
) -> None:
    items = [("image_url", "a.png"), ("file_url", "a.pdf"), ("file_url", "a.txt"),
             ("image_url", "gone.png")]  # fmt: skip
    async with chat(server.address, anna) as client:
        given = [(kind, f"{files.address}/{name}") for kind, name in items]
        await client.send(asking("local/Llama-3:8B", *given))
        assert text(await client.turn())
    content = simulator.requests[-1].json["messages"][-1]["content"]
    words = "\n".join(item["text"] for item in content if item["type"] == "text")
    assert "[file a.pdf]\n[page 1]\nThe moon is far.\n[end of file a.pdf]" in words
    assert "[file a.txt]\nSo is the sun.\n[end of file a.txt]" in words
    assert "[image not included: 127.0.0.1 could not be loaded: its server answered 404]" in words
    pictures = [item["image_url"]["url"] for item in content if item["type"] == "image_url"]
    assert pictures == [PNG]


async def test_a_provider_that_fetches_itself_gets_addresses_that_it_can_reach(
    server: ThreadServer, anna: str, files: Simulator, simulator: OpenAISimulator
) -> None:
    public = "https://files.example/a.png"
    items = [("image_url", public), ("image_url", f"{files.address}/a.png")]
    async with chat(server.address, anna) as client:
        await client.send(asking("gpt-4o-mini", *items))
        assert text(await client.turn())
    _, *pictures = simulator.requests[-1].json["messages"][-1]["content"]
    assert [item["image_url"]["url"] for item in pictures] == [public, PNG]


@pytest.mark.parametrize("model", ["local/Llama-3:8B", "gpt-4o-mini", "demo"])
async def test_a_private_address_is_refused(
    server: ThreadServer, anna: str, simulator: OpenAISimulator, model: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(asking(model, ("image_url", f"{simulator.address}/v1/models")))
        frames = await client.turn()
    error = next(frame for frame in frames if frame["type"] == "error")
    assert error["stage"] == "validation"
    assert "127.0.0.1 is not fetched" in error["content"]
    assert "text_chunk" not in kinds(frames)
    assert simulator.requests == []


@pytest.mark.parametrize("kind", ["image_url", "file_url"])
async def test_a_file_that_leads_to_a_private_place_is_refused(
    server: ThreadServer, anna: str, files: Simulator, simulator: OpenAISimulator, kind: str
) -> None:
    async with chat(server.address, anna) as client:
        await client.send(asking("local/Llama-3:8B", (kind, f"{files.address}/away")))
        frames = await client.turn()
    error = next(frame for frame in frames if frame["type"] == "error")
    assert (error["stage"], "127.0.0.1 is not fetched" in error["content"]) == ("validation", True)
    assert simulator.requests == []

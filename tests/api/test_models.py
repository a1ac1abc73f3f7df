"""What may be asked, over HTTP."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.wiring.settings import Secret
from tests.api.offline_app import Parley

MODELS = "/api/v1/models"
ADMIN = "/api/v1/admin/models/openai"
HOUSE = """
[[model]]
id = "house"
provider = "openai"
model = "House-1"
price = { input_usd_per_mtok = 1.0, output_usd_per_mtok = 2.0 }

[aliases]
home = "house"
"""


@pytest.fixture
async def keyed(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A signed-in client of a server with a key of OpenAI's and a model of its own."""
    file = tmp_path / "models.toml"
    file.write_text(HOUSE)
    parley = Parley(tmp_path, openai_api_key=Secret("sk-1"), models_file=file)
    async with parley.running(), parley.client() as client:
        client.headers.update(parley.headers)
        yield client


async def listed(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await client.get(MODELS)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["message"] == "Models retrieved successfully"
    assert body["data"]["count"] == len(body["data"]["models"])
    return {model["id"]: model for model in body["data"]["models"]}


async def test_models_that_draw_are_told_apart(keyed: httpx.AsyncClient) -> None:
    found = (await keyed.get(MODELS)).json()["data"]["image_models"]
    drawing = {model["id"]: model for model in found}
    assert next(iter(drawing)) == "gpt-image-1.5", "the default comes first"
    assert drawing["gpt-image-1.5"]["available"]
    flux = drawing["flux-2-pro"]
    assert flux["aliases"] == ["flux", "flux-pro"]
    assert (flux["available"], flux["reason"]) == (False, "FLUX_API_KEY is not set")
    assert drawing["demo"]["available"]
    assert drawing["dall-e-3"]["sizes"] == ["1024x1024", "1792x1024", "1024x1792"]


async def test_a_model_is_told_with_all_that_is_known_of_it(keyed: httpx.AsyncClient) -> None:
    assert (await listed(keyed))["o3"] == {
        "id": "o3",
        "aliases": [],
        "provider": "openai",
        "model": "o3",
        "capabilities": ["batch", "image_urls", "images_in", "reasoning", "tools"],
        "thinks": True,
        "efforts": ["low", "medium", "high"],
        "counterpart": None,
        "max_temperature": None,
        "context_tokens": 200_000,
        "output_tokens": 16_384,
        "price": {
            "input_usd_per_mtok": 2.0,
            "output_usd_per_mtok": 8.0,
            "cached_input_usd_per_mtok": 0.5,
            "cache_written_usd_per_mtok": None,
            "seen": "2025-12",
            "batch_share": 0.5,
        },
        "available": True,
        "reason": None,
    }


async def test_what_is_not_configured_says_what_is_missing(
    keyed: httpx.AsyncClient, anna: httpx.AsyncClient
) -> None:
    with_key, without = await listed(keyed), await listed(anna)
    assert (with_key["gpt-4o"]["available"], with_key["gpt-4o"]["reason"]) == (True, None)
    assert without["gpt-4o"]["reason"] == "OPENAI_API_KEY is not set"
    assert not without["gpt-4o"]["available"]
    assert with_key["claude-code"]["reason"] == "PARLEY_CLAUDE_CODE is not set"
    assert with_key["gemini-pro"]["reason"] == "GOOGLE_API_KEY is not set"
    assert without["demo"]["available"]


async def test_the_operators_own_models_prices_and_names_are_there(
    keyed: httpx.AsyncClient,
) -> None:
    house = (await listed(keyed))["house"]
    assert (house["aliases"], house["available"]) == (["home"], True)
    assert (house["price"]["output_usd_per_mtok"], house["price"]["seen"]) == (2.0, "")


async def test_an_unknown_price_is_null(keyed: httpx.AsyncClient) -> None:
    assert (await listed(keyed))["sonar"]["price"] is None


async def test_a_shadowed_name_says_what_it_stands_for(keyed: httpx.AsyncClient) -> None:
    models = await listed(keyed)
    assert models["gpt-5"]["reason"] == "the name gpt-5 stands for gpt-5.2"
    assert "gpt-5" in models["gpt-5.2"]["aliases"]


async def test_the_administrators_list_is_plain_and_by_name(keyed: httpx.AsyncClient) -> None:
    body = (await keyed.get(ADMIN)).json()
    assert set(body) == {"total", "models"}
    assert body["total"] == len(body["models"]) > 10
    assert "claude-opus" not in body["models"]
    config = body["models"]["gpt-5.2"]
    assert (config["model_name"], config["api_type"]) == ("gpt-5.2-chat-latest", "responses_api")
    assert config["reasoning_effort_values"] == ["low", "medium", "high"]
    assert (config["default_max_tokens"], config["file_attached_message_limit"]) == (16_384, 3)


@pytest.mark.parametrize("name", ["gpt-4o", "OPENAI", "chatgpt-4o-latest"])
async def test_one_configuration_by_any_name(keyed: httpx.AsyncClient, name: str) -> None:
    body = (await keyed.get(f"{ADMIN}/{name}")).json()
    assert set(body) == {"model", "config"}
    assert (body["model"], body["config"]["model_name"]) == ("gpt-4o", "chatgpt-4o-latest")


@pytest.mark.parametrize("name", ["claude-opus", "gpt-99", "by-category/colour"])
async def test_what_is_not_there_is_404(keyed: httpx.AsyncClient, name: str) -> None:
    answer = await keyed.get(f"{ADMIN}/{name}")
    assert answer.status_code == 404
    assert answer.json()["success"] is False


async def test_categories_share_out_the_models(keyed: httpx.AsyncClient) -> None:
    total = (await keyed.get(ADMIN)).json()["total"]
    pages = {
        name: (await keyed.get(f"{ADMIN}/by-category/{name}")).json()
        for name in ("chat", "reasoning", "realtime", "transcription")
    }
    assert all(page["count"] == len(page["models"]) for page in pages.values())
    # Those that only hear answer nobody, and have no configuration of a chat.
    hear = pages["transcription"]
    assert hear["models"] == ["gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1"]
    assert sum(page["count"] for page in pages.values()) == total + hear["count"]
    assert "o3" in pages["reasoning"]["models"]
    assert "gpt-4o-mini" in pages["chat"]["models"]
    for name in ("realtime", "transcription"):
        assert (await keyed.get(f"{ADMIN}/{name}")).json() == pages[name]


@pytest.mark.parametrize("path", [MODELS, ADMIN, f"{ADMIN}/realtime", f"{ADMIN}/gpt-4o"])
async def test_the_lists_are_for_holders_of_a_token(
    stranger: httpx.AsyncClient, anna: httpx.AsyncClient, path: str
) -> None:
    assert (await stranger.get(path)).status_code == 401
    assert (await anna.get(path)).status_code == 200

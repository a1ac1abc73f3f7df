"""Files in the history: messages keep addresses, clients see links, and links never run out."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.memory.chat_model import Step
from domain.turn.events import ModelStopped, TextDelta
from domain.turn.prompt import ImagePart, TextPart
from tests.api.offline_app import Parley
from tests.pictures import png

PNG = png(3, 2)
SAYS: list[Step] = [TextDelta("A picture."), ModelStopped("stop")]


async def uploaded(client: httpx.AsyncClient, customer: str = "1") -> str:
    said = {"category": "provider.s3", "action": "s3_upload", "customer_id": customer}
    answer = await client.post("/api/v1/storage/upload", data=said, files={"file": ("a.png", PNG)})
    return answer.json()["data"]["url"]


async def detail(client: httpx.AsyncClient, session: str, **more: Any) -> list[dict[str, Any]]:
    body = {"customer_id": 1, "session_id": session, "include_messages": True, **more}
    answer = await client.post("/api/v1/chat/sessions/detail", json=body)
    return answer.json()["data"]["messages"]


async def test_reading_the_history_makes_links_fresh(tmp_path: Path) -> None:
    async with Parley(tmp_path, file_link_ttl_s=60).running() as parley, parley.client() as anna:
        anna.headers.update(parley.headers)
        url = await uploaded(anna)
        said = {"message": f"See ![this]({url})", "image_locations": [url, "https://x.example/b"]}
        stored = await anna.post(
            "/api/v1/chat/messages",
            json={"customer_id": 1, "user_message": said, "ai_response": {"message": ""}},
        )
        session, message = (stored.json()["data"][key] for key in ("session_id", "user_message_id"))
        async with parley.work() as db:
            row = await db.conversations.message(parley.anna.id, message)
        assert row is not None
        address = url.partition("?")[0].removeprefix("http://127.0.0.1:8000")
        assert row.image_locations == (address, "https://x.example/b")
        await parley.clock.advance(130)
        assert (await anna.get(url)).status_code == 404
        (shown,) = await detail(anna, session)
        fresh, foreign = shown["image_locations"]
        assert (await anna.get(fresh)).content == PNG
        assert foreign == "https://x.example/b"
        assert shown["message"] == f"See ![this]({fresh})"
        legacy = await anna.post(
            "/api/db", json={"action": "db_get_user_session", "userInput": {"sessionId": session}}
        )
        (old,) = legacy.json()["message"]["result"]["messages"]
        assert old["image_locations"] == shown["image_locations"]
        found = await anna.post(
            "/api/v1/chat/maintenance/files",
            json={"customer_id": 1, "exact_filename": "_a.png", "check_image_locations": True},
        )
        assert found.json()["data"]["messages"][0]["image_locations"] == shown["image_locations"]
        patch = {"image_locations": shown["image_locations"]}
        await anna.put(
            "/api/v1/chat/messages",
            json={"customer_id": 1, "message_id": message, "patch": patch},
        )
        assert len(await detail(anna, session, include_versions=True)) == 1, "nothing was changed"


async def test_a_model_sees_the_file_and_nobody_elses(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    model = parley.script(SAYS, SAYS)
    url = await uploaded(anna)
    item = {"type": "image_url", "image_url": {"url": url}}
    body = {"customer_id": 1, "prompt": [{"type": "text", "text": "What?"}, item]}
    settings = {"text": {"model": "gpt-4o-mini"}}
    answer = await anna.post("/chat", json={**body, "settings": settings})
    assert answer.status_code == 200, answer.text
    words, picture = model.prompts[0].messages[-1].parts
    assert words == TextPart("What?")
    assert isinstance(picture, ImagePart)
    assert picture.url.startswith("data:image/png;base64,")
    async with parley.client() as boris:
        boris.headers.update(parley.boris_headers)
        stolen = await boris.post("/chat", json={**body, "customer_id": 2, "settings": settings})
    assert (stolen.status_code, len(model.prompts)) == (404, 1), stolen.text


async def test_a_message_that_names_anothers_file_gets_no_link_to_it(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    said = {"category": "provider.s3", "action": "s3_upload", "customer_id": "1"}
    chosen = {**said, "user_input": '{"force_filename": "photo.png"}'}
    await anna.post("/api/v1/storage/upload", data=chosen, files={"file": ("a.png", PNG)})
    theirs = "/files/1/assets/chat/1/photo.png"
    message = {"message": f"See {theirs}", "image_locations": [theirs], "file_locations": [theirs]}
    async with parley.client() as boris:
        boris.headers.update(parley.boris_headers)
        stored = await boris.post(
            "/api/v1/chat/messages",
            json={"customer_id": 2, "user_message": message, "include_messages": True},
        )
        (shown,) = stored.json()["data"]["session"]["messages"]
        assert shown["image_locations"] == shown["file_locations"] == [theirs]
        assert shown["message"] == f"See {theirs}"
        assert (await boris.get(theirs)).status_code in (404, 422)


@pytest.mark.parametrize("kind", ["image_url", "file_url", "audio_url"])
async def test_no_spelling_of_a_private_place_is_followed(
    parley: Parley, anna: httpx.AsyncClient, kind: str
) -> None:
    model = parley.script(SAYS, provider="gemini")
    for place in (
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1:80",
        "me:secret@192.168.0.1",
        "\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}\N{CIRCLED DIGIT SEVEN}.0.0.1",
        "metadata.internal",
        "nas",
    ):
        for scheme in ("http", "HTTPS"):
            url = f"{scheme}://{place}/files/secret.pdf"
            item = {"type": kind, kind: {"url": url}}
            body = {"customer_id": 1, "prompt": [{"type": "text", "text": "What?"}, item]}
            settings = {"text": {"model": "gemini"}}
            answer = await anna.post("/chat", json={**body, "settings": settings})
            assert answer.status_code == 400, url
            assert "not fetched" in answer.json()["message"], url
    assert model.prompts == []

"""Uploads over HTTP: what is taken, what is refused and how, and who can open it."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.offline_app import Parley
from tests.pictures import jpeg, png

PNG = png(3, 2)
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n"
MIB = 2**20
UPLOAD = "/api/v1/storage/upload"


def form(**changes: Any) -> dict[str, Any]:
    said = {"category": "provider.s3", "action": "s3_upload", "customer_id": "1", **changes}
    return {name: value for name, value in said.items() if value is not None}


@pytest.fixture
async def parley(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    async with Parley(tmp_path, file_link_ttl_s=60).running() as running:
        yield running


async def upload(
    client: httpx.AsyncClient, name: str, content: bytes, status: int = 200, **changes: Any
) -> Any:
    answer = await client.post(UPLOAD, data=form(**changes), files={"file": (name, content)})
    found = answer.json()
    assert answer.status_code == found["code"] == status, answer.text
    assert set(found) >= {"code", "success", "message", "data", "meta"}
    assert found["success"] is (status == 200)
    return found


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/files")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["files"]


async def test_an_upload_is_told_as_the_contract_says(anna: httpx.AsyncClient) -> None:
    found = await upload(anna, "my plan.PDF", PDF)
    name = found["data"]["filename"]
    assert re.fullmatch(r"20260101_[0-9a-f]{32}_my_plan\.PDF", name)
    url = found["data"]["url"]
    assert url == found["data"]["result"]
    assert url.startswith(f"http://127.0.0.1:8000/files/1/assets/chat/1/{name}?expires=")
    assert found["message"] == "File uploaded successfully"
    assert found["meta"] == {
        "category": "provider.s3",
        "action": "s3_upload",
        "extension": "pdf",
        "content_type": "application/pdf",
    }


async def test_its_link_opens_it_for_anybody_and_nothing_else_does(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    url = (await upload(anna, "a.png", PNG, user_input="null"))["data"]["url"]
    opened = await stranger.get(url)
    assert (opened.status_code, opened.content) == (200, PNG)
    headers = opened.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(PNG))
    assert headers["content-disposition"] == 'inline; filename="a.png"'
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    path, _, query = url.partition("?")
    for other in (path, url[:-1], url.replace("/files/1/", "/files/2/"), f"{path}x?{query}"):
        assert (await anna.get(other)).status_code in (404, 422), other
    await parley.clock.advance(121)
    assert (await stranger.get(url)).status_code == 404
    (file,) = await listed(anna)
    assert (await stranger.get(file["url"])).content == PNG


async def test_what_a_browser_might_run_is_for_saving(anna: httpx.AsyncClient) -> None:
    for name, content in (("a.pdf", PDF), ("a.txt", b"<script>alert(1)</script>")):
        found = await upload(anna, name, content)
        opened = await anna.get(found["data"]["url"])
        assert opened.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert opened.headers["content-type"] == found["meta"]["content_type"]
        assert opened.headers["x-content-type-options"] == "nosniff"
        assert opened.headers["content-security-policy"].startswith("default-src 'none'")


async def test_parts_of_a_file_and_what_the_client_has_already(anna: httpx.AsyncClient) -> None:
    url = (await upload(anna, "a.txt", b"0123456789"))["data"]["url"]
    whole = await anna.get(url)
    tag, date = whole.headers["etag"], whole.headers["last-modified"]
    for asked, status, content, place in (
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=9-99", 206, b"9", "bytes 9-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
    ):
        part = await anna.get(url, headers={"Range": asked})
        found = (part.status_code, part.headers.get("content-range"))
        assert found == (status, place), asked
        assert status == 416 or part.content == content, asked
    for name, value, status in (
        ("If-None-Match", tag, 304),
        ("If-None-Match", f'"x", W/{tag}', 304),
        ("If-None-Match", '"x"', 200),
        ("If-Modified-Since", date, 304),
        ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT", 200),
        ("If-Modified-Since", "never", 200),
    ):
        assert (await anna.get(url, headers={name: value})).status_code == status, (name, value)
    for condition, status in ((tag, 206), (date, 206), ('"x"', 200), (f"W/{tag}", 200)):
        both = {"Range": "bytes=0-0", "If-Range": condition}
        assert (await anna.get(url, headers=both)).status_code == status, condition
    head = await anna.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


@pytest.mark.parametrize(
    ("name", "content", "extension"),
    [
        ("a.exe", b"MZ", "exe"),
        ("a.svg", b"<svg onload='alert(1)'/>", "svg"),
        ("a.html", b"<html>", "html"),
        ("noname", b"x", ""),
        ("a.png.exe", PNG, "exe"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "png"),
        ("a.png", jpeg(3, 2), "png"),
        ("a.jpg", b"GIF89a" + b"\0" * 20, "jpg"),
        ("a.pdf", b"MZ\x90\0", "pdf"),
        ("a.mp3", b"just words", "mp3"),
        ("a.txt", b"words and \0", "txt"),
        ("a.txt", b"x" * 200_000 + b"\0", "txt"),
        ("a.txt", PDF, "txt"),
        ("a.pcm", PNG, "pcm"),
        ("a.gif", b"GIF89a\x01\0\x01\0<script>alert(1)</script>", "gif"),
        ("a.pdf", b"%PDF-1.7 <html><script>alert(1)</script>", "pdf"),
        ("a.png", PNG + b"PK\x03\x04rest" + b"PK\x05\x06" + b"\0" * 18, "png"),
        ("a.png", PNG + b"PK\x05\x06" + b"\0" * 16 + b"\x05\0abcde", "png"),
    ],
)
async def test_what_is_not_what_its_name_says_is_refused(
    anna: httpx.AsyncClient, name: str, content: bytes, extension: str
) -> None:
    found = await upload(anna, name, content, 400)
    assert found["data"] == {"extension": extension}
    assert await listed(anna) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png(60_000, 60_000)),
        ("a.jpg", jpeg(65_000, 65_000)),
        ("a.gif", b"GIF89a\xff\xff\xff\xff" + b"\0" * 20),
        ("a.png", PNG[:20]),
        ("a.jpg", b"\xff\xd8" + b"\xff\xe1\xff\xff" + b"\0" * (2 * MIB)),
        ("a.webp", b"RIFF\x1a\0\0\0WEBPVP8 "),
    ],
)
async def test_a_picture_nobody_could_open_is_refused(
    anna: httpx.AsyncClient, name: str, content: bytes
) -> None:
    assert "picture" in (await upload(anna, name, content, 400))["message"].lower()
    assert await listed(anna) == []


async def test_every_kind_of_the_contract_is_taken(anna: httpx.AsyncClient) -> None:
    samples = {
        "a.jpg": jpeg(3, 2),
        "a.jpeg": jpeg(3, 2, before=300_000),
        "a.png": PNG,
        "a.gif": b"GIF89a\x03\0\x02\0\0\0\0;",
        "a.webp": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\x02\x40\0\0\0\0\0\0\0\0\0\0\0",
        "a.mp3": b"ID3\x04rest",
        "a.mpga": b"\xff\xfb\x90\0",
        "a.mpeg": b"\0\0\x01\xbarest",
        "a.wav": b"RIFF\x24\0\0\0WAVEfmt ",
        "a.m4a": b"\0\0\0\x18ftypM4A \0\0\0\0",
        "a.mp4": b"\0\0\0\x18ftypisom\0\0\0\0",
        "a.webm": b"\x1a\x45\xdf\xa3rest",
        "a.opus": b"OggS\0\x02rest",
        "a.pcm": b"\x01\x00\x02\x00",
        "a.txt": "Grüße".encode(),
        "a.pdf": PDF,
    }
    for name, content in samples.items():
        url = (await upload(anna, name, content))["data"]["url"]
        assert (await anna.get(url)).content == content, name
    assert len(await listed(anna)) == len(samples)


async def test_nothing_and_too_much_are_refused(anna: httpx.AsyncClient, parley: Parley) -> None:
    empty = await upload(anna, "a.pdf", b"", 400)
    assert (empty["message"], empty["data"]) == ("Uploaded file is empty", None)
    big = await upload(anna, "a.txt", b"x" * (25 * MIB + 1), 413)
    assert "25 MiB" in big["message"]
    await upload(anna, "a.txt", b"x" * 25 * MIB)
    assert [file["size"] for file in await listed(anna)] == [25 * MIB]


async def test_wishes_about_the_form_come_first(anna: httpx.AsyncClient) -> None:
    for field in ("user_input", "user_settings", "asset_input"):
        found = await upload(anna, "a.exe", b"x", 400, **{field: "{"})
        assert found["message"] == f"Invalid JSON payload for {field}"
        assert found["data"] == {"field": field}
    for field in ("category", "action", "customer_id"):
        await upload(anna, "a.pdf", PDF, 422, **{field: None})
    await upload(anna, "a.pdf", PDF, 403, customer_id="2")
    nothing = await anna.post(UPLOAD, data=form(), files={"other": (None, "x")})
    assert (nothing.status_code, nothing.json()["data"]) == (422, {"field": "file"})
    assert (await anna.post(UPLOAD, json={})).status_code == 422
    assert (await anna.post(UPLOAD, data=form())).status_code == 422
    assert await listed(anna) == []


async def test_fields_behind_the_file_count_too(anna: httpx.AsyncClient) -> None:
    """Clients may put them in any order; nothing is stored for a form that ends badly."""

    async def post(name: str, *behind: tuple[str, str]) -> httpx.Response:
        fields = [(field, (None, value)) for field, value in (*form().items(), *behind)]
        return await anna.post(UPLOAD, files=[("file", (name, PDF)), *fields])

    for name, behind, status in (
        ("a.pdf", (), 200),
        ("a.pdf", (("user_input", "{"),), 400),
        ("a.exe", (("user_input", "{"),), 400),
        ("a.pdf", (("customer_id", "2"),), 403),
    ):
        found = await post(name, *behind)
        assert found.status_code == status, found.text
        if "user_input" in dict(behind):
            assert found.json()["data"] == {"field": "user_input"}
    alone = await anna.post(UPLOAD, files={"file": ("a.pdf", PDF)})
    assert alone.status_code == 422
    two = await anna.post(UPLOAD, files=[("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))])
    assert two.status_code == 400
    wish = await post("a.pdf", ("user_input", '{"forceFilename": "x.pdf"}'))
    assert wish.json()["data"]["filename"] == "x.pdf"
    assert [file["name"] for file in await listed(anna)] == ["a.pdf", "x.pdf"]


@pytest.mark.parametrize("cut", [10, 80, -40, -4])
async def test_a_broken_form_leaves_nothing(anna: httpx.AsyncClient, cut: int) -> None:
    request = anna.build_request("POST", UPLOAD, data=form(), files={"file": ("a.pdf", PDF)})
    whole = request.read()
    kind = request.headers["content-type"]
    answer = await anna.post(UPLOAD, content=whole[:cut], headers={"Content-Type": kind})
    assert answer.status_code == 400, answer.text
    assert await listed(anna) == []


async def test_a_chosen_name_never_replaces_a_file(anna: httpx.AsyncClient) -> None:
    wish = '{"force_filename": "../plan.pdf"}'
    first = await upload(anna, "a.pdf", PDF, user_input=wish)
    assert first["data"]["filename"] == "plan.pdf"
    await upload(anna, "a.pdf", PDF + b"more", 409, user_input=wish)
    assert (await anna.get(first["data"]["url"])).content == PDF
    for name in ("plan.html", "plan.png", "plan", "..pdf"):
        await upload(anna, "a.pdf", PDF, 400, user_input=f'{{"force_filename": "{name}"}}')
    await upload(anna, "a.pdf", PDF, 400, user_input='{"force_filename": 5}')
    assert [file["name"] for file in await listed(anna)] == ["plan.pdf"]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.txt",
        "a\0b.txt",
        "\N{CAT FACE}" * 1000 + ".txt",
        "C:\\temp\\x.txt",
        "\r\n.txt",
    ],
)
async def test_a_name_is_only_a_name(anna: httpx.AsyncClient, name: str) -> None:
    url = (await upload(anna, name, b"words"))["data"]["url"]
    opened = await anna.get(url)
    assert opened.content == b"words"
    (file,) = await listed(anna)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", file["name"])
    assert file["key"].startswith("1/assets/chat/1/")


async def test_users_list_and_delete_their_own(
    parley: Parley, anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for number in range(3):
        await upload(anna, f"{number}.txt", b"x")
    first = (await anna.get("/api/v1/files?limit=2")).json()["data"]
    rest = (await anna.get(f"/api/v1/files?limit=2&after={first['next']}")).json()["data"]
    assert (first["count"], rest["count"], rest["next"]) == (2, 1, None)
    key = first["files"][0]["key"]
    assert (await anna.get(f"/api/v1/files/{key}")).json()["data"] == first["files"][0]
    async with parley.client() as boris:
        boris.headers.update(parley.boris_headers)
        assert await listed(boris) == []
        for method in ("GET", "DELETE"):
            assert (await boris.request(method, f"/api/v1/files/{key}")).status_code == 404
            assert (await boris.request(method, "/api/v1/files/1/../x")).status_code == 404
        moved = await boris.get(f"/api/v1/files?after={key}")
        assert moved.json()["data"]["count"] == 0
    assert (await stranger.get("/api/v1/files")).status_code == 401
    assert (await anna.get("/api/v1/files?after=x")).status_code == 422
    assert (await anna.delete(f"/api/v1/files/{key}")).status_code == 200
    assert (await anna.delete(f"/api/v1/files/{key}")).status_code == 404
    assert (await anna.get(first["files"][0]["url"])).status_code == 404


async def test_an_upload_needs_a_token(stranger: httpx.AsyncClient, parley: Parley) -> None:
    await upload(stranger, "a.pdf", PDF, 401)
    assert (await stranger.post(f"{UPLOAD}?token={parley.token}")).status_code == 422


@pytest.mark.parametrize(("said", "status"), [("anna", 422), ("", 422), ("2", 403), (" 1 ", 200)])
async def test_whose_it_is_is_said_by_a_number(
    anna: httpx.AsyncClient, said: str, status: int
) -> None:
    await upload(anna, "a.pdf", PDF, status, customer_id=said)


async def test_a_log_is_kept_with_the_files_of_its_user(
    anna: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    place = "/api/v1/admin/logs/upload"
    log = {"file": ("../../etc/app.log", b"<html>went wrong")}
    kept = await anna.post(place, files=log)
    name = "20260101_000000_user1_app.log"
    assert (kept.status_code, kept.json()["data"]) == (200, {"filename": name, "size": 16})
    [file] = await listed(anna)
    assert file["key"] == f"1/logs/{name}"
    opened = await stranger.get(file["url"])
    assert opened.headers["content-type"] == "application/octet-stream"
    assert opened.headers["content-disposition"].startswith("attachment")
    refusals = {
        400: await anna.post(place, files={"file": ("app.log", b"")}),
        401: await stranger.post(place, files=log),
        403: await anna.post(place, files=log, data={"customer_id": "2"}),
        413: await anna.post(place, files={"file": ("app.log", b"x" * (26 * MIB))}),
        422: await anna.post(place, data={"customer_id": "1"}, files={"other": (None, b"")}),
    }
    assert {status: answer.status_code for status, answer in refusals.items()} == {
        status: status for status in refusals
    }

"""Keys and addresses of files: whose, when, and nothing that a path could trip on."""

from datetime import date

import pytest

from domain.files.keys import (
    Folder,
    address_of,
    exact_key,
    fresh_key,
    kept_address,
    key_in,
    name_of,
    owner_of,
    read_key,
    safe_name,
)
from domain.files.kinds import kind_of, named
from domain.ids import FileKey, UserId

ANNA = UserId(7)
RANDOM = "0123456789abcdef0123456789abcdef"
DAY = date(2026, 1, 10)
KEY = fresh_key(ANNA, "my plan.pdf", DAY, RANDOM)


def test_a_key_is_made_as_the_contract_says() -> None:
    assert f"7/assets/chat/1/20260110_{RANDOM}_my_plan.pdf" == KEY
    turn = fresh_key(ANNA, "turn.wav", DAY, RANDOM, Folder.REALTIME)
    assert turn == f"7/assets/realtime/20260110_{RANDOM}.wav"
    assert exact_key(ANNA, "my plan.pdf") == "7/assets/chat/1/my_plan.pdf"
    assert [owner_of(key) for key in (KEY, turn)] == [ANNA, ANNA]
    assert (name_of(KEY), name_of(turn)) == ("my_plan.pdf", f"20260110_{RANDOM}.wav")
    assert name_of(exact_key(ANNA, "a.txt")) == "a.txt"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "upload.bin"),
        ("..", "upload.bin"),
        (".htaccess", "htaccess"),
        ("", "upload.bin"),
        ("a\0b.png", "a_b.png"),
        ("Zoë's \N{CAT FACE}\r\n.png", "Zo__s____.png"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe", "_gnp.exe"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert read_key(fresh_key(ANNA, name, DAY, RANDOM)) is not None
    assert read_key(exact_key(ANNA, name)) is not None


def test_the_longest_name_keeps_its_ending() -> None:
    long = safe_name("\N{CAT FACE}" * 4096 + ".PDF")
    assert (len(long), long[-4:]) == (100, ".pdf")
    assert read_key(fresh_key(ANNA, "a." + "b" * 5000, DAY, RANDOM)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "../7/assets/chat/1/a.png",
        "7/assets/chat/1/../1/a.png",
        "7/assets/chat/1/..",
        "7/assets/chat/1/.hidden",
        "7/assets/chat/1/",
        "7/assets/chat/1/a/b.png",
        "7/assets/chat/2/a.png",
        "07/assets/chat/1/a.png",
        "-7/assets/chat/1/a.png",
        "7/assets/chat/1/a.png\n",
        "7/assets/chat/1/a%2e.png",
        "7/assets/chat/1/" + "a" * 300,
    ],
)
def test_what_is_no_key_is_not_taken_for_one(text: str) -> None:
    assert read_key(text) is None


def test_an_address_of_ours_is_known_under_any_host() -> None:
    address = address_of(KEY)
    for url in (
        address,
        f"http://127.0.0.1:8000{address}",
        f"https://chat.example{address}?expires=1&signature=x",
    ):
        assert key_in(url) == KEY
        assert kept_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/a.png",
        f"https://elsewhere.example/deep/files/{KEY}",
        f"ftp://elsewhere.example/files/{KEY}",
        f"https://elsewhere.example/a?b=/files/{KEY}",
        "https://chat.example/files/7/assets/chat/1/../../../../8/assets/chat/1/a.png",
        "data:image/png;base64,AAAA",
        "http://[/files/",
        "",
    ],
)
def test_every_other_address_stays_as_it_is(url: str) -> None:
    assert key_in(url) is None
    assert kept_address(url) == url


def test_a_name_ends_as_its_type_does() -> None:
    assert named("a.JPEG", "image/jpeg") == "a.JPEG"
    assert named("a.png", "image/webp") == "a.webp"
    assert named("image", "image/png; charset=x") == "image.png"
    assert named("v1.2", "audio/mpeg") == "v1.2.mp3"
    assert named("note.webm", "audio/webm") == "note.webm"
    assert named("a.svg", "image/svg+xml") is None
    assert kind_of(FileKey("7/assets/chat/1/a.PDF")) == "application/pdf"
    assert kind_of("a.html") is None

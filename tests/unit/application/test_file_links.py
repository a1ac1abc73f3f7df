"""Links to files: for a while, for one file, made by this server only."""

import pytest

from adapters.memory.clock import ManualClock
from application.files.links import FileLinks
from domain.errors import FileNotFound
from domain.files.keys import address_of
from domain.ids import FileKey, UserId

HOUR = 3600
OWNER = UserId(7)
ELSEWHERE = "https://elsewhere.example/a.png"
KEY = FileKey("7/assets/chat/1/20260110_0123456789abcdef0123456789abcdef_plan.pdf")
OTHER = FileKey("8/assets/chat/1/20260110_0123456789abcdef0123456789abcdef_plan.pdf")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def links(clock: ManualClock) -> FileLinks:
    return FileLinks("a secret", "https://chat.example", 2 * HOUR, clock)


def taken_apart(link: str) -> tuple[str, int, str]:
    path, _, query = link.partition("?")
    values = dict(pair.split("=") for pair in query.split("&"))
    return path.partition("/files/")[2], int(values["expires"]), values["signature"]


async def test_a_link_opens_its_file_for_a_while(links: FileLinks, clock: ManualClock) -> None:
    link = links.link(KEY)
    assert link.startswith(f"https://chat.example{address_of(KEY)}?")
    key, left = links.opened(*taken_apart(link))
    assert (key, 2 * HOUR <= left <= 3 * HOUR) == (KEY, True)
    await clock.advance(left - 1)
    assert links.opened(*taken_apart(link)) == (KEY, 1)
    await clock.advance(1)
    with pytest.raises(FileNotFound):
        links.opened(*taken_apart(link))


def test_nothing_else_opens_it(links: FileLinks, clock: ManualClock) -> None:
    path, expires, signature = taken_apart(links.link(KEY))
    theirs = FileLinks("another secret", "https://chat.example", 2 * HOUR, clock).link(KEY)
    for wrong in (
        (OTHER, expires, signature),
        (path, expires + HOUR, signature),
        (path, expires, signature[:-1]),
        (path, expires, ""),
        (path, expires, "\N{CAT FACE}"),
        (f"{path}/../x", expires, signature),
        taken_apart(theirs),
    ):
        with pytest.raises(FileNotFound):
            links.opened(*wrong)


async def test_links_are_the_same_within_an_hour(links: FileLinks, clock: ManualClock) -> None:
    first = links.link(KEY)
    await clock.advance(HOUR - 1)
    assert links.link(KEY) == first
    await clock.advance(1)
    assert links.link(KEY) != first


async def test_addresses_and_old_links_become_fresh(links: FileLinks, clock: ManualClock) -> None:
    old = links.link(KEY).replace("https://chat.example", "http://127.0.0.1:8000")
    await clock.advance(100 * HOUR)
    fresh = links.link(KEY)
    assert links.renewed(old, OWNER) == links.renewed(address_of(KEY), OWNER) == fresh
    assert links.renewed(ELSEWHERE, OWNER) == ELSEWHERE
    said = f"See ![it]({old}), {address_of(KEY)}. Not /files/ or https://x.example/a?b."
    assert links.renewed_in(said, OWNER) == (
        f"See ![it]({fresh}), {fresh}. Not /files/ or https://x.example/a?b."
    )


def test_the_address_of_somebody_elses_file_opens_nothing(links: FileLinks) -> None:
    for theirs in (address_of(OTHER), links.link(OTHER)):
        assert links.renewed(theirs, OWNER) == theirs
        assert links.renewed_in(f"See {theirs}", OWNER) == f"See {theirs}"

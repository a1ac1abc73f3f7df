"""What names lead to is checked, once, and that very address is connected to."""

import socket
from collections.abc import Sequence

import pytest
from yarl import URL

from adapters.transport.egress import Egress
from adapters.transport.egress_connection import ask
from domain.errors import DownloadFailed, DownloadRefused


class Names:
    """A resolver that gives its answers in turn."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["8.8.8.8", "10.0.0.1"],
        ["2606:4700::1111", "::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
    ],
)
async def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    with pytest.raises(DownloadRefused, match="public") as told:
        await Egress(lookup=Names(addresses)).fetch("http://rebind.example/")
    assert not any(address in str(told.value) for address in addresses)


async def test_an_unknown_name() -> None:
    async def lookup(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(DownloadFailed, match="host is not known"):
        await Egress(lookup=lookup).fetch("http://nowhere.example/")


async def test_numbers_are_not_looked_up() -> None:
    names = Names()
    with pytest.raises(DownloadRefused):
        await Egress(["127.0.0.2"], lookup=names).fetch("http://127.0.0.1/")
    assert names.asked == []


async def test_no_socket_is_made_for_an_address_that_was_not_checked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(DownloadFailed, match="cannot be reached"):
            async with ask(URL(f"http://127.0.0.1:{port}/"), ["127.0.0.2"]):
                pass
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_operators_list_is_checked_at_the_start() -> None:
    with pytest.raises(ValueError, match="host or host:port"):
        Egress(["http://files.example/"])

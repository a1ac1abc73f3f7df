"""Which addresses may be fetched: the ways in which a private one is spelt, and the public ones."""

import pytest

from adapters.transport.addresses import TrustedHosts, is_public, read_target
from domain.errors import DownloadRefused

NOBODY = TrustedHosts()


@pytest.mark.parametrize(
    "url",
    [
        # No web address at all.
        "",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://example.org/a",
        "gopher://example.org/",
        "javascript:alert(1)",
        "//example.org/a",
        "example.org/a.png",
        "http:///a",
        "http:/127.0.0.1/a",
        "http://[::1",
        "http://example.org:http/",
        # Another host than it seems.
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://example.org:80@127.0.0.1/",
        "http://127.0.0.1:80@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org\t.evil.example/",
        " http://example.org/",
        "http://exam\nple.org/",
        "http://example.org%00.evil.example/",
        "http://127%2e0%2e0%2e1/",
        # This host and this network, by name.
        "http://localhost/",
        "http://LOCALHOST./",
        "http://\u24dbocalhost/",
        "http://a.localhost/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://router.lan/",
        "http://nas.home.arpa/",
        "http://intranet/",
        # And by number, in every spelling.
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://127\u30020\u30020\u30021/",
        "http://0/",
        "http://0.0.0.0/",
        "http://10.1.2.3/",
        "http://172.31.255.255/",
        "http://192.168.0.1/",
        "http://100.100.100.200/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::]/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::808:808]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        # Where no web server is.
        "http://example.org:22/",
        "http://example.org:8080/",
        "http://example.org:0/",
        "http://example.org:99999/",
        # What no name is.
        "http://-/",
        "http://a..example.org/",
        "http://exa mple.org/",
        f"http://{'a' * 64}.example.org/",
        f"http://{'a.' * 130}example.org/",
        f"http://example.org/{'a' * 9000}",
    ],
)
def test_refused_for_its_words(url: str) -> None:
    with pytest.raises(DownloadRefused):
        read_target(url, NOBODY)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://example.org", "example.org", 80),
        ("HTTPS://Example.ORG./a?b=c#d", "example.org", 443),
        ("https://example.org:443/", "example.org", 443),
        ("https://example.org:80/", "example.org", 80),
        ("https://b\u00fccher.example/\u00fc", "xn--bcher-kva.example", 443),
        ("http://example.org?@127.0.0.1/", "example.org", 80),
        ("http://8.8.8.8/", "8.8.8.8", 80),
        ("http://[2606:4700::1111]/", "2606:4700::1111", 80),
        ("http://1.2.3.4.example.org/", "1.2.3.4.example.org", 80),
        ("http://a_b.example.org/", "a_b.example.org", 80),
    ],
)
def test_public_addresses_pass(url: str, host: str, port: int) -> None:
    target = read_target(url, NOBODY)
    assert (target.host, target.port, target.trusted) == (host, port, False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("100.63.255.255", True),
        ("100.64.0.1", False),
        ("172.15.255.255", True),
        ("172.16.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b::192.168.1.1", False),
        ("2606:4700::1111", True),
        ("2002:808:808::1", False),
        ("::ffff:8.8.8.8", False),
        ("fe80::1%eth0", False),
        ("4000::1", False),
        ("3fff::1", False),
        ("8.8.8", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_public_numbers(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("entry", "url", "trusted"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080/a", True),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/a", True),
        ("Files.Intranet", "https://files.intranet./", True),
        ("localhost", "http://localhost:5000/", True),
        ("[::1]:8080", "http://[::1]:8080/", True),
        ("example.org:8080", "http://example.org:8080/", True),
        ("example.org:8080", "http://example.org/", False),
    ],
)
def test_the_operator_may_trust_a_place(entry: str, url: str, trusted: bool) -> None:
    assert read_target(url, TrustedHosts([entry])).trusted is trusted


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9090/",
        "http://127.0.0.2:8080/",
        "http://me@files.local/",
        "ftp://files.local/",
    ],
)
def test_trust_does_not_make_up_for_anything_else(url: str) -> None:
    with pytest.raises(DownloadRefused):
        read_target(url, TrustedHosts(["127.0.0.1:8080", "files.local"]))


@pytest.mark.parametrize("url", ["http://a.files.example/", "http://b.example/@files.example"])
def test_trust_covers_nothing_else(url: str) -> None:
    assert not read_target(url, TrustedHosts(["files.example"])).trusted


@pytest.mark.parametrize(
    "entry",
    ["", "a b", "http://a.example", "a.example/b", "me@a.example", "a:b", "a:99999", "[::1"],
)
def test_a_malformed_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="host or host:port"):
        TrustedHosts([entry])


def test_a_refusal_names_no_more_than_the_host() -> None:
    with pytest.raises(DownloadRefused) as told:
        read_target("http://10.0.0.1/private?token=secret", NOBODY)
    assert "10.0.0.1" in str(told.value)
    assert "secret" not in str(told.value)

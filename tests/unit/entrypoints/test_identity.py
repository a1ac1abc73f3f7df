import pytest

from domain.errors import AccessDenied, NotAuthenticated
from domain.ids import UserId
from entrypoints.web.identity import check_customer, origin_allowed, token_from

LOCAL = ("http://localhost:*", "http://127.0.0.1:*", "https://chat.example.org")


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER   abc ", "abc"),
        ("abc", "abc"),
        ("", None),
        ("   ", None),
        ("Bearer", None),
    ],
)
def test_headers(header: str, token: str | None) -> None:
    assert token_from({"authorization": header}) == token


@pytest.mark.parametrize("header", ["Basic abc", "Token abc", "Bearer a b", "a b c"])
def test_other_schemes_are_refused(header: str) -> None:
    with pytest.raises(NotAuthenticated) as refused:
        token_from({"authorization": header}, {"token": "good"})
    assert refused.value.reason == "token_invalid"


def test_the_query_counts_only_where_it_is_given() -> None:
    assert token_from({}, {"token": "q"}) == "q"
    assert token_from({}, {"token": ""}) is None
    assert token_from({}) is None


def test_the_header_wins() -> None:
    assert token_from({"authorization": "Bearer h"}, {"token": "q"}) == "h"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost",
        "http://localhost:9003",
        "http://127.0.0.1:1",
        "https://chat.example.org",
    ],
)
def test_origins_that_may(origin: str | None) -> None:
    assert origin_allowed(origin, LOCAL)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://localhost:9003",
        "http://localhost:9003.evil.example",
        "http://localhost.evil.example",
        "http://localhost:",
        "https://chat.example.org:8443",
        "https://chatXexample.org",
        "https://chat.example.org.evil.example",
    ],
)
def test_origins_that_may_not(origin: str) -> None:
    assert not origin_allowed(origin, LOCAL)


def test_without_a_list_no_page_may() -> None:
    assert not origin_allowed("http://localhost:1", ())
    assert origin_allowed(None, ())


@pytest.mark.parametrize("claimed", [None, 7, "7"])
def test_the_same_customer(claimed: object) -> None:
    check_customer(claimed, UserId(7))


@pytest.mark.parametrize("claimed", [8, "8", "", True, "7 "])
def test_another_customer(claimed: object) -> None:
    with pytest.raises(AccessDenied):
        check_customer(claimed, UserId(7))

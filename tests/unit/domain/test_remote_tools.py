"""Names that never meet, and terms that neither side alone can loosen."""

import re

import pytest

from domain.profiles import ALIASES, PROFILES
from domain.remote_tools import SERVER_NAME, RemoteTool, ServerTerms

TERMS = ServerTerms(
    name="tracker",
    profiles={"general": ("search",), "coding": ("*",)},
    read_only=frozenset({"search", "boasts"}),
)
PROVIDERS_TAKE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,62}")


def tool(name: str, *, claims: bool) -> RemoteTool:
    return RemoteTool(name, "", {}, claims)


@pytest.mark.parametrize(
    ("profile", "name", "allowed"),
    [
        ("general", "search", True),
        ("general", "delete", False),
        ("coding", "delete", True),
        ("media", "search", False),
    ],
)
def test_only_what_is_listed_is_allowed(profile: str, name: str, allowed: bool) -> None:
    assert TERMS.allows(profile, name) == allowed


def test_a_call_runs_unasked_only_if_both_sides_say_it_changes_nothing() -> None:
    assert TERMS.runs_unasked(tool("search", claims=True))
    assert not TERMS.runs_unasked(tool("search", claims=False))
    assert not TERMS.runs_unasked(tool("delete", claims=True))


@pytest.mark.parametrize("name", ["search", "a/b", "ünï", "x" * 128, "", "a__b", "search.all"])
def test_every_provider_takes_the_name(name: str) -> None:
    assert PROVIDERS_TAKE.fullmatch(TERMS.offered_name(name))


def test_names_of_different_tools_differ() -> None:
    names = ["a.b", "a/b", "a_b", "x" * 70, "x" * 71, "A.b"]
    assert len({TERMS.offered_name(name) for name in names}) == len(names)


def test_no_server_can_stand_in_for_another_or_for_a_tool_of_ours() -> None:
    assert TERMS.offered_name("search") == "tracker__search"
    assert SERVER_NAME.fullmatch("tracker__search") is None
    ours = {name for names in PROFILES.values() for name in names} | {*ALIASES}
    assert not [name for name in ours if "__" in name]

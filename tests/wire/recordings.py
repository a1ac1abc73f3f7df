"""Recorded provider traffic: where it is, and how its bodies become bytes again."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Raw, Struct

_ROOT = Path(__file__).parents[2]
RECORDINGS = Path(os.environ.get("PARLEY_RECORDINGS") or _ROOT.parent / "shared" / "recordings")


class Exchange(Struct, frozen=True):
    """One request and its answer; `name` is the case's file and the exchange's place in it."""

    name: str
    request: dict[str, Any] | None
    response: dict[str, Any]

    @property
    def sent(self) -> dict[str, Any]:
        """The JSON body of the request."""
        return (self.request or {}).get("json") or {}

    @property
    def status(self) -> int:
        return self.response["status"]

    @property
    def streams(self) -> bool:
        return "chunks" in self.response or self.response.get("text", "").startswith(
            ("data:", "event:")
        )

    @property
    def path(self) -> str:
        return (self.request or {}).get("path", "").partition("?")[0]

    @property
    def body(self) -> bytes:
        """The body of the answer as it was on the wire."""
        if (text := self.response.get("text")) is not None:
            return text.encode()
        if (chunks := self.response.get("chunks")) is not None:
            return b"".join(map(_framed, chunks)) + self._end_mark(chunks)
        return msgspec.json.encode(self.response.get("json"))

    def _end_mark(self, chunks: list[str]) -> bytes:
        return b"" if "type" in msgspec.json.decode(chunks[-1]) else b"data: [DONE]\n\n"


class _Case(Struct):
    exchanges: list[Raw]


class _Parts(Struct):
    request: dict[str, Any] | None
    response: dict[str, Any]


def _framed(chunk: str) -> bytes:
    kind = msgspec.json.decode(chunk).get("type")
    name = f"event: {kind}\n" if kind else ""
    return f"{name}data: {chunk}\n\n".encode()


@cache
def exchanges(provider: str, wire: str) -> list[Exchange]:
    """Return every recorded exchange of a wire; an empty list when there are no recordings."""
    return [*_read(provider, wire)]


def _read(provider: str, wire: str) -> Iterator[Exchange]:
    for path in sorted((RECORDINGS / provider).glob(f"{wire}--*.json")):
        case = msgspec.json.decode(path.read_bytes(), type=_Case)
        for number, raw in enumerate(case.exchanges):
            parts = msgspec.json.decode(raw, type=_Parts)
            name = f"{provider}/{path.stem}#{number}"
            yield Exchange(name, parts.request, parts.response)


def case(provider: str, wire: str, name: str) -> list[Exchange]:
    """Return the exchanges of one case, in order; skip the test where there are no recordings."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recorded provider traffic is not there; set PARLEY_RECORDINGS")
    stem = f"{provider}/{wire}--{name}#"
    return [exchange for exchange in exchanges(provider, wire) if exchange.name.startswith(stem)]


def each(found: list[Exchange]) -> pytest.MarkDecorator:
    """Run a test on each exchange; skip it where there are no recordings."""
    if not RECORDINGS.is_dir():
        reason = "the recorded provider traffic is not there; set PARLEY_RECORDINGS"
        missing = pytest.param(None, marks=pytest.mark.skip(reason=reason))
        return pytest.mark.parametrize("exchange", [missing])
    assert found, "the recordings hold no exchange of this kind"
    return pytest.mark.parametrize("exchange", found, ids=lambda found: found.name)

"""What it costs to turn a provider's bytes into events, beside the least that it could.

The limit takes the same bytes from the same memory, splits them at blank lines and decodes each
payload into plain dictionaries: no shapes are checked, no faults are told apart, nothing is kept.
There are no connections here, so both figures are of the reading alone.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from adapters.anthropic.events import MessagesReader
from adapters.compatible import deepseek, groq, local, perplexity, xai
from adapters.google.events import GenerateReader
from adapters.openai.responses_events import ResponsesReader
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.patience import Patience
from adapters.transport.streaming import read_answer
from adapters.transport.wire_reader import WireReader
from domain.turn.events import TextDelta
from tests.simulators.provider_wires import WIRES

LEAST_SHARE = 0.5
"""Of the limit's tokens per CPU second."""
TOKENS = 400
"""Of one answer; Perplexity repeats the whole answer in every event, so it is not a long one."""
ANSWERS = 10
"""Read one after another for one figure."""
LARGE_READ = 16_384
"""Bytes that a busy connection brings at once."""

_WORD = "word"
_patience = Patience()
_decode = msgspec.json.Decoder().decode

_READERS: dict[str, Callable[[], WireReader]] = {
    "openai chat": lambda: ChatReader("openai"),
    "openai responses": ResponsesReader,
    "anthropic": MessagesReader,
    "gemini": GenerateReader,
    **{
        dialect.provider: lambda dialect=dialect: ChatReader(dialect.provider, dialect.quirks)
        for dialect in (each.DIALECT for each in (xai, groq, deepseek, perplexity, local))
    },
}


class Case(Struct, frozen=True):
    """One provider's answer, as one kind of connection brings it."""

    name: str
    reads: tuple[bytes, ...]
    reader: Callable[[], WireReader]


class Cost(Struct, frozen=True):
    """Microseconds of CPU a token, and how much of the limit's speed is left."""

    name: str
    ours_us: float
    bare_us: float
    share: float

    @property
    def met(self) -> bool:
        """Whether it is as fast as it was meant to be."""
        return self.share >= LEAST_SHARE


class _Reads:
    """An answer in memory, given out as a connection would."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self._reads = iter(reads)

    async def read(self) -> bytes:
        return next(self._reads, b"")

    def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def _asked(reads: Iterable[bytes]) -> AsyncGenerator[_Reads, None]:
    yield _Reads(reads)


def costs(rounds: int) -> list[Cost]:
    """Measure every adapter and its limit, in turns, and return the medians of the rounds."""
    return asyncio.run(_costs(_cases(), rounds))


def table(found: Sequence[Cost]) -> str:
    """Return the table as Markdown."""
    lines = [
        "| | ours µs/token | bare µs/token | speed | target | |",
        "|---|---:|---:|---:|---|---|",
    ]
    lines += [
        f"| {each.name} | {each.ours_us:.2f} | {each.bare_us:.2f} | {each.share:.2f} "
        f"| >= {LEAST_SHARE:g} x | {'ok' if each.met else 'missed'} |"
        for each in found
    ]
    return "\n".join(lines)


def _cases() -> list[Case]:
    cases: list[Case] = []
    for name, wire in WIRES.items():
        words = "".join(f" {_WORD}{number % 100}" for number in range(TOKENS)).strip()
        stream = wire.stream(words)
        steps = tuple(step for step in stream.steps if isinstance(step, bytes))
        large = tuple(
            stream.body[at : at + LARGE_READ] for at in range(0, len(stream.body), LARGE_READ)
        )
        cases.append(Case(f"{name}, a token a read", steps, _READERS[name]))
        cases.append(Case(f"{name}, {LARGE_READ // 1024} KiB a read", large, _READERS[name]))
    return cases


async def _costs(cases: Sequence[Case], rounds: int) -> list[Cost]:
    ours: dict[str, list[float]] = {case.name: [] for case in cases}
    bare: dict[str, list[float]] = {case.name: [] for case in cases}
    for each in range(rounds + 1):
        for case in cases:
            measured = [(ours, _ours), (bare, _bare)]
            for kept, read in measured if each % 2 else reversed(measured):
                cost = await _cost(case, read)
                if each:  # The first round only warms up.
                    kept[case.name].append(cost)
    return [_medians(name, ours[name], bare[name]) for name in ours]


def _medians(name: str, ours: list[float], bare: list[float]) -> Cost:
    # A round's two figures share its noise.
    shares = [limit / mine for mine, limit in zip(ours, bare, strict=True)]
    return Cost(name, statistics.median(ours), statistics.median(bare), statistics.median(shares))


async def _cost(case: Case, read: Callable[[Case], Awaitable[int]]) -> float:
    """Return microseconds of CPU a token; a reader that loses one is not worth measuring."""
    gc.collect()
    began = time.process_time_ns()
    for _ in range(ANSWERS):
        said = await read(case)
        if said < TOKENS:
            raise RuntimeError(f"{case.name}: {said} tokens in place of {TOKENS}")
    return (time.process_time_ns() - began) / 1000 / (ANSWERS * TOKENS)


async def _ours(case: Case) -> int:
    said = 0
    async for batch in read_answer("bench", _asked(case.reads), case.reader(), _patience):
        for event in batch:
            if isinstance(event, TextDelta):
                said += event.text.count(_WORD)  # What comes together is one piece.
    return said


async def _bare(case: Case) -> int:
    """Split and decode, and return how many payloads there were."""
    said = 0
    rest = b""
    blank = b"\r\n\r\n" if b"\r\n\r\n" in case.reads[0] else b"\n\n"
    answer = _Reads(case.reads)
    while chunk := await answer.read():
        *events, rest = (rest + chunk).split(blank)
        for event in events:
            at = event.find(b"data: ")
            if at < 0 or event.endswith(b"[DONE]"):
                continue
            _decode(event[at + 6 :])
            said += 1
    return said

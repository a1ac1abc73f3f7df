"""`python -m benchmarks`: measure Parley beside a bare relay, in one run, and print the table."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks import adapters, agent, files, history, hush, report, speech
from benchmarks.measure import Memory, Target, kept, memory, not_kept
from benchmarks.processes import MIB, Parley, Server, provider, relay
from benchmarks.scenarios import Scenario, chosen
from benchmarks.speed import compare

PARTS = ("start", "memory", "speed", "adapters", "files", "history", "agent", "speech")
STARTS = 3
SETTLING_S = 1.0
"""After a server is ready, before its memory is read."""


def main() -> int:
    """Run what the arguments choose; return the exit status."""
    words = _arguments()
    # Servers start from bytecode, as they do wherever one was started before.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory() as folder, provider() as url:
        parley = Parley(Path(folder), url)
        if "start" in words.parts:
            rows += _starts(parley, url)
        if "memory" in words.parts:
            rows += _memory(parley, url)
        if "speed" in words.parts:
            scenarios = chosen(set(words.turns), quick=words.quick)
            rows += _speed(parley, url, scenarios, words.rounds)
        stored: list[report.Row] = []
        if "files" in words.parts:
            stored = files.rows(parley, Path(folder), words.rounds)
        spoken: list[report.Row] = []
        if "speech" in words.parts:
            spoken = speech.rows(parley, words.rounds) + hush.rows(parley, words.rounds)
    missed = [row.what for row in rows if row.met is False]
    if rows:
        print(report.table(rows))
    if stored:
        print(f"\n{report.table(stored, 'bare handler')}")
        missed += [row.what for row in stored if row.met is False]
    if spoken:
        print(f"\n{report.table(spoken)}")
        missed += [row.what for row in spoken if row.met is False]
    missed += _without_server(words)
    if missed:
        print(f"\nmissed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed and words.strict else 0


def _without_server(words: argparse.Namespace) -> list[str]:
    """Measure and print what runs in this process; return what missed its target."""
    missed: list[str] = []
    if "adapters" in words.parts:
        found = adapters.costs(words.rounds)
        print(f"\n{adapters.table(found)}")
        missed += [each.name for each in found if not each.met]
    if "history" in words.parts:
        engines, lines = history.measure()
        print(f"\n{history.table(engines, lines)}")
        missed += [line.what for line in lines if line.met is False]
    if "agent" in words.parts:
        loop = agent.costs(words.rounds)
        print(f"\n{agent.table(loop)}")
        missed += [each.name for each in loop if not each.met]
    return missed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all when none is named")
    parser.add_argument("--turns", type=int, nargs="+", default=[], help="1, 50, 100, 300")
    parser.add_argument("--rounds", type=int, default=3, help="of which medians are taken")
    parser.add_argument("--quick", action="store_true", help="short answers")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    words = parser.parse_args()
    words.parts = words.parts or PARTS
    if unknown := set(words.parts).difference(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return words


def _starts(parley: Parley, url: str) -> list[report.Row]:
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(STARTS):
        with parley.served() as server:
            ours.append(_start(server))
        with relay(url) as server:
            theirs.append(_start(server))
    return report.start_rows(ours, theirs)


def _start(server: Server) -> tuple[float, float]:
    time.sleep(SETTLING_S)
    return server.ready_s, server.resident_bytes() / MIB


def _memory(parley: Parley, url: str) -> list[report.Row]:
    def measured(target: Target) -> Memory:
        return uvloop.run(memory(target))

    with parley.served() as server:
        ours = measured(Target("parley", server, kept))
    with relay(url) as server:
        theirs = measured(Target("relay", server, not_kept))
    return report.memory_rows(ours, theirs)


def _speed(parley: Parley, url: str, scenarios: list[Scenario], rounds: int) -> list[report.Row]:
    with parley.served() as server, relay(url) as limit:
        return uvloop.run(
            compare(
                Target("relay", limit, not_kept),
                Target("ours", server, kept),
                Target("not kept", server, not_kept),
                scenarios,
                rounds,
            )
        )


if __name__ == "__main__":
    sys.exit(main())

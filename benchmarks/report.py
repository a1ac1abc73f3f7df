"""What was measured beside what was promised."""

import statistics
from collections.abc import Iterable, Sequence

from msgspec import Struct

from benchmarks.measure import Memory, Sample
from benchmarks.scenarios import PACE_MS, Scenario

TARGET_TURNS = 100
PACED_SHARE = 0.8
UNPACED_SHARE = 2.0
P50_TIMES = 1.5
P99_TIMES = 3.0
FIRST_TOKEN_MORE_MS = 4.0
IDLE_SOCKET_KIB = 30.0
READY_S = 2.0
RESIDENT_MIB = 120.0
KEPT_SHARE = 0.9


class Row(Struct, frozen=True):
    """One line of the table."""

    what: str
    ours: float
    relay: float
    ratio: float
    target: str = ""
    met: bool | None = None
    """None where nothing was promised."""


class Rounds(Struct):
    """The samples of one scenario, a round each, of each target."""

    scenario: Scenario
    ours: list[Sample]
    relay: list[Sample]
    not_kept: list[Sample]


def scenario_rows(rounds: Rounds) -> list[Row]:
    """Return the lines of one scenario."""
    scenario, name = rounds.scenario, rounds.scenario.name
    promised = scenario.turns == TARGET_TURNS
    share = PACED_SHARE if scenario.pace_ms else UNPACED_SHARE
    latency = promised and scenario.pace_ms == PACE_MS
    rows = [
        _at_least(f"{name}: tokens/CPU-s, kept", rounds, "tokens_per_cpu_s", None),
        _at_most(f"{name}: added ms p50", rounds, "p50_ms", P50_TIMES if latency else None),
        _at_most(f"{name}: added ms p99", rounds, "p99_ms", P99_TIMES if latency else None),
        _at_most(f"{name}: first token ms", rounds, "first_token_ms", None),
        _at_least(f"{name}: tokens a frame", rounds, "tokens_per_frame", None),
    ]
    if rounds.not_kept:
        # The relay stores nothing either; what storing costs has a line of its own.
        bare = Rounds(scenario, rounds.not_kept, rounds.relay, [])
        limit = share if promised else None
        rows.insert(1, _at_least(f"{name}: tokens/CPU-s", bare, "tokens_per_cpu_s", limit))
        stored = Rounds(scenario, rounds.ours, rounds.not_kept, [])
        limit = KEPT_SHARE if latency else None
        rows.append(
            _at_least(f"{name}: tokens/CPU-s, kept : not kept", stored, "tokens_per_cpu_s", limit)
        )
    return rows


def first_token_row(ours: Sequence[float], relay: Sequence[float]) -> Row:
    """Return the line of the lone turn's first token."""
    mine, limit = statistics.median(ours), statistics.median(relay)
    met = mine - limit <= FIRST_TOKEN_MORE_MS
    return Row(
        "a lone turn: first token ms",
        mine,
        limit,
        mine / limit,
        f"<= relay + {FIRST_TOKEN_MORE_MS:g}",
        met,
    )


def memory_rows(ours: Memory, relay: Memory) -> list[Row]:
    """Return the lines of sockets and turns."""
    idle, running = ours.idle_socket_kib, ours.running_turn_kib
    return [
        Row(
            "idle socket KiB",
            idle,
            relay.idle_socket_kib,
            _ratio(idle, relay.idle_socket_kib),
            f"<= {IDLE_SOCKET_KIB:g}",
            idle <= IDLE_SOCKET_KIB,
        ),
        Row(
            "running turn KiB",
            running,
            relay.running_turn_kib,
            _ratio(running, relay.running_turn_kib),
        ),
    ]


def start_rows(
    ours: Sequence[tuple[float, float]], relay: Sequence[tuple[float, float]]
) -> list[Row]:
    """Return the lines of starting; each measure is (seconds until ready, MiB resident)."""
    ready, relay_ready = (statistics.median(s for s, _ in each) for each in (ours, relay))
    size, relay_size = (statistics.median(m for _, m in each) for each in (ours, relay))
    return [
        Row(
            "ready after s",
            ready,
            relay_ready,
            ready / relay_ready,
            f"<= {READY_S:g}",
            ready <= READY_S,
        ),
        Row(
            "resident MiB after start",
            size,
            relay_size,
            size / relay_size,
            f"<= {RESIDENT_MIB:g}",
            size <= RESIDENT_MIB,
        ),
    ]


def table(rows: Iterable[Row], beside: str = "bare relay") -> str:
    """Return the table as Markdown, so that it can be put into a page as it is."""
    lines = [f"| | ours | {beside} | ratio | target | |", "|---|---:|---:|---:|---|---|"]
    lines += [
        f"| {row.what} | {_figure(row.ours)} | {_figure(row.relay)} | {row.ratio:.2f} "
        f"| {row.target} | {_verdict(row)} |"
        for row in rows
    ]
    return "\n".join(lines)


def _at_least(what: str, rounds: Rounds, name: str, share: float | None) -> Row:
    mine, relay, ratio = _compared(rounds, name)
    if share is None:
        return Row(what, mine, relay, ratio)
    return Row(what, mine, relay, ratio, f">= {share:g} x", ratio >= share)


def _at_most(what: str, rounds: Rounds, name: str, times: float | None) -> Row:
    mine, relay, ratio = _compared(rounds, name)
    if times is None:
        return Row(what, mine, relay, ratio)
    return Row(what, mine, relay, ratio, f"<= {times:g} x", ratio <= times)


def _compared(rounds: Rounds, name: str) -> tuple[float, float, float]:
    """Return both medians, and the median of the ratios: a round's two runs share their noise."""
    mine = [getattr(each, name) for each in rounds.ours]
    relay = [getattr(each, name) for each in rounds.relay]
    ratios = [_ratio(*pair) for pair in zip(mine, relay, strict=True)]
    return statistics.median(mine), statistics.median(relay), statistics.median(ratios)


def _ratio(mine: float, relay: float) -> float:
    return mine / relay if relay else float("inf")


def _figure(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _verdict(row: Row) -> str:
    return "" if row.met is None else "ok" if row.met else "missed"

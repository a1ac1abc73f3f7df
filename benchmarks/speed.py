"""Rounds of scenarios, the servers taking turns, so that all of them see the same machine."""

from collections.abc import Sequence

from benchmarks.measure import Target, first_token_ms, sample, warm_up
from benchmarks.report import Rounds, Row, first_token_row, scenario_rows
from benchmarks.scenarios import Scenario


async def compare(
    relay: Target, ours: Target, not_kept: Target, scenarios: Sequence[Scenario], rounds: int
) -> list[Row]:
    """Return the lines of the table; every scenario runs `rounds` times on each target."""
    targets = (relay, ours, not_kept)
    for target in targets:
        await warm_up(target)
    waits: dict[str, list[float]] = {target.name: [] for target in targets}
    for target in targets * rounds:
        waits[target.name].append(await first_token_ms(target))
    rows = [first_token_row(waits[ours.name], waits[relay.name])]
    for scenario in scenarios:
        runs = Rounds(scenario, [], [], [])
        for _ in range(rounds):
            runs.relay.append(await sample(relay, scenario))
            runs.ours.append(await sample(ours, scenario))
            runs.not_kept.append(await sample(not_kept, scenario))
        rows += scenario_rows(runs)
    return rows

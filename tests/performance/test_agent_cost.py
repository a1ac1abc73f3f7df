"""What the agent's loop may cost: a budget so wide that only a mistake in kind exceeds it."""

from benchmarks.agent import costs


def test_the_loop_stays_cheap() -> None:
    for cost in costs(1):
        assert cost.ours_us - cost.bare_us <= cost.most_us * 10, cost

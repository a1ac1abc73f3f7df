"""What is asked of a server, as data."""

from msgspec import Struct


class Scenario(Struct, frozen=True):
    """Some turns at once, each on a socket of its own."""

    turns: int
    tokens: int
    """Of each turn."""
    pace_ms: int = 0
    """Between two tokens of a turn; 0: as fast as they are taken."""
    spread_s: float = 1.0
    """The turns start evenly spread over this time."""
    repeats: int = 1
    """How often each client asks, one question after another."""

    @property
    def name(self) -> str:
        """How reports call it."""
        how = f"paced {self.pace_ms} ms" if self.pace_ms else "unpaced"
        return f"{self.turns} {'turn' if self.turns == 1 else 'turns'} {how}"

    @property
    def prompt(self) -> str:
        """The question, which tells the simulated provider what to answer."""
        return f"tokens={self.tokens} pace_ms={self.pace_ms}"


PACE_MS = 20
TURNS = (1, 50, 100, 300)

# A paced answer takes ten seconds, as long as a model needs for an answer of some length.
PACED = tuple(Scenario(turns, 500, PACE_MS) for turns in TURNS)
# Enough tokens for a second of work, few enough for a turn to be kept whole.
UNPACED = tuple(Scenario(turns, min(10_000, 200_000 // turns)) for turns in TURNS)
ALL = (*PACED, *UNPACED)

FIRST_TOKEN = Scenario(1, 1, repeats=40)
"""Many short turns, one after another: what counts is the wait for the first token."""
WARM_UP = Scenario(20, 100)
RUNNING = Scenario(300, 250, PACE_MS)
"""During which the memory of running turns is measured."""
IDLE_SOCKETS = 1000


def chosen(turns: set[int], *, quick: bool) -> list[Scenario]:
    """Return the scenarios with these numbers of turns, all when none is named."""
    found = [scenario for scenario in ALL if not turns or scenario.turns in turns]
    return [_quick(scenario) for scenario in found] if quick else found


def _quick(scenario: Scenario) -> Scenario:
    tokens = 150 if scenario.pace_ms else min(scenario.tokens, 1000)
    return Scenario(scenario.turns, tokens, scenario.pace_ms)

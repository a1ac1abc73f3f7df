"""What each socket has been told."""

from domain.ids import TurnId
from entrypoints.web.deliveries import Deliveries
from tests.unit.rig import ANNA, BORIS

ONE, TWO = TurnId("1"), TurnId("2")


def test_a_connection_shows_its_latest_turn_to_its_user_only() -> None:
    told = Deliveries()
    told.shows("c", ANNA, ONE)
    told.shows("c", ANNA, TWO)
    assert told.shown_on("c", ANNA) == TWO
    assert told.shown_on("c", BORIS) is None
    assert told.shown_on("other", ANNA) is None


def test_the_furthest_number_counts() -> None:
    told = Deliveries()
    assert told.written(ONE) == 0
    for seq in (1, 5, 3):
        told.wrote(ONE, seq)
    assert (told.written(ONE), told.written(TWO)) == (5, 0)


def test_a_turn_that_begins_anew_has_told_nothing() -> None:
    told = Deliveries()
    told.wrote(ONE, 5)
    told.begins(ONE)
    told.begins(TWO)
    assert told.written(ONE) == 0


def test_what_was_used_least_lately_is_dropped_first() -> None:
    told = Deliveries(remembered=2)
    told.shows("a", ANNA, ONE)
    told.shows("b", ANNA, ONE)
    told.shows("a", ANNA, TWO)
    told.shows("c", ANNA, ONE)
    assert [told.shown_on(name, ANNA) for name in "abc"] == [TWO, None, ONE]

"""Which model answers, and with which parameters."""

from typing import Any

import pytest

from adapters.memory.chat_model import ScriptedChatModel
from application.agent.choose import Choice, ChooseModel
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import ModelCannot, NotConfigured, UnknownModel
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Part, TextPart
from domain.turn.settings import TurnSettings
from tests.unit.rig import CATALOG

MODEL = ScriptedChatModel()
TEXT = (TextPart("Why?"),)


def chosen(
    question: tuple[Part, ...] = TEXT, catalog: Catalog = CATALOG, **settings: Any
) -> Choice:
    return ChooseModel(catalog, {"acme": MODEL})(TurnSettings(**settings), question)


def card(**facts: Any) -> Catalog:
    return Catalog([ModelCard("one", "acme", "one-1", **facts)])


def test_by_any_name() -> None:
    for name in ("swift", "SWIFT ", "fast", "swift-2-latest"):
        choice = chosen(model=name)
        assert (choice.card.id, choice.model) == ("swift", MODEL)


def test_an_unknown_name_lists_what_is_close() -> None:
    with pytest.raises(UnknownModel) as told:
        chosen(model="swfit")
    assert told.value.close_matches[0] == "swift"


def test_what_the_model_cannot_take_is_refused_before_any_call() -> None:
    with pytest.raises(ModelCannot) as told:
        chosen((ImagePart("https://a"),), model="blind")
    assert told.value.able == ("swift",)
    assert chosen((ImagePart("https://a"),), model="swift").card.id == "swift"


def test_what_a_file_is_shows_later_and_is_no_reason_to_refuse() -> None:
    assert chosen((FilePart("https://a"),), model="blind").card.id == "blind"


def test_a_recording_becomes_a_note_later_and_is_no_reason_to_refuse() -> None:
    assert chosen((AudioPart("https://a"),), model="blind").card.id == "blind"


def test_a_provider_without_an_adapter() -> None:
    with pytest.raises(NotConfigured) as told:
        chosen(model="far")
    assert told.value.key == "provider.nowhere"


@pytest.mark.parametrize(
    ("wanted", "given"), [(None, 0.1), (0.7, 0.7), (-1, 0.0), (5, 1.0), (0, 0.0)]
)
def test_the_temperature_is_brought_into_range(wanted: float | None, given: float) -> None:
    catalog = card(max_temperature=1.0)
    assert chosen(catalog=catalog, model="one", temperature=wanted).temperature == given


def test_some_models_have_no_temperature() -> None:
    assert chosen(catalog=card(can=frozenset()), model="one", temperature=1).temperature is None


def test_the_token_limit() -> None:
    catalog = card(output_tokens=77)
    assert chosen(catalog=catalog, model="one").max_tokens == 77
    assert chosen(catalog=catalog, model="one", max_tokens=5).max_tokens == 5


@pytest.mark.parametrize(("index", "effort"), [(0, "low"), (2, "high"), (9, "high"), (-4, "low")])
def test_the_effort_is_brought_into_range(index: int, effort: str) -> None:
    assert chosen(model="swift", reasoning=True, effort_index=index).effort == effort


def test_without_reasoning_no_effort() -> None:
    assert chosen(model="swift").effort is None


def test_reasoning_takes_the_counterpart_of_a_model_that_cannot() -> None:
    choice = chosen(model="blind", reasoning=True)
    assert (choice.card.id, choice.effort) == ("swift", "medium")


def test_reasoning_is_passed_over_where_nobody_can() -> None:
    choice = chosen(catalog=card(can=frozenset({Capability.TEMPERATURE})), model="one",
                    reasoning=True)  # fmt: skip
    assert (choice.card.id, choice.effort) == ("one", None)

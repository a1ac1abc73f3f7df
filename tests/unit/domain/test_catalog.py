"""Names, aliases and shadows; and the catalogues that ship."""

import pytest

from adapters.compatible.local import PREFIX, local_card
from adapters.demo.catalog import CARDS as DEMO
from adapters.openai.catalog import CARDS as OPENAI
from domain.catalog.card import Api, Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import UnknownModel


def card(name: str, model: str = "", **more: object) -> ModelCard:
    return ModelCard(id=name, provider="acme", model=model or name, **more)  # type: ignore[arg-type]


SHIPPED = Catalog((*OPENAI, *DEMO))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("gpt-4o-mini", "gpt-4o-mini"),
        (" GPT-4o-Mini ", "gpt-4o-mini"),
        ("openai", "gpt-4o"),
        ("cheapest-openai", "gpt-5-nano"),
        ("gpt-5", "gpt-5.2"),
        ("gpt-5.2-chat-latest", "gpt-5.2"),
        ("gpt-5.2-pro", "gpt-5-pro"),
        ("chatgpt-4o-latest", "gpt-4o"),
        ("gpt-4.1-nano-2025-04-14", "gpt-4.1-nano"),
        ("o3", "o3"),
        ("demo", "demo"),
    ],
)
def test_names_of_the_contract(name: str, found: str) -> None:
    assert SHIPPED.find(name).id == found


def test_an_unknown_name_gets_close_ones() -> None:
    with pytest.raises(UnknownModel) as caught:
        SHIPPED.find("gpt-4o-mimi")
    assert "gpt-4o-mini" in caught.value.close_matches


def test_every_name_on_the_list_is_known() -> None:
    assert all(SHIPPED.find(name) for name in SHIPPED.names())


def test_aliases_of_aliases() -> None:
    catalog = Catalog([card("a", aliases=("b",))], {"c": "b", "d": "c"})
    assert catalog.find("d").id == "a"


def test_an_alias_shadows_a_card() -> None:
    catalog = Catalog([card("old"), card("new", aliases=("old",))])
    assert catalog.find("old").id == "new"
    assert [found.id for found in catalog] == ["old", "new"]


def test_a_later_card_takes_the_place_of_an_earlier_one() -> None:
    catalog = Catalog([card("a", "first"), card("a", "second")])
    assert catalog.find("a").model == "second"


@pytest.mark.parametrize(
    "cards",
    [
        [card("a", aliases=("x",)), card("b", aliases=("x",))],
        [card("a", counterpart="gone")],
        [card("Upper")],
        [card(" a")],
        [card("a", can=frozenset({Capability.REASONING}))],
    ],
)
def test_a_catalogue_that_contradicts_itself_is_not_built(cards: list[ModelCard]) -> None:
    with pytest.raises(ValueError, match=r"a|Upper"):
        Catalog(cards)


def test_aliases_that_lead_nowhere() -> None:
    with pytest.raises(ValueError, match="leads to no model"):
        Catalog([card("a")], {"b": "c"})
    with pytest.raises(ValueError, match="leads to no model"):
        Catalog([card("a")], {"b": "c", "c": "b"})


def test_reasoning_goes_to_the_counterpart() -> None:
    assert SHIPPED.for_reasoning(SHIPPED.find("gpt-4o-mini")).id == "gpt-5.1"
    assert SHIPPED.for_reasoning(SHIPPED.find("gpt-4.1-mini")).id == "o4-mini"
    assert SHIPPED.for_reasoning(SHIPPED.find("o3")).id == "o3"


@pytest.mark.parametrize("found", OPENAI, ids=lambda found: found.id)
def test_openai_cards_are_sound(found: ModelCard) -> None:
    reasons = found.able_to(Capability.REASONING)
    assert reasons == found.thinks == (len(found.efforts) == 3)
    assert not (reasons and found.able_to(Capability.TEMPERATURE))
    assert found.able_to(Capability.FILES_IN) <= (found.api is Api.RESPONSES)
    assert found.output_tokens < found.context_tokens
    assert found.price is not None


def test_the_contracts_numbers() -> None:
    by_id = {found.id: found for found in OPENAI}
    assert {name: found.output_tokens for name, found in by_id.items()} == {
        "o3": 16384,
        "o3-pro": 32768,
        "o4-mini": 16384,
        "o3-mini": 16384,
        "gpt-5-pro": 32768,
        "gpt-5": 16384,
        "gpt-5.1": 16384,
        "gpt-5.2": 16384,
        "gpt-5-mini": 16384,
        "gpt-5-nano": 4096,
        "gpt-4o-mini": 4096,
        "gpt-4o": 4096,
        "gpt-4.1": 4096,
        "gpt-4.1-mini": 4096,
        "gpt-4.1-nano": 4096,
    }
    chat = {name for name, found in by_id.items() if found.api is Api.CHAT}
    assert chat == {
        "o3",
        "o4-mini",
        "gpt-4o-mini",
        "gpt-4o",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-4.1-nano",
    }
    blind = {name for name, found in by_id.items() if not found.able_to(Capability.IMAGES_IN)}
    assert blind == {"o3-mini"}
    assert not by_id["gpt-5-pro"].code_interpreter


def test_a_card_made_for_a_prefix_keeps_the_spelling() -> None:
    catalog = Catalog([card("a")], made={PREFIX: local_card})
    assert catalog.find("local/Llama-3:8B").model == "Llama-3:8B"
    assert catalog.find("local/Llama-3:8B").id == "local/llama-3:8b"
    with pytest.raises(UnknownModel):
        catalog.find("other/x")

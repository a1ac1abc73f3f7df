"""What may be chosen, and why the rest may not."""

import pytest

from application.agent.offer import Obstacles, Offered, OfferModels
from domain.catalog.card import ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import NotFound
from entrypoints.wiring.obstacles import NEEDS, obstacles
from entrypoints.wiring.providers.models import SHIPPED_CARDS
from entrypoints.wiring.settings import Secret, Settings
from entrypoints.wiring.variables import VARIABLES

SWIFT = ModelCard(id="swift", provider="acme", model="swift-2-Latest", aliases=("fast",))
OLD = ModelCard(id="slow", provider="acme", model="slow-1")
NEW = ModelCard(id="slow-2", provider="acme", model="slow-2", aliases=("slow",))
ELSEWHERE = ModelCard(id="agent", provider="acme", adapter="sidecar", model="agent")
CATALOG = Catalog(
    [SWIFT, OLD, NEW, ELSEWHERE], {"quick": "fast", "SHOUTED": "swift", "agent-x": "agent"}
)


def offered(**missing: str) -> dict[str, Offered]:
    return {one.card.id: one for one in OfferModels(CATALOG, Obstacles(missing))()}


def test_every_card_is_there_in_the_order_of_the_catalogue() -> None:
    assert list(offered()) == ["swift", "slow", "slow-2", "agent"]


def test_other_names_are_those_that_lead_there() -> None:
    found = offered()
    assert found["swift"].aliases == ("fast", "quick")
    assert found["slow-2"].aliases == ("slow", "slow-1")
    assert found["agent"].aliases == ("agent-x",)


def test_an_obstacle_stands_in_the_way_of_whoever_speaks_to_the_model() -> None:
    found = offered(sidecar="SIDECAR is not set")
    assert found["swift"].available
    assert (found["agent"].available, found["agent"].reason) == (False, "SIDECAR is not set")


def test_a_card_whose_name_stands_for_another_cannot_be_used() -> None:
    assert offered()["slow"].reason == "the name slow stands for slow-2"


def test_a_provider_has_its_models_by_any_name() -> None:
    offer = OfferModels(CATALOG, Obstacles({}))
    assert [one.card.id for one in offer.of("nobody")] == []
    for name, card in (
        (" Swift ", SWIFT),
        ("quick", SWIFT),
        ("swift-2-latest", SWIFT),
        ("slow", OLD),
    ):
        assert offer.named(name, "acme").card is card
    for name, provider in (("swift", "other"), ("swfit", "acme")):
        with pytest.raises(NotFound):
            offer.named(name, provider)


def test_every_shipped_model_needs_a_setting_that_exists() -> None:
    missing = obstacles(Catalog(SHIPPED_CARDS), Settings())
    speakers = {card.adapter or card.provider for card in SHIPPED_CARDS}
    assert set(missing) == speakers - {"demo"}
    assert missing["gemini"] == "GOOGLE_API_KEY is not set"
    assert missing["xai"] == "XAI_API_KEY is not set"
    assert all(reason.endswith(" is not set") for reason in missing.values())
    assert {need for need in NEEDS.values() if need} <= set(VARIABLES)


def test_a_setting_clears_the_way() -> None:
    settings = Settings(openai_api_key=Secret("sk-1"), local_base_url="http://127.0.0.1:9/v1")
    house = ModelCard(id="house", provider="local", model="x")
    missing = obstacles(Catalog([*SHIPPED_CARDS, house]), settings)
    assert "openai" not in missing
    assert "local" not in missing
    assert "anthropic" in missing


def test_a_provider_that_nobody_speaks_to_is_named() -> None:
    assert obstacles(CATALOG, Settings())["acme"] == "this server knows no provider 'acme'"

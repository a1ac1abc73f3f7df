"""Who stands in for whom."""

import pytest

from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.catalog.fallbacks import Fallbacks
from domain.errors import UnknownModel

A, B, C = (ModelCard(id=name, provider="acme", model=f"{name}-1") for name in "abc")
CATALOG = Catalog([A, B, C], aliases={"bee": "b"})


def test_a_models_own_list_counts_before_that_of_a_capability() -> None:
    found = Fallbacks({"a": ("b",)}, {Capability.IMAGES_IN: ("c",)})
    assert found.of(A, [Capability.IMAGES_IN]) == ("b",)
    assert found.of(B, [Capability.REASONING, Capability.IMAGES_IN]) == ("c",)
    assert found.of(B, []) == ()


def test_an_empty_list_is_a_list() -> None:
    found = Fallbacks({"a": ()}, {Capability.IMAGES_IN: ("c",)})
    assert found.of(A, [Capability.IMAGES_IN]) == ()


def test_any_name_of_a_model_will_do() -> None:
    named = Fallbacks({"bee": ("a-1",)}, {Capability.REASONING: ("C",)})
    assert named.resolved(CATALOG) == Fallbacks({"b": ("a",)}, {Capability.REASONING: ("c",)})


@pytest.mark.parametrize(
    "wrong", [Fallbacks({"x": ("a",)}), Fallbacks({"a": ("x",)}),
              Fallbacks(capabilities={Capability.TOOLS: ("x",)})],
)  # fmt: skip
def test_names_of_nobody_are_refused(wrong: Fallbacks) -> None:
    with pytest.raises(UnknownModel, match="'x'"):
        wrong.resolved(CATALOG)

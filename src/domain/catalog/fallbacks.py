"""Which models stand in for one that fails."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog


class Fallbacks(Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's word: names of models, in the order in which they are tried."""

    models: Mapping[str, tuple[str, ...]] = {}
    """By the model they stand in for."""
    capabilities: Mapping[Capability, tuple[str, ...]] = {}
    """By what the question needs, for models that have no list of their own."""

    def of(self, card: ModelCard, needs: Iterable[Capability]) -> tuple[str, ...]:
        """Return who stands in for a model when it is asked a question with these needs."""
        if card.id in self.models:
            return self.models[card.id]
        lists = (self.capabilities[need] for need in needs if need in self.capabilities)
        return next(lists, ())

    def resolved(self, catalog: Catalog) -> "Fallbacks":
        """Return the same with ids in place of whatever names were used.

        Raises:
            UnknownModel: a name is that of no model.
        """

        def ids(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(catalog.find(name).id for name in names)

        return Fallbacks(
            {catalog.find(name).id: ids(names) for name, names in self.models.items()},
            {need: ids(names) for need, names in self.capabilities.items()},
        )

"""How long a provider may be silent."""

from msgspec import Struct, structs

from domain.catalog.card import ModelCard


class Patience(Struct, frozen=True):
    """Seconds; each limit that passes is a `ProviderTimeout`."""

    connect_s: float = 10.0
    first_token_s: float = 300.0
    """From asking to the first event of the answer, connecting included."""
    idle_s: float = 300.0
    """Between two reads of an answer that has begun."""
    slow_s: float = 1800.0
    """Either of the two for models that are slow by their cards: research may take that long."""

    def with_model(self, card: ModelCard) -> "Patience":
        """Return the patience that a model needs."""
        if not card.is_slow:
            return self
        first_token_s, idle_s = max(self.first_token_s, self.slow_s), max(self.idle_s, self.slow_s)
        return structs.replace(self, first_token_s=first_token_s, idle_s=idle_s)

"""How long a provider may be silent."""

from msgspec import Struct


class Patience(Struct, frozen=True):
    """Seconds; each limit that passes is a `ProviderTimeout`."""

    connect_s: float = 10.0
    first_token_s: float = 300.0
    """From asking to the first event of the answer, connecting included."""
    idle_s: float = 300.0
    """Between two reads of an answer that has begun."""

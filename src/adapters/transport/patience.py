"""How long a provider may be silent."""

from msgspec import Struct


class Patience(Struct, frozen=True):
    """Seconds; each limit that passes is a `ProviderTimeout`."""

    connect_s: float = 10.0
    first_byte_s: float = 300.0
    """From sending the question to the headers of the answer, and again to its first byte."""
    idle_s: float = 300.0
    """Between two bytes of an answer."""

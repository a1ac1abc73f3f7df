"""A provider that speaks OpenAI's chat wire, as data."""

from msgspec import Struct

from adapters.transport.chat_wire.quirks import ChatQuirks


class Dialect(Struct, frozen=True):
    """All that `CompatibleChatModel` needs to know of a provider.

    A new one is a file with a `Dialect` and a tuple of `ModelCard`s.
    """

    provider: str
    """As the cards name it."""
    key_variable: str | None
    """Where the operator sets the key; None for servers that need none."""
    base_url: str | None = None
    """As the SDK takes it, up to `/chat/completions`; None for servers without an address of their
    own."""
    quirks: ChatQuirks = ChatQuirks()

"""Whom connections trust."""

from adapters.transport.connections import Connections
from adapters.transport.patience import Patience


def test_the_authorities_are_read_once_for_all_providers() -> None:
    assert Connections(Patience())._ssl is Connections(Patience())._ssl

"""How far an import has come."""

from typing import Literal

from msgspec import Struct

from domain.transfer.tally import Tally


class Progress(Struct, frozen=True, kw_only=True):
    """Told now and then, and at the end of each stage.

    While the archive is looked at, nothing is stored and `total` is not known.
    """

    stage: Literal["checking", "checked", "storing", "stored"]
    done: int
    total: int | None = None
    added: Tally = Tally()
    """What this import has stored; the other records were there already."""

"""Where results go that are too long for a model."""

import structlog

from application.files.keep_file import KeepFile
from domain.errors import ParleyError
from domain.files.keys import address_of
from domain.ids import UserId

log = structlog.get_logger("agent")

MOST_BYTES = 10_000_000


class KeepRest:
    """Keeps the whole of a result among the files of the user who asked."""

    def __init__(self, keep: KeepFile) -> None:
        self._keep = keep

    async def __call__(self, owner: UserId, tool: str, text: str) -> str | None:
        """Return the address of the file; None where it cannot be kept, and is lost."""
        content = text.encode(errors="replace")
        try:
            file = await self._keep(owner, f"{tool}.txt", "text/plain", content, MOST_BYTES)
        except ParleyError as error:
            log.warning("the rest of a result is not kept", tool=tool, error=error.code)
            return None
        return address_of(file.key)

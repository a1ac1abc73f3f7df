"""Which messages carry a file that somebody looks for."""

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from domain.conversation.conversation import StoredMessage

_LINK = re.compile(r"https?://[^\s<>()\"'\[\]]+", re.IGNORECASE)
_ON_A_PHONE = "emulated"
"""Part of paths on Android devices, which nobody else can open."""


class FileQuery(Struct, frozen=True, kw_only=True):
    """What to look for; newest messages first."""

    until: datetime | None = None
    """Written at or before this."""
    since: datetime | None = None
    """Written at or after this."""
    name: str | None = None
    """Part of the file's address, in any case of letters."""
    extension: str | None = None
    """How the address ends, in any case of letters."""
    answers_only: bool = False
    images_too: bool = False
    """Images count as files; with a name, so do addresses in the text that end in it."""
    offset: int = 0
    limit: int = 30
    """0 is no limit."""


def carries(message: StoredMessage, wanted: FileQuery) -> bool:
    """Return whether the message has a file that fits; its time and sender are not looked at."""
    if any(_fits(place, wanted) for place in _files(message, wanted)):
        return True
    if not (wanted.images_too and wanted.name):
        return False
    name, extension = wanted.name.casefold(), (wanted.extension or "").casefold()
    return any(
        link.endswith(name) and link.endswith(extension) for link in _links(message.message or "")
    )


def _files(message: StoredMessage, wanted: FileQuery) -> tuple[str, ...]:
    if wanted.images_too:
        return (*message.file_locations, *message.image_locations)
    on_a_phone = any(_ON_A_PHONE in place for place in message.file_locations)
    return () if on_a_phone else message.file_locations


def _fits(place: str, wanted: FileQuery) -> bool:
    address = place.casefold()
    if wanted.name and wanted.name.casefold() not in address:
        return False
    # An address may go on after the file's name, with a signature for example.
    ends = (address, address.partition("?")[0])
    return not wanted.extension or any(end.endswith(wanted.extension.casefold()) for end in ends)


def _links(text: str) -> Iterable[str]:
    for found in _LINK.findall(text):
        yield str(found).partition("?")[0].rstrip(".,;:!").casefold()

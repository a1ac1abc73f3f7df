"""What the operator has not set, and which provider cannot be asked for want of it."""

from collections.abc import Iterable, Mapping

from application.agent.offer import Obstacles
from domain.catalog.catalog import Catalog
from domain.catalog.media_cards import ImageCard, VideoCard
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.variables import VARIABLES

NEEDS: Mapping[str, str | None] = {
    "gemini": "google_api_key",
    "local": "local_base_url",
    "claude_code": "claude_code",
    "klingai": "klingai_access_key",
    "demo": None,
}
"""The setting without which a provider cannot be asked, by the name of who speaks to it, where that
is another than `<provider>_api_key`."""


def obstacles(catalog: Catalog, settings: Settings) -> Obstacles:
    """Return why providers of the catalogue cannot be asked; what is set is not tried out."""
    return _in_the_way((card.adapter or card.provider for card in catalog), settings)


def media_obstacles(
    catalogs: Iterable[Iterable[ImageCard | VideoCard]], settings: Settings
) -> Obstacles:
    """Return the same of the providers that draw and film."""
    return _in_the_way((card.provider for catalog in catalogs for card in catalog), settings)


def unset(catalog: Catalog, settings: Settings) -> dict[str, str]:
    """Return the variable that is not set, by the name of who would speak to a provider."""
    return _unset((card.adapter or card.provider for card in catalog), settings)


def _in_the_way(speakers: Iterable[str], settings: Settings) -> Obstacles:
    names = set(speakers)
    found = Obstacles({name: f"{key} is not set" for name, key in _unset(names, settings).items()})
    for speaker in names:
        needed = _needed(speaker)
        if needed is not None and needed not in VARIABLES:
            found[speaker] = f"this server knows no provider {speaker!r}"
    return found


def _unset(speakers: Iterable[str], settings: Settings) -> dict[str, str]:
    found: dict[str, str] = {}
    for speaker in speakers:
        needed = _needed(speaker)
        if needed is not None and needed in VARIABLES and not getattr(settings, needed):
            found[speaker] = VARIABLES[needed].name
    return found


def _needed(speaker: str) -> str | None:
    return NEEDS.get(speaker, f"{speaker}_api_key")

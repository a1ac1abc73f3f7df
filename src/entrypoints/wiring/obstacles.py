"""What the operator has not set, and which provider cannot be asked for want of it."""

from collections.abc import Mapping

from application.agent.offer import Obstacles
from domain.catalog.catalog import Catalog
from entrypoints.wiring.settings import VARIABLES, Settings

NEEDS: Mapping[str, str | None] = {
    "gemini": "google_api_key",
    "local": "local_base_url",
    "claude_code": "claude_code",
    "demo": None,
}
"""The setting without which a provider cannot be asked, by the name of who speaks to it, where that
is another than `<provider>_api_key`."""


def obstacles(catalog: Catalog, settings: Settings) -> Obstacles:
    """Return why providers of the catalogue cannot be asked; what is set is not tried out."""
    found = Obstacles({})
    for card in catalog:
        speaker = card.adapter or card.provider
        needed = NEEDS.get(speaker, f"{speaker}_api_key")
        if needed is None:
            continue
        if needed not in VARIABLES:
            found[speaker] = f"this server knows no provider {speaker!r}"
        elif not getattr(settings, needed):
            found[speaker] = f"{VARIABLES[needed].name} is not set"
    return found

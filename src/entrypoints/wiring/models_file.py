"""The operator's own models: a TOML file that adds cards or changes shipped ones.

[[model]]
id = "house-model"          # a new one needs id, provider and model
provider = "local"
model = "Qwen3-30B"
can = ["temperature", "tools"]

[[model]]
id = "gpt-4o-mini"          # a shipped one: only what is different
output_tokens = 8192

[aliases]
fast = "house-model"

[fallback.models]           # who is asked when a model fails before its first word
gpt-4o = ["claude-sonnet", "gemini-pro"]

[fallback.capabilities]     # for models without a list, by what the question needs
images_in = ["gemini-flash"]

[profiles]                  # which tools an agent may use, by the profile's name
numbers = ["calculator", "generate_chart"]
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from domain.catalog.card import ModelCard
from domain.catalog.fallbacks import Fallbacks
from entrypoints.wiring.settings import SettingsError


class ModelsFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    model: tuple[dict[str, Any], ...] = ()
    aliases: dict[str, str] = {}
    fallback: Fallbacks = Fallbacks()
    profiles: dict[str, tuple[str, ...]] = {}
    """Tools by the name of the profile that may use them."""


def read_models(path: Path | None) -> ModelsFile:
    """Return what the file says; without a file it says nothing.

    Raises:
        SettingsError: it is not TOML, or has tables that mean nothing here.
    """
    if path is None:
        return ModelsFile()
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), ModelsFile)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"PARLEY_MODELS_FILE {path}: {error}") from error


def with_own_models(shipped: Iterable[ModelCard], own: ModelsFile) -> list[ModelCard]:
    """Return the shipped cards, changed and completed by the operator's.

    Raises:
        SettingsError: an entry is no model card; names the entry.
    """
    cards = {card.id: card for card in shipped}
    for entry in own.model:
        name = str(entry.get("id", "without an id"))
        known = cards.get(name)
        fields = (structs.asdict(known) if known else {}) | entry
        try:
            card = msgspec.convert(msgspec.to_builtins(fields), ModelCard)
        except msgspec.ValidationError as error:
            raise SettingsError(f"PARLEY_MODELS_FILE, model {name}: {error}") from error
        cards[card.id] = card
    return list(cards.values())

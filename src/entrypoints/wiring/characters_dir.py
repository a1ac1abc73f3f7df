"""The operator's own characters: a folder of text files, each a system prompt."""

from collections.abc import Mapping
from pathlib import Path

from entrypoints.wiring.settings import SettingsError

_ENDINGS = (".md", ".txt")


def read_characters(folder: Path | None) -> Mapping[str, str]:
    """Return each file's text under the file's name without its ending.

    Raises:
        SettingsError: a file is no UTF-8 text.
    """
    if folder is None:
        return {}
    files = (file for file in sorted(folder.iterdir()) if file.suffix in _ENDINGS)
    return {file.stem: _text(file) for file in files}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SettingsError(f"PARLEY_CHARACTERS_DIR: {file.name} is no UTF-8 text") from error

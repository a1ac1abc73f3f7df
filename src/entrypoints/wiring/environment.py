"""Environment → settings; says in one line what is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from entrypoints.wiring.settings import SECRET_BYTES, Settings, SettingsError
from entrypoints.wiring.variables import VARIABLES


def read_settings(environ: Mapping[str, str], dotenv: Path | None = None) -> Settings:
    """Return the settings from the environment; a `.env` file fills what it leaves out.

    An empty value counts as unset; blanks around a value do not count.

    Raises:
        SettingsError: names the variable, what is wrong with it, and an example; or the file.
    """
    from_file: Mapping[str, str | None] = (
        _written(dotenv) if dotenv is not None and dotenv.is_file() else {}
    )
    values: dict[str, Any] = {}
    for field, variable in VARIABLES.items():
        names = [name for name in (variable.name, variable.older_name) if name]
        found = (
            (place.get(name) or "").strip() for name in names for place in (environ, from_file)
        )
        if (text := next(filter(None, found), None)) is None:
            continue
        try:
            values[field] = variable.parse(text)
        except ValueError as error:
            raise SettingsError(
                f"{variable.name} {error}, for example {variable.name}={variable.example}"
            ) from error
    settings = Settings(**values)
    _check_secret(settings)
    _check_bucket(settings)
    return settings


def _written(dotenv: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(dotenv)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{dotenv} is no text in UTF-8; save it as one") from error
    except OSError as error:
        raise SettingsError(f"{dotenv} cannot be read: {error.strerror}") from error


def _check_secret(settings: Settings) -> None:
    variable = VARIABLES["auth_secret"]
    size = len(settings.auth_secret.encode())
    if settings.env == "production" and size == 0:
        raise SettingsError(
            f"{variable.name} must be set in production, for example to {variable.example}"
        )
    if settings.env != "test" and 0 < size < SECRET_BYTES:
        raise SettingsError(
            f"{variable.name} must have at least {SECRET_BYTES} bytes, "
            f"for example {variable.example}"
        )


def _check_bucket(settings: Settings) -> None:
    if not settings.image_s3_bucket:
        return
    needed = ["aws_access_key_id", "aws_secret_access_key"]
    if not settings.aws_endpoint_url_s3:
        needed.append("aws_region")
    for field in needed:
        if not getattr(settings, field):
            variable = VARIABLES[field]
            raise SettingsError(
                f"{variable.name} must be set where {VARIABLES['image_s3_bucket'].name} is, "
                f"for example to {variable.example}"
            )


def process_settings() -> Settings:
    """Return the settings of this process: its environment, and `.env` where it was started.

    Raises:
        SettingsError: as `read_settings`.
    """
    return read_settings(os.environ, Path(".env"))

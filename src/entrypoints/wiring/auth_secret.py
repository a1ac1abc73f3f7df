"""The secret that signs tokens, made once where the operator gives none."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from entrypoints.wiring.settings import SECRET_BYTES, Secret, Settings, SettingsError


def auth_secret(settings: Settings) -> Secret:
    """Return the secret that signs tokens.

    Outside production a missing one is made once and kept in the data directory, readable by its
    owner only, so that tokens outlive a restart.

    Raises:
        SettingsError: it can be neither made nor read, or is none.
    """
    if settings.auth_secret:
        return settings.auth_secret
    path = settings.data_dir / "auth_secret"
    try:
        if not path.exists():
            _make(path)
        found = Secret(path.read_bytes().decode(errors="replace").strip())
    except OSError as error:
        raise SettingsError(
            f"PARLEY_DATA_DIR: {path} cannot be made or read: {error.strerror}; mend that, or set"
            " PARLEY_AUTH_SECRET"
        ) from error
    if len(found.encode()) < SECRET_BYTES:
        # Cut short by a power failure, say. Anybody could sign with what is easily guessed.
        raise SettingsError(
            f"PARLEY_DATA_DIR: {path} holds less than {SECRET_BYTES} bytes; put its content back,"
            " or remove it: a new one is made, and everybody has to log in again"
        )
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Linked into place when it is whole: two processes that start at once agree on one.
    draft = path.with_name(f"auth_secret.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)

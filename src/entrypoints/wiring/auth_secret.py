"""The secret that signs tokens, made once where the operator gives none."""

import os
import secrets
from contextlib import suppress

from entrypoints.wiring.settings import SECRET_BYTES, Secret, Settings


def auth_secret(settings: Settings) -> Secret:
    """Return the secret that signs tokens.

    Outside production a missing one is made once and kept in the data directory, readable by its
    owner only, so that tokens outlive a restart.
    """
    if settings.auth_secret:
        return settings.auth_secret
    path = settings.data_dir / "auth_secret"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Linked into place when it is whole: two processes that start at once agree on one.
        draft = path.with_name(f"auth_secret.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return Secret(path.read_text().strip())

"""Token → who is calling."""

from application.accounts.token_versions import TokenVersions
from application.ports.tokens import Bearer, Tokens
from domain.errors import NotAuthenticated


class Identify:
    """Reads a token and asks whether it still counts."""

    def __init__(self, tokens: Tokens, versions: TokenVersions) -> None:
        self._tokens = tokens
        self._versions = versions

    async def __call__(self, token: str | None) -> Bearer:
        """Return whom the token speaks for.

        Raises:
            NotAuthenticated: there is no good token, or it was revoked, or its user is gone.
            StorageError: whether it was revoked cannot be told.
        """
        bearer = self._tokens.read(token)
        if not await self._versions.current(bearer):
            raise NotAuthenticated("Authentication token has been revoked", "token_invalid")
        return bearer

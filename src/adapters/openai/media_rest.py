"""OpenAI's interfaces for pictures and clips: where they are, and how they refuse."""

from collections.abc import Mapping

from adapters.openai.media_catalog import PROVIDER
from adapters.transport.moderation import refused
from adapters.transport.patience import Patience
from adapters.transport.rest import Rest, bearer
from domain.provider_errors import ProviderError


def media_rest(api_key: str | None, base_url: str, patience: Patience) -> Rest:
    """Return a client; nothing is imported or opened yet."""
    return Rest(PROVIDER, base_url, api_key, "OPENAI_API_KEY", patience, bearer, _refused)


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    return refused(PROVIDER, status, body, headers)

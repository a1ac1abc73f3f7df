"""OpenAI's HTTP interface for sound."""

from adapters.openai.speech_catalog import PROVIDER
from adapters.transport.patience import Patience
from adapters.transport.rest import Rest

BASE_URL = "https://api.openai.com/v1"


def speech_rest(api_key: str | None, base_url: str, patience: Patience) -> Rest:
    """Return a client of it; nothing is imported or opened yet."""
    return Rest(
        PROVIDER,
        base_url,
        api_key,
        "OPENAI_API_KEY",
        patience,
        lambda key: {"authorization": f"Bearer {key}"},
    )

"""OpenAI's SDK: how its client is made, and how it is asked.

Shared by every adapter whose provider speaks OpenAI's HTTP interface.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from adapters.transport.patience import Patience
from adapters.transport.sdk_client import SdkClient, sdk_options
from adapters.transport.streaming import RawAnswer
from domain.errors import NotConfigured

_NO_KEY_NEEDED = "none"


class OpenAISdk:
    """One client for one base URL, made when first used."""

    def __init__(
        self,
        provider: str,
        base_url: str,
        api_key: str | None,
        key_variable: str | None,
        patience: Patience,
    ) -> None:
        """Remember how to connect; nothing is imported or opened yet.

        Args:
            provider: for errors.
            base_url: ending in the version (`/v1`), as the SDK takes it.
            api_key: of the provider.
            key_variable: what the operator has to set when the key is missing; None where the
                server needs no key.
            patience: when silence is an error.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._key_variable = key_variable
        self._client = SdkClient(provider, patience, self._make, asks_again=True)

    @asynccontextmanager
    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[RawAnswer, None]:
        """Ask for a chat completion; leaving the block closes the connection.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider answered with an error.
        """
        async with self._client.streaming("/chat/completions", body) as answer:
            yield answer

    @asynccontextmanager
    async def responses(self, body: Mapping[str, Any]) -> AsyncGenerator[RawAnswer, None]:
        """Ask for a response, likewise."""
        async with self._client.streaming("/responses", body) as answer:
            yield answer

    async def warm_up(self) -> None:
        """Do now what the first question would wait for; without a key there is nothing to do."""
        if self._api_key or self._key_variable is None:
            await self._client.ready()

    async def model_names(self) -> list[str]:
        """Return the names of the models on offer, as the server spells them.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the server cannot be reached or does not answer with a list.
        """
        return await self._client.model_names("/models")

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        await self._client.aclose()

    def _make(self) -> Any:
        if self._key_variable is not None and not self._api_key:
            raise NotConfigured(self._key_variable)
        import openai  # noqa: PLC0415 - a second that start-up need not pay

        headers: Any = {
            # Taken from the environment by the SDK; meant for OpenAI, and not by our settings.
            "OpenAI-Organization": openai.Omit(),
            "OpenAI-Project": openai.Omit(),
        }
        return openai.AsyncOpenAI(
            api_key=self._api_key or _NO_KEY_NEEDED,
            base_url=self._base_url,
            default_headers=headers,
            **sdk_options(self._client.connections()),
        )

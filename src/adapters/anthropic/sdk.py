"""Anthropic's SDK: how its client is made, and how it is asked."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from adapters.anthropic.blocks import PROVIDER
from adapters.transport.patience import Patience
from adapters.transport.sdk_client import SdkClient, sdk_options
from adapters.transport.streaming import RawAnswer
from domain.errors import NotConfigured

_KEY_VARIABLE = "ANTHROPIC_API_KEY"
WIRE = "2023-06-01"
"""The version of the interface that is spoken: the one after it, the SDK's own since 2.0, refuses
`temperature` (Anthropic's "Migrating to API version 2026-10-21", seen 2026-11)."""


class AnthropicSdk:
    """One client for one base URL, made when first used."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        """Remember how to connect; nothing is imported or opened yet.

        Args:
            api_key: of the provider.
            base_url: without the version, as the SDK takes it.
            patience: when silence is an error.
        """
        self._api_key = api_key
        self._base_url = base_url
        self._client = SdkClient(PROVIDER, patience, self._make, asks_again=True)

    @asynccontextmanager
    async def messages(
        self, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncGenerator[RawAnswer, None]:
        """Ask for a message; leaving the block closes the connection.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider answered with an error.
        """
        async with self._client.streaming("/v1/messages", body, headers) as answer:
            yield answer

    async def model_names(self) -> list[str]:
        """Return the names of the models on offer to this key, the newest twenty.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: Anthropic cannot be reached or does not answer with a list.
        """
        return await self._client.model_names("/v1/models")

    async def warm_up(self) -> None:
        """Do now what the first question would wait for; without a key there is nothing to do."""
        if self._api_key:
            await self._client.ready()

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        await self._client.aclose()

    def _make(self) -> Any:
        if not self._api_key:
            raise NotConfigured(_KEY_VARIABLE)
        import anthropic  # noqa: PLC0415 - two seconds that start-up need not pay

        headers: Any = {
            "anthropic-version": WIRE,
            # Where this version documents the key, and gateways look for it; since 2.0 the SDK
            # puts it into the other header.
            "X-Api-Key": self._api_key,
            "Authorization": anthropic.Omit(),
        }
        return anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            default_headers=headers,
            open_telemetry=False,
            **sdk_options(self._client.connections()),
        )

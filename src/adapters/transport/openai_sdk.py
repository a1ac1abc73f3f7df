"""The openai SDK as a carrier of bytes: its client, authentication and errors, not its objects.

Shared by every adapter whose provider speaks OpenAI's HTTP interface.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from adapters.transport.connection_errors import broken
from adapters.transport.patience import Patience
from adapters.transport.status_errors import answered
from adapters.transport.streaming import RawAnswer
from domain.errors import NotConfigured, ParleyError, ProviderGarbled

_NO_KEY_NEEDED = "none"
_MAX_CONNECTIONS = 1000
_KEPT_ALIVE_S = 30
"""The SDK gives idle connections five seconds; most questions would wait for a new one."""


class _Model(Struct, frozen=True):
    id: str


class _Models(Struct, frozen=True):
    data: list[_Model]


_decode_models = msgspec.json.Decoder(_Models).decode


class OpenAISdk:
    """One client for one base URL, made when first used.

    Importing and preparing the SDK takes most of a second, so that happens in a thread.
    """

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
        self.provider = provider
        self._base_url = base_url
        self._api_key = api_key
        self._key_variable = key_variable
        self._patience = patience
        self._making = asyncio.Lock()
        self._client: Any = None

    @asynccontextmanager
    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[RawAnswer, None]:
        """Ask for a chat completion; leaving the block closes the connection.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider answered with an error.
        """
        client = await self._ready()
        required = {"model": body["model"], "messages": ()}
        async with self._asking(client.chat.completions, body, required) as answer:
            yield answer

    @asynccontextmanager
    async def responses(self, body: Mapping[str, Any]) -> AsyncGenerator[RawAnswer, None]:
        """Ask for a response, likewise."""
        client = await self._ready()
        async with self._asking(client.responses, body, {"model": body["model"]}) as answer:
            yield answer

    async def warm_up(self) -> None:
        """Do now what the first question would wait for; without a key there is nothing to do."""
        if self._api_key or self._key_variable is None:
            await self._ready()

    async def model_names(self) -> list[str]:
        """Return the names of the models on offer, as the server spells them.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the server cannot be reached or does not answer with a list.
        """
        client = await self._ready()
        try:
            async with asyncio.timeout(self._patience.first_byte_s):
                async with client.models.with_streaming_response.list() as answer:
                    body = await answer.read()
            return [model.id for model in _decode_models(body).data]
        except msgspec.DecodeError as garbage:
            text = f"{self.provider} does not list its models"
            raise ProviderGarbled(self.provider, text) from garbage
        except Exception as failure:
            raise self._error(failure) from failure

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        async with self._making:
            client, self._client = self._client, None
        if client is not None:
            await client.close()

    @asynccontextmanager
    async def _asking(
        self, resource: Any, body: Mapping[str, Any], required: Mapping[str, Any]
    ) -> AsyncGenerator[RawAnswer, None]:
        # What comes in `extra_body` the SDK sends as it is and in place of an argument of the same
        # name, instead of walking through all of it.
        manager = resource.with_streaming_response.create(
            **required, stream=True, extra_body=dict(body)
        )
        try:
            async with asyncio.timeout(self._patience.first_byte_s):
                answer = await manager.__aenter__()
        except Exception as failure:
            raise self._error(failure) from failure
        try:
            yield answer.http_response
        finally:
            await answer.http_response.aclose()

    def _error(self, failure: Exception) -> ParleyError:
        if isinstance(failure, ParleyError):
            return failure
        response = getattr(failure, "response", None)
        if response is None:
            return broken(self.provider, failure)
        return answered(self.provider, response.status_code, response.content, response.headers)

    async def _ready(self) -> Any:
        if self._client is None:
            async with self._making:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._make)
        return self._client

    def _make(self) -> Any:
        if self._key_variable is not None and not self._api_key:
            raise NotConfigured(self._key_variable)
        import httpx2  # noqa: PLC0415 - see the class: imported when first used
        import openai  # noqa: PLC0415

        headers: Any = {
            # Taken from the environment by the SDK; meant for OpenAI, and not by our settings.
            "OpenAI-Organization": openai.Omit(),
            "OpenAI-Project": openai.Omit(),
        }
        client = openai.AsyncOpenAI(
            api_key=self._api_key or _NO_KEY_NEEDED,
            base_url=self._base_url,
            max_retries=0,
            timeout=openai.Timeout(
                connect=self._patience.connect_s,
                read=self._patience.idle_s,
                write=self._patience.idle_s,
                pool=self._patience.connect_s,
            ),
            default_headers=headers,
            http_client=openai.DefaultAioHttpClient(
                limits=httpx2.Limits(
                    max_connections=_MAX_CONNECTIONS, keepalive_expiry=_KEPT_ALIVE_S
                )
            ),
        )
        # Each of these imports hundreds of modules at its first mention.
        _ = client.chat.completions.with_streaming_response
        _ = client.responses.with_streaming_response
        # What was imported stays for good. Without this, every full collection would walk through
        # the SDK's half a million objects while all turns wait.
        gc.freeze()
        return client

"""Google's REST interface: how a question gets there, and how its answer comes back as bytes.

Google's SDK (google-genai 3.4, seen 2026-11) streams answers as its own objects only, which cost
ten times what their bytes do; what else it does for a question is one header.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from adapters.google.catalog import PROVIDER
from adapters.google.errors import refused
from adapters.transport.not_json import NOT_JSON
from adapters.transport.patience import Patience
from adapters.transport.sdk_client import SdkClient
from adapters.transport.streaming import RawAnswer
from domain.errors import NotConfigured
from domain.provider_errors import ProviderGarbled

if TYPE_CHECKING:
    from adapters.transport.connections import Connections, Reply

_KEY_VARIABLE = "GOOGLE_API_KEY"
_VERSION = "v1beta"


class _Model(Struct, frozen=True):
    name: str


class _Models(Struct, frozen=True):
    models: tuple[_Model, ...] = ()


_decode_models = msgspec.json.Decoder(_Models).decode


class GoogleRest:
    """One client for one base URL, made when first used."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        """Remember how to connect; nothing is imported or opened yet.

        Args:
            api_key: of the provider.
            base_url: without the version.
            patience: when silence is an error.
        """
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        self._patience = patience
        self._client = SdkClient(PROVIDER, patience, self._make, asks_again=True)

    @asynccontextmanager
    async def streamed(
        self, model: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[RawAnswer, None]:
        """Ask for an answer as a stream of events; leaving the block closes the connection.

        Args:
            model: by Google's name for it.
            body: what is sent.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider answered with an error.
            Exception: what the connection raised; whoever reads the answer knows what it means.
        """
        client = await self._client.ready()
        address = f"{self._base_url}/{_VERSION}/{_resource(model)}:streamGenerateContent?alt=sse"
        reply = await client.ask(address, msgspec.json.encode(body))
        try:
            yield reply
        finally:
            await reply.aclose()

    async def model_names(self) -> list[str]:
        """Return the names of the models on offer to this key.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: Google cannot be reached or does not answer with a list.
        """
        client = await self._client.ready()
        try:
            async with asyncio.timeout(self._patience.first_token_s):
                body = await client.list(f"{self._base_url}/{_VERSION}/models?pageSize=1000")
            return [model.name.removeprefix("models/") for model in _decode_models(body).models]
        except NOT_JSON as garbage:
            raise ProviderGarbled(PROVIDER, f"{PROVIDER} does not list its models") from garbage
        except Exception as failure:
            raise self._client.error(failure) from failure

    async def warm_up(self) -> None:
        """Do now what the first question would wait for; without a key there is nothing to do."""
        if self._api_key:
            await self._client.ready()

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        await self._client.aclose()

    def _make(self) -> "_Client":
        if not self._api_key:
            raise NotConfigured(_KEY_VARIABLE)
        return _Client(self._api_key, self._client.connections())


class _Client:
    """The shared connections, and the key."""

    def __init__(self, api_key: str, connections: "Connections") -> None:
        self._connections = connections
        self._headers = {"x-goog-api-key": api_key, "content-type": "application/json"}

    async def ask(self, address: str, body: bytes) -> "Reply":
        """Return the answer, its body still to be read.

        Raises:
            ProviderError: it is an error.
        """
        return await self._replied("POST", address, body)

    async def list(self, address: str) -> bytes:
        """Return a list's body.

        Raises:
            ProviderError: the answer is an error, or sends no end of bytes.
        """
        reply = await self._replied("GET", address)
        try:
            return await reply.whole(PROVIDER)
        finally:
            await reply.aclose()

    async def close(self) -> None:
        await self._connections.close()

    async def _replied(self, method: str, address: str, body: bytes | None = None) -> "Reply":
        reply = await self._connections.ask(method, address, self._headers, body)
        if reply.status == 200:
            return reply
        try:
            raise refused(reply.status, await reply.refusal(), reply.headers)
        finally:
            await reply.aclose()


def _resource(model: str) -> str:
    """Return the model's place in the interface; tuned models name theirs themselves."""
    name = model if "/" in model else f"models/{model}"
    return quote(name, safe="/")

"""A provider's SDK as a carrier of bytes: its client, authentication and errors, not its objects.

The SDKs of OpenAI and Anthropic come out of one generator, so one code serves both.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters.transport.connection_errors import broken
from adapters.transport.not_json import NOT_JSON
from adapters.transport.patience import Patience
from adapters.transport.status_errors import answered
from adapters.transport.streaming import RawAnswer
from domain.errors import ParleyError
from domain.provider_errors import ProviderGarbled

if TYPE_CHECKING:
    from adapters.transport.connections import Connections, Reply

_NO_HEADERS: Mapping[str, str] = {}


class _Model(Struct, frozen=True):
    id: str


class _Models(Struct, frozen=True):
    data: list[_Model]


class _Way(Struct, frozen=True):
    """What an SDK's client knows of the way to its provider."""

    base_url: str
    headers: dict[str, str]
    """Sent with every request, the key among them; names in lower case."""


_decode_models = msgspec.json.Decoder(_Models).decode


class SdkClient:
    """One client of an SDK, made when first used.

    Importing and preparing an SDK takes a second or two, so that happens in a thread.
    """

    def __init__(
        self,
        provider: str,
        patience: Patience,
        make: Callable[[], Any],
        *,
        asks_again: bool = False,
    ) -> None:
        """Remember how to make the client.

        Args:
            provider: for errors.
            patience: when silence is an error.
            make: imports the SDK and returns its client; raises `NotConfigured` where it cannot.
            asks_again: see `Connections`.
        """
        self.provider = provider
        self.patience = patience
        self._make = make
        self._asks_again = asks_again
        self._making = asyncio.Lock()
        self._client: Any = None
        self._connections: Connections | None = None
        self._way: _Way | None = None
        self._http_response: Any = None
        """What the SDK is asked to return: the answer itself, whose body is still to be read."""

    async def ready(self) -> Any:
        """Return the client."""
        if self._client is None:
            async with self._making:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._made)
        return self._client

    def connections(self) -> "Connections":
        """Return the connections that the client is to use; the first time takes a while."""
        if self._connections is None:
            from adapters.transport.connections import Connections  # noqa: PLC0415 - and aiohttp

            self._connections = Connections(self.patience, asks_again=self._asks_again)
        return self._connections

    @asynccontextmanager
    async def streaming(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NO_HEADERS
    ) -> AsyncGenerator[RawAnswer, None]:
        """Send a question; leaving the block closes the connection.

        Args:
            path: below the base URL.
            body: what is sent, as it is. The SDK would build request after request around it, and
                walk through each, which takes as long as all else that comes before an answer.
            headers: sent along; names in lower case.

        Raises:
            ProviderError: the provider answered with an error.
        """
        client = await self.ready()
        way = self._way = self._way or _way(client)
        try:
            reply = await self.connections().ask(
                "POST",
                way.base_url + path,
                {**way.headers, **headers},
                msgspec.json.encode(body),
            )
        except Exception as failure:
            raise self.error(failure) from failure
        try:
            if reply.status >= 300:
                raise await self._refused(reply)
            yield reply
        finally:
            await reply.aclose()

    async def model_names(self, path: str) -> list[str]:
        """Return the names of the models on offer, as the provider spells them.

        Args:
            path: below the base URL.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider cannot be reached or does not answer with a list.
        """
        client = await self.ready()
        try:
            async with asyncio.timeout(self.patience.first_token_s):
                answer = await client.get(path, cast_to=self._http_response)
            return [model.id for model in _decode_models(answer.content).data]
        except NOT_JSON as garbage:
            text = f"{self.provider} does not list its models"
            raise ProviderGarbled(self.provider, text) from garbage
        except Exception as failure:
            raise self.error(failure) from failure

    def error(self, failure: Exception) -> ParleyError:
        """Return what an exception of the SDK means."""
        if isinstance(failure, ParleyError):
            return failure
        response = getattr(failure, "response", None)
        if response is None:
            return broken(self.provider, failure)
        return answered(self.provider, response.status_code, response.content, response.headers)

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        async with self._making:
            client, self._client = self._client, None
        if client is not None:
            await client.close()
            await self.connections().close()  # Where the SDK was made anew, these are not its own.

    async def _refused(self, reply: "Reply") -> ParleyError:
        try:
            body = await reply.refusal()
        except Exception as failure:  # noqa: BLE001 - told as what it means
            return self.error(failure)
        return answered(self.provider, reply.status, body, reply.headers)

    def _made(self) -> Any:
        client = self._make()
        import httpx2  # noqa: PLC0415 - comes with an SDK

        self._http_response = httpx2.Response
        # What was imported stays for good. Without this, every full collection would walk through
        # the SDK's half a million objects while all turns wait.
        gc.freeze()
        return client


def sdk_options(connections: "Connections") -> dict[str, Any]:
    """Return what every SDK's client is made with: our connections, their limits, no retries."""
    return {"max_retries": 0, "timeout": None, "http_client": http_client(connections)}


def http_client(connections: "Connections") -> Any:
    """Return a client of httpx that sends over our connections."""
    import httpx2  # noqa: PLC0415 - comes with an SDK

    from adapters.transport.http import HttpxTransport  # noqa: PLC0415

    return httpx2.AsyncClient(transport=HttpxTransport(connections), timeout=None)


def _way(client: Any) -> _Way:
    headers: dict[str, str] = {}
    for name, value in (*client.auth_headers.items(), *client.default_headers.items()):
        if isinstance(value, str):
            headers[name.lower()] = value
        else:
            headers.pop(name.lower(), None)  # It is left out on purpose.
    return _Way(str(client.base_url).rstrip("/"), headers)

"""A provider's SDK as a carrier of bytes: its client, authentication and errors, not its objects.

The SDKs of OpenAI and Anthropic come out of one generator, so one code serves both.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from adapters.transport.connection_errors import broken
from adapters.transport.not_json import NOT_JSON
from adapters.transport.patience import Patience
from adapters.transport.status_errors import answered
from adapters.transport.streaming import BODY, RawAnswer
from domain.errors import ParleyError
from domain.provider_errors import ProviderGarbled

_MAX_CONNECTIONS = 1000
_KEPT_ALIVE_S = 30
"""The SDKs give idle connections five seconds; most questions would wait for a new one."""


_NO_HEADERS: Mapping[str, str] = {}


class _Model(Struct, frozen=True):
    id: str


class _Models(Struct, frozen=True):
    data: list[_Model]


_decode_models = msgspec.json.Decoder(_Models).decode


class SdkClient:
    """One client of an SDK, made when first used.

    Importing and preparing an SDK takes a second or two, so that happens in a thread.
    """

    def __init__(self, provider: str, patience: Patience, make: Callable[[], Any]) -> None:
        """Remember how to make the client.

        Args:
            provider: for errors.
            patience: when silence is an error.
            make: imports the SDK and returns its client; raises `NotConfigured` where it cannot.
        """
        self.provider = provider
        self.patience = patience
        self._make = make
        self._making = asyncio.Lock()
        self._client: Any = None
        self._http_response: Any = None
        """What the SDK is asked to return: the answer itself, whose body is still to be read."""

    async def ready(self) -> Any:
        """Return the client."""
        if self._client is None:
            async with self._making:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._made)
        return self._client

    @asynccontextmanager
    async def streaming(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NO_HEADERS
    ) -> AsyncGenerator[RawAnswer, None]:
        """Send a question; leaving the block closes the connection.

        Args:
            path: below the base URL.
            body: what is sent, as it is: the SDK's own methods would walk through all of it.
            headers: sent along.

        Raises:
            ProviderError: the provider answered with an error.
        """
        client = await self.ready()
        try:
            answer = await client.post(
                # Joining the two takes the SDK a third of what it needs for a whole request.
                str(client.base_url).rstrip("/") + path,
                cast_to=self._http_response,
                body=body,
                options={"headers": headers},
                stream=True,
            )
        except Exception as failure:
            raise self.error(failure) from failure
        try:
            yield answer.extensions[BODY]
        finally:
            await answer.aclose()

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

    def _made(self) -> Any:
        client = self._make()
        import httpx2  # noqa: PLC0415 - comes with an SDK

        self._http_response = httpx2.Response
        # What was imported stays for good. Without this, every full collection would walk through
        # the SDK's half a million objects while all turns wait.
        gc.freeze()
        return client


def client_options(patience: Patience, *, asks_again: bool = False) -> dict[str, Any]:
    """Return what every SDK's client is made with: our connections, limits, no retries.

    Args:
        patience: when silence is an error.
        asks_again: see `Connections`; right for questions, which are asked again anyway when they
            fail before the first word, and wrong for orders, which could be paid for twice.
    """
    # Both come with an SDK, and are imported with the first of them.
    import httpx2  # noqa: PLC0415

    from adapters.transport.http import Connections  # noqa: PLC0415

    return {
        "max_retries": 0,
        "timeout": httpx2.Timeout(
            connect=patience.connect_s,
            # Whoever reads an answer watches over its silences.
            read=None,
            write=patience.idle_s,
            pool=patience.connect_s,
        ),
        # Redirects are not followed: the key would go along, to whomever they lead.
        "http_client": httpx2.AsyncClient(
            transport=Connections(_MAX_CONNECTIONS, _KEPT_ALIVE_S, asks_again=asks_again)
        ),
    }

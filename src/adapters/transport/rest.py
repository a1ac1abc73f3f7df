"""A provider's HTTP interface, asked without an SDK: bytes in, bytes out, errors of ours."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from adapters.transport.patience import Patience
from adapters.transport.sdk_client import SdkClient, client_options
from adapters.transport.status_errors import answered
from adapters.transport.streaming import BODY, RawAnswer
from domain.errors import NotConfigured
from domain.provider_errors import ProviderError, ProviderGarbled

Refused = Callable[[int, bytes, Mapping[str, str]], ProviderError]
"""Tells what an answer with an error's status means."""


class Call(Struct, frozen=True):
    """One request; pure data, so that what is sent can be tested without sending it."""

    path: str
    """After the base URL, its query included and encoded."""
    method: str = "POST"
    json: Any = None
    content: bytes | None = None
    """A body that is no JSON …"""
    form: Mapping[str, str] | None = None
    """… or the fields of a form …"""
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    """… and its files: name, content, media type."""
    headers: Mapping[str, str] = {}


class Rest:
    """One client for one base URL, made when first used."""

    def __init__(
        self,
        provider: str,
        base_url: str,
        api_key: str | None,
        key_variable: str,
        patience: Patience,
        sign: Callable[[str], Mapping[str, str]],
        refused: Refused | None = None,
    ) -> None:
        """Remember how to connect; nothing is imported or opened yet.

        Args:
            provider: for errors.
            base_url: what every path comes after.
            api_key: of the provider.
            key_variable: what the operator has to set when the key is missing.
            patience: when silence is an error.
            sign: returns the headers in which a key is sent.
            refused: where the provider's errors have a shape of their own.
        """
        self.patience = patience
        self.provider = provider
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._key_variable = key_variable
        self._sign = sign
        self._refused = refused or self._usual_refusal
        self._client = SdkClient(provider, patience, self._make)

    def key_headers(self) -> Mapping[str, str]:
        """Return the headers that hold the key.

        Raises:
            NotConfigured: there is none.
        """
        if not self._api_key:
            raise NotConfigured(self._key_variable)
        return self._sign(self._api_key)

    @asynccontextmanager
    async def asked(self, call: Call) -> AsyncGenerator[RawAnswer, None]:
        """Send a request; its answer is there once its headers are.

        Leaving the block closes the connection, unless the body was read to its end.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider answered with an error.
            Exception: what the connection raised; `broken` knows what it means.
        """
        client = await self._client.ready()
        answer = await client.send(self._base_url, call)
        try:
            if answer.status_code >= 300:
                body = await answer.aread()
                raise self._refused(answer.status_code, body, answer.headers)
            yield Sound(answer.extensions[BODY], answer.headers.get("content-type", ""))
        finally:
            await answer.aclose()

    async def body(self, call: Call) -> bytes:
        """Return the whole body of an answer.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider refused, broke off or took too long.
        """
        await self.ready()
        try:
            async with asyncio.timeout(self.patience.first_token_s), self.asked(call) as answer:
                pieces: list[bytes] = []
                while piece := await answer.read():
                    pieces.append(piece)
                return b"".join(pieces)
        except Exception as failure:
            raise self._client.error(failure) from failure

    def decoded(self, body: bytes, shape: type[Any]) -> Any:
        """Return a body as what it has to be.

        Raises:
            ProviderGarbled: it is something else.
        """
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.MsgspecError as garbage:
            raise ProviderGarbled(
                self.provider, f"{self.provider} sent something that is not its protocol"
            ) from garbage

    async def ready(self) -> None:
        """Import what is needed: that takes longer than a provider may, and is not its fault.

        Raises:
            NotConfigured: the key is missing.
        """
        await self._client.ready()

    async def warm_up(self) -> None:
        """Do now what the first request would wait for; without a key there is nothing to do."""
        if self._api_key:
            await self._client.ready()

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        await self._client.aclose()

    def _make(self) -> "_Client":
        return _Client(self.key_headers(), self.patience)

    def _usual_refusal(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
        return answered(self.provider, status, body, headers)


class Sound:
    """The body of an answer, and what it says it is."""

    def __init__(self, body: RawAnswer, content_type: str) -> None:
        self.content_type = content_type
        self.read = body.read
        self.close = body.close


class _Client:
    """The shared connections, and the key."""

    def __init__(self, headers: Mapping[str, str], patience: Patience) -> None:
        options = client_options(patience)
        self._http = options["http_client"]
        self._timeout = options["timeout"]
        self._headers = headers

    async def send(self, base_url: str, call: Call) -> Any:
        request = self._http.build_request(
            call.method,
            base_url + call.path,
            json=call.json,
            content=call.content,
            data=call.form,
            files=call.files,
            headers={**self._headers, **call.headers},
            timeout=self._timeout,
        )
        await request.aread()
        # A redirect is not followed: the key would go with it.
        return await self._http.send(request, stream=True, follow_redirects=False)

    async def close(self) -> None:
        await self._http.aclose()

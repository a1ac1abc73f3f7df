"""A provider's HTTP interface, asked without an SDK: bytes in, bytes out, errors of ours."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters.transport.not_json import NOT_JSON
from adapters.transport.patience import Patience
from adapters.transport.sdk_client import SdkClient, http_client
from adapters.transport.status_errors import answered
from adapters.transport.streaming import BODY, MOST_BYTES, RawAnswer, too_much
from domain.errors import NotConfigured
from domain.provider_errors import ProviderError, ProviderGarbled

if TYPE_CHECKING:
    from adapters.transport.connections import Connections

Refused = Callable[[int, bytes, Mapping[str, str]], ProviderError]
"""Tells what an answer with an error's status means."""


Field = tuple[str, tuple[str | None, bytes | str, str | None]]
"""Of a form: a name; and a file's name, its content and media type, or None, a text and None."""


def bearer(key: str) -> Mapping[str, str]:
    """Return the header in which most providers want their key."""
    return {"authorization": f"Bearer {key}"}


class Call(Struct, frozen=True):
    """One request; pure data, so that what is sent can be tested without sending it."""

    path: str
    """After the base URL, its query included and encoded; or a whole URL of the provider's."""
    method: str = "POST"
    json: Any = None
    content: bytes | None = None
    """A body that is no JSON …"""
    form: Mapping[str, str] | None = None
    """… or the fields of a form …"""
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    """… and its files: name, content, media type …"""
    parts: Sequence[Field] | None = None
    """… or all of a form in order, where a name may come twice."""
    headers: Mapping[str, str] = {}
    redirects: bool = False
    """An answer that leads elsewhere is an answer too; it is not followed."""


class Answer(Struct, frozen=True):
    """An answer that came whole."""

    status: int
    headers: Mapping[str, str]
    """A mapping that ignores case."""
    content: bytes


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
    async def asked(self, call: Call) -> AsyncGenerator["Sound", None]:
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
            if answer.status_code >= (400 if call.redirects else 300):
                body = await answer.aread()
                raise self._refused(answer.status_code, body, answer.headers)
            yield Sound(answer.extensions[BODY], answer.status_code, answer.headers)
        finally:
            await answer.aclose()

    async def body(self, call: Call) -> bytes:
        """Return the whole body of an answer.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider refused, broke off or took too long.
        """
        return (await self.whole(call)).content

    async def whole(self, call: Call, within_s: float = math.inf) -> Answer:
        """Return an answer, for which as much time is given as for a first word, or less.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider refused, broke off, took too long or sent no end of bytes.
        """
        await self.ready()
        try:
            async with (
                asyncio.timeout(min(within_s, self.patience.first_token_s)),
                self.asked(call) as answer,
            ):
                pieces = [piece async for piece in answer.pieces(self.provider, MOST_BYTES)]
                return Answer(answer.status, answer.headers, b"".join(pieces))
        except Exception as failure:
            raise self._client.error(failure) from failure

    def error(self, failure: Exception) -> Exception:
        """Return what an exception of the connection means."""
        return self._client.error(failure)

    def decoded(self, body: bytes, shape: type[Any]) -> Any:
        """Return a body as what it has to be.

        Raises:
            ProviderGarbled: it is something else.
        """
        try:
            return msgspec.json.decode(body, type=shape)
        except NOT_JSON as garbage:
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
        return _Client(self.key_headers(), self._client.connections())

    def _usual_refusal(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
        return answered(self.provider, status, body, headers)


class Sound:
    """The body of an answer, and what it says it is."""

    def __init__(self, body: RawAnswer, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = headers
        self.content_type = headers.get("content-type", "")
        self.read = body.read
        self.close = body.close

    async def pieces(self, provider: str, most_bytes: int) -> AsyncGenerator[bytes, None]:
        """Yield the body.

        Raises:
            ProviderGarbled: there is more of it than `most_bytes`.
            Exception: what the connection raised.
        """
        size = 0
        while piece := await self.read():
            size += len(piece)
            if size > most_bytes:
                raise too_much(provider)
            yield piece


class _Client:
    """The shared connections, and the key."""

    def __init__(self, headers: Mapping[str, str], connections: "Connections") -> None:
        self._http = http_client(connections)
        self._headers = headers

    async def send(self, base_url: str, call: Call) -> Any:
        request = self._http.build_request(
            call.method,
            call.path if "://" in call.path else base_url + call.path,
            json=call.json,
            content=call.content,
            data=call.form,
            files=call.parts or call.files,
            headers={**self._headers, **call.headers},
        )
        await request.aread()
        # A redirect is not followed: the key would go with it.
        return await self._http.send(request, stream=True, follow_redirects=False)

    async def close(self) -> None:
        await self._http.aclose()

"""A provider's HTTP interface for bodies that are too large to be held, in either direction."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters.transport.patience import Patience
from adapters.transport.sdk_client import SdkClient
from adapters.transport.status_errors import answered
from adapters.transport.streaming import RawAnswer
from domain.errors import NotConfigured
from domain.provider_errors import ProviderError, StreamStalled

if TYPE_CHECKING:
    from adapters.transport.connections import Connections, Content, Reply

Refused = Callable[[int, bytes, Mapping[str, str]], ProviderError]
"""What an answer with an error status means: status, body, headers."""

ANSWERED_WITHIN_S = 120.0
SENT_WITHIN_S = 3600.0
"""For what is sent piece by piece: nobody knows how slow the line is."""
MOST_BYTES = 128 * 1024 * 1024
"""Of an answer that is held as a whole: a provider is not believed to be kind."""
JSON = {"content-type": "application/json"}


class Answer(Struct, frozen=True):
    """An answer that came whole."""

    headers: Mapping[str, str]
    """A mapping that ignores case."""
    content: bytes


class Carrier:
    """One client for one base URL, made when first used. Redirects are never followed."""

    def __init__(
        self,
        provider: str,
        base_url: str,
        headers: Mapping[str, str] | None,
        key_variable: str,
        patience: Patience,
        refused: Refused | None = None,
    ) -> None:
        """Remember how to connect; nothing is imported or opened yet.

        Args:
            provider: for errors.
            base_url: what every path comes after.
            headers: in which the key is sent; None: it is missing.
            key_variable: what the operator has to set when it is.
            patience: when silence is an error.
            refused: what error statuses mean, where that differs from most.
        """
        self.provider = provider
        self._base_url = base_url.rstrip("/")
        self._headers = headers
        self._key_variable = key_variable
        self._patience = patience
        self._refused = refused or self._as_most
        self._client = SdkClient(provider, patience, self._made)

    def check(self) -> None:
        """Do nothing where there is a key.

        Raises:
            NotConfigured: there is none.
        """
        self._key()

    async def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send JSON.

        Raises:
            NotConfigured: the key is missing.
            ProviderError: the provider cannot be reached, refuses, or sends no end of bytes.
        """
        sent = {**JSON, **(headers or {})}
        return await self._whole("POST", path, sent, msgspec.json.encode(body))

    async def post_pieces(
        self, path: str, pieces: AsyncIterable[bytes], size: int, headers: Mapping[str, str]
    ) -> Answer:
        """Send a body of so many bytes piece by piece, likewise.

        What reading the pieces raises is raised, where it is an error of ours.
        """
        sent = {"content-length": str(size), **headers}
        return await self._whole("POST", path, sent, pieces, SENT_WITHIN_S)

    async def get(self, path: str) -> Answer:
        """Ask for something, likewise."""
        return await self._whole("GET", path, {})

    async def delete(self, path: str) -> None:
        """Have something removed, likewise."""
        await self._whole("DELETE", path, {})

    async def pieces(self, path: str) -> AsyncGenerator[bytes, None]:
        """Ask for a body and yield it as it comes; closing the generator closes the connection.

        Raises:
            NotConfigured: the key is missing.
            StreamStalled: nothing has come for too long.
            ProviderError: the provider cannot be reached, refuses, or breaks off.
        """
        await self._ready()
        async with self._asked("GET", path, {}, self._patience.idle_s) as answer:
            while piece := await self._read(answer):
                yield piece

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _ready(self) -> None:
        self.check()  # Without a key nothing need be imported.
        await self._client.ready()  # Its imports are not the provider's fault.

    async def _whole(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: "Content" = None,
        within_s: float = ANSWERED_WITHIN_S,
    ) -> Answer:
        await self._ready()
        if within_s < SENT_WITHIN_S:
            within_s = min(within_s, self._patience.first_token_s)
        try:
            async with (
                asyncio.timeout(within_s),
                self._asked(method, path, headers, None, content) as answer,
            ):
                return Answer(answer.headers, await answer.whole(self.provider, MOST_BYTES))
        except Exception as failure:
            raise self._client.error(failure) from failure

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        within_s: float | None,
        content: "Content" = None,
    ) -> AsyncGenerator["Reply", None]:
        connections: Connections = await self._client.ready()
        sent = {**self._key(), **headers}
        try:
            async with asyncio.timeout(within_s):
                answer = await connections.ask(method, self._base_url + path, sent, content)
        except Exception as failure:
            raise self._client.error(failure) from failure
        try:
            if answer.status >= 300:
                raise self._refused(answer.status, await answer.refusal(), answer.headers)
            yield answer
        finally:
            await answer.aclose()

    async def _read(self, body: RawAnswer) -> bytes:
        try:
            async with asyncio.timeout(self._patience.idle_s):
                return await body.read()
        except TimeoutError as failure:
            text = f"{self.provider} fell silent in the middle of what it sends"
            raise StreamStalled(self.provider, text) from failure
        except Exception as failure:
            raise self._client.error(failure) from failure

    def _made(self) -> "Connections":
        return self._client.connections()

    def _key(self) -> Mapping[str, str]:
        if self._headers is None:
            raise NotConfigured(self._key_variable)
        return self._headers

    def _as_most(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
        return answered(self.provider, status, body, headers)

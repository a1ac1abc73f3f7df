"""A WebSocket to a provider: opened, read and closed with errors of ours."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event, State
from websockets.proxy import get_proxy
from websockets.uri import parse_uri

from adapters.transport.authorities import authorities
from adapters.transport.patience import Patience
from adapters.transport.rest import Refused
from adapters.transport.silence import Silence
from adapters.transport.status_errors import answered
from domain.errors import ParleyError
from domain.provider_errors import (
    ConnectTimedOut,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderUnreachable,
    StreamStalled,
)

_LARGEST_FRAME = 16 * 1024 * 1024
_GOODBYE_S = 1.0
"""For the closing handshake of a connection that the provider closes."""


class _Direct(connect):
    """Follows no redirect: the key would go with it."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Connection(ClientConnection):
    """Is over when the provider has said goodbye, and does not wait for its hand to drop."""

    def process_event(self, event: Event) -> None:
        super().process_event(event)
        if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
            self.transport.close()  # Once the answer to the goodbye is out.


class ProviderSocket:
    """An open connection. A call that is cancelled leaves it as it was."""

    def __init__(self, provider: str, connection: ClientConnection, idle_s: float) -> None:
        self._provider = provider
        self._connection = connection
        self._overdue: asyncio.TimerHandle | None = None
        self._was_overdue = False
        self._heard = False
        self._now = asyncio.get_running_loop().time
        self._silence = Silence(idle_s, self._too_late)
        self._silence.since = None

    async def send(self, frame: str | bytes) -> None:
        """Send a frame; waits while the provider does not take what was sent before.

        Raises:
            ProviderError: the connection is gone.
        """
        try:
            await self._connection.send(frame)
        except ConnectionClosed as closed:
            raise self.broke_off() from closed

    async def receive(self) -> str | bytes | None:
        """Return the next frame; None once the provider has closed in good order.

        Raises:
            ProviderError: it was not in good order, or has been silent for too long.
        """
        self._silence.since = self._now()
        try:
            frame = await self._connection.recv()
        except ConnectionClosed as closed:
            if self._was_overdue:
                raise self._stalled() from closed
            if closed.rcvd is not None and closed.rcvd.code == 1000:
                return None
            raise self.broke_off() from closed
        finally:
            self._silence.since = None
        self._heard = True
        return frame

    @property
    def close_code(self) -> int | None:
        """With which code the provider closed; None while it has not, or without one."""
        closing = self._connection.protocol.close_rcvd
        return None if closing is None else closing.code

    @property
    def close_reason(self) -> str:
        """What the provider said to it."""
        closing = self._connection.protocol.close_rcvd
        return "" if closing is None else closing.reason

    def must_end_within(self, seconds: float) -> None:
        """Break the connection, which is then a `StreamStalled`, unless it ends before."""
        loop = asyncio.get_running_loop()
        self._overdue = self._overdue or loop.call_later(seconds, self._too_late)

    def broke_off(self) -> ProviderError:
        """Return the error for a connection that ended before its time."""
        how = "in mid-answer" if self._heard else "without a word"
        return ProviderBrokeOff(self._provider, f"{self._provider} closed the connection {how}")

    def abort(self) -> None:
        """Break the connection without a word."""
        self._connection.transport.abort()

    def leave(self) -> None:
        """Say goodbye; everything was said, so nobody waits for the provider to return it."""
        self._watch_no_more()
        if self._connection.state is State.OPEN:
            self._connection.protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._connection.send_data()
        self._connection.transport.close()

    async def break_off(self) -> None:
        """Close it without a goodbye."""
        self._watch_no_more()
        self.abort()
        await self._connection.close()

    def _watch_no_more(self) -> None:
        self._silence.end()
        if self._overdue is not None:
            self._overdue.cancel()

    def _stalled(self) -> StreamStalled:
        return StreamStalled(self._provider, f"{self._provider} fell silent in mid-answer")

    def _too_late(self) -> None:
        self._was_overdue = True
        self.abort()


@asynccontextmanager
async def connected(
    provider: str,
    address: str,
    headers: Mapping[str, str],
    patience: Patience,
    refused: Refused | None = None,
) -> AsyncGenerator[ProviderSocket, None]:
    """Open a connection; leaving the block closes it, at once where the block failed.

    Args:
        provider: for errors.
        address: `ws://` or `wss://`.
        headers: the key among them.
        patience: when silence is an error.
        refused: where the provider's refusals have a shape of their own.

    Raises:
        ProviderError: it cannot be reached, or refuses.
    """
    trusted = await _trusted() if address.startswith("wss://") else None
    try:
        connection = await _Direct(
            address,
            additional_headers=headers,
            compression=None,
            open_timeout=patience.connect_s,
            close_timeout=_GOODBYE_S,
            ping_interval=None,
            max_size=_LARGEST_FRAME,
            create_connection=_Connection,
            proxy=_proxy_to(*urlsplit(address)[:2]),
            ssl=trusted,
        )
    except Exception as failure:
        raise _not_opened(provider, failure, refused) from failure
    socket = ProviderSocket(provider, connection, patience.idle_s)
    try:
        yield socket
    except BaseException:
        await socket.break_off()
        raise
    socket.leave()
    await asyncio.sleep(0)  # The loop lets go of the connection in its next round.


def socket_address(base_url: str) -> str:
    """Return where a provider's sockets are, given where its HTTP interface is."""
    scheme, _, place = base_url.partition("://")
    return f"{ {'http': 'ws', 'https': 'wss'}.get(scheme, scheme) }://{place}"


@cache
def _proxy_to(scheme: str, place: str) -> str | None:
    """Return what the environment names; looking through all of it takes as long as connecting."""
    return get_proxy(parse_uri(f"{scheme}://{place}"))


async def _trusted() -> SSLContext:
    """Return whom to trust; finding that out takes up to a second, which no turn waits for."""
    if not authorities.cache_info().currsize:
        await asyncio.to_thread(authorities)
    return authorities()


def _not_opened(provider: str, failure: Exception, refused: Refused | None) -> ParleyError:
    match failure:
        case InvalidStatus(response=response):
            headers = {name.lower(): value for name, value in response.headers.raw_items()}
            status, body = response.status_code, bytes(response.body or b"")
            if refused is not None:
                return refused(status, body, headers)
            return answered(provider, status, body, headers)
        case TimeoutError():
            return ConnectTimedOut(provider, f"{provider} took no connection in time")
        case InvalidURI():
            return ProviderUnreachable(provider, f"The base URL of {provider} is no socket address")
        case InvalidHandshake() | EOFError():
            return ProviderGarbled(provider, f"{provider} does not speak WebSocket")
        case OSError():
            return ProviderUnreachable(provider, f"{provider} cannot be reached")
        case _:
            return ProviderGarbled(provider, f"{provider} does not speak WebSocket")

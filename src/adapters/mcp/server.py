"""A server of tools: the session with it is opened when first needed, kept, and opened again."""

import asyncio
import contextvars
import gc
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import structlog
from msgspec import Struct

from adapters.mcp.entry import McpEntry
from adapters.mcp.health import SessionOver
from application.ports.clock import Clock
from application.ports.tool_server import Heard, ToolServer
from domain.errors import NotConfigured
from domain.remote_tools import Listing, RemoteResult
from domain.tool_server_errors import (
    RemoteToolFailed,
    ToolServerDown,
    ToolServerError,
    ToolServerGone,
    ToolServerTimeout,
    ToolServerUnreachable,
)

log = structlog.get_logger("mcp")
T = TypeVar("T")
Opened = asyncio.Future[Any]
"""Of a session, whose type comes with the SDK."""

FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0
"""From a failure to the next attempt; twice as long after each."""
_MOMENT_S = 1.0
_SLACK_S = 10.0
"""What opening may take beyond the server's own time: the SDK is imported with the first one."""
_CLOSING_S = 5.0


class _Rest(Struct, frozen=True):
    """Why, and until when, the server is left alone."""

    because: ToolServerError
    until: datetime


class McpServer(ToolServer):
    """Nothing is imported, started or connected before the first use."""

    def __init__(self, entry: McpEntry, clock: Clock) -> None:
        """Remember how it is reached."""
        self.name = entry.name
        self._entry = entry
        self._clock = clock
        self._current: Opened | None = None
        self._keepers: set[asyncio.Task[None]] = set()
        self._listing: Listing | None = None
        self._listing_is_old = True
        self._failures = 0
        self._rest: _Rest | None = None
        self._closed = False

    @property
    def known(self) -> Listing | None:
        return self._listing

    async def listing(self) -> Listing:
        async def asked(session: Any) -> Listing:
            if self._listing is not None and not self._listing_is_old:
                return self._listing
            self._listing_is_old = False  # Before it is asked: it may change meanwhile.
            try:
                self._listing = found = await session.listing()
            except BaseException:
                self._listing_is_old = True
                raise
            else:
                return found

        return await self._with_session(asked, _MOMENT_S if self._failures else None)

    async def call(self, tool: str, arguments: Mapping[str, Any], heard: Heard) -> RemoteResult:
        async def asked(session: Any) -> RemoteResult:
            result: RemoteResult = await session.call(tool, arguments, heard)
            self._failures = 0
            return result

        return await self._with_session(asked)

    async def aclose(self) -> None:
        self._closed = True
        if self._current is not None and self._current.done() and not self._current.exception():
            self._current.result().health.ends()
            await asyncio.wait(self._keepers, timeout=_CLOSING_S)
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)

    async def _with_session(
        self, ask: Callable[[Any], Awaitable[T]], patience_s: float | None = None
    ) -> T:
        """Return what the server says; one that has forgotten the session is asked in another."""
        for last in (False, True):
            opened = self._opened()
            session = await self._when(opened, patience_s)
            try:
                return await ask(session)
            except SessionOver as over:
                self._leave(opened)
                if last:
                    text = "keeps forgetting its session"
                    raise ToolServerGone(self.name, text) from over
            except (RemoteToolFailed, ToolServerTimeout):
                raise
            except ToolServerError:
                self._leave(opened)
                raise
        raise AssertionError("the last attempt returns or raises")

    def _opened(self) -> Opened:
        """Return the session that there is, or will be."""
        if self._closed:
            raise ToolServerGone(self.name, "is not used any more: Parley is shutting down")
        if self._entry.unset is not None:
            text = f"{self._entry.unset} is not set, which the tool server {self.name} needs"
            raise NotConfigured(self._entry.unset, text)
        if self._current is None:
            self._check_rest()
            self._current = asyncio.get_running_loop().create_future()
            # A context of its own: the session outlives whoever happened to need it first.
            keeper = asyncio.create_task(
                self._keep(self._current),
                name=f"mcp {self.name}",
                context=contextvars.Context(),
            )
            self._keepers.add(keeper)
            keeper.add_done_callback(self._keepers.discard)
        return self._current

    async def _when(self, opened: Opened, patience_s: float | None) -> Any:
        limit_s = self._entry.start_timeout_s + _SLACK_S if patience_s is None else patience_s
        await asyncio.wait({opened}, timeout=limit_s)
        if not opened.done():
            raise ToolServerTimeout(self.name, "is not ready yet")
        return opened.result()

    async def _keep(self, opened: Opened) -> None:
        """Own a session from its opening to its end."""
        try:
            sdk = await asyncio.to_thread(_sdk)
            async with sdk.opened(self._entry, self._changed, self._seconds) as session:
                self._listing_is_old = True
                opened.set_result(session)
                log.info("tool server connected", server=self.name)
                await session.health.over.wait()
                if session.health.failure is not None:
                    self._failed(session.health.failure)
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is the server's failure
            error = _typed(self.name, failure)
            self._failed(error)
            if not opened.done():
                opened.set_exception(error)
        finally:
            self._leave(opened)
            if not opened.done():
                opened.set_exception(ToolServerGone(self.name, "was given up"))
            if not opened.cancelled():
                opened.exception()  # Seen: nobody may be waiting for it.

    def _leave(self, opened: Opened) -> None:
        """Use another session from now on; calls that run in this one may end in it."""
        if self._current is opened:
            self._current = None
        if opened.done() and opened.exception() is None:
            opened.result().retire()

    def _failed(self, error: ToolServerError) -> None:
        rest_s = min(FIRST_REST_S * 2**self._failures, LONGEST_REST_S)
        self._failures = min(self._failures + 1, 10)
        self._rest = _Rest(error, self._clock.now() + timedelta(seconds=rest_s))
        log.warning(
            "tool server failed",
            server=self.name,
            error=error.code,
            why=error.why,
            detail=error.detail,
            next_attempt_s=rest_s,
        )

    def _check_rest(self) -> None:
        if self._rest is None:
            return
        left_s = (self._rest.until - self._clock.now()).total_seconds()
        if left_s > 0:
            raise ToolServerDown(self.name, self._rest.because, left_s)

    def _changed(self) -> None:
        self._listing_is_old = True

    def _seconds(self) -> float:
        return self._clock.now().timestamp()


def _typed(server: str, failure: Exception) -> ToolServerError:
    while isinstance(failure, ExceptionGroup):
        # Each task group of the SDK has put one around what was raised within it.
        group = cast("ExceptionGroup[Exception]", failure)
        failure = (group.subgroup(ToolServerError) or group).exceptions[0]
    if isinstance(failure, ToolServerError):
        return failure
    log.warning("tool server failed in an unknown way", server=server, exc_info=failure)
    return ToolServerUnreachable(server, "cannot be used", type(failure).__name__)


def _sdk() -> Any:
    name = "adapters.mcp.session"
    known = name in sys.modules
    from adapters.mcp import session  # noqa: PLC0415 - the SDK: two seconds, and 40 MiB

    if not known:
        # What was imported stays for good; no collection need walk through it.
        gc.freeze()
    return session

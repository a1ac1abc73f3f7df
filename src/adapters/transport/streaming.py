"""Reads a provider's answer off its connection: the one loop of every HTTP chat adapter."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import groupby
from typing import Protocol, cast

from adapters.transport.connection_errors import broken
from adapters.transport.halves import Halves, has_halves, without_halves
from adapters.transport.patience import Patience
from adapters.transport.silence import Silence
from adapters.transport.sse import SseSplitter
from adapters.transport.wire_reader import WireReader
from domain.errors import ParleyError
from domain.provider_errors import (
    ConnectTimedOut,
    FirstTokenTimedOut,
    ProviderError,
    ProviderGarbled,
    StreamStalled,
)
from domain.turn.events import ModelEvent, TextDelta, ThinkingDelta

# An answer's connection can serve the next one only if its body was read to the end, which
# follows the end mark at once or never.
_DRAIN_S = 0.05

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


_Deltas = Iterable[TextDelta | ThinkingDelta]

MOST_BYTES = 100_000_000
"""Of an answer in one piece, or of one event: a provider is not believed to be kind."""

BODY = "parley.body"
"""Where the answer of an SDK's HTTP client has its `RawAnswer`, among its extensions."""


class RawAnswer(Protocol):
    """The body of an HTTP answer, on its way."""

    async def read(self) -> bytes:
        """Return what has come in, content encoding removed; nothing only at its end."""
        ...

    def close(self) -> None:
        """Break the connection; a read that waits raises."""
        ...


async def read_answer(
    provider: str,
    ask: AbstractAsyncContextManager[RawAnswer],
    reader: WireReader,
    patience: Patience,
) -> AsyncGenerator[Sequence[ModelEvent], None]:
    """Send a question and yield its answer; closing the generator closes the connection.

    Whether the answer is a stream of events or one JSON body is told by its first byte: servers
    err about their content type.

    Args:
        provider: for errors.
        ask: sends the request when entered, and is there once the headers are; raises
            `ProviderError` for an answer that is an error.
        reader: a fresh one.
        patience: when silence is an error.

    Raises:
        ProviderError: whatever went wrong; anything else is a defect of the reader.
    """
    now = asyncio.get_running_loop().time
    deadline = now() + patience.first_token_s
    async with AsyncExitStack() as resources:
        head, answer = await _opened(provider, ask, resources, deadline)
        silence = resources.enter_context(Silence(deadline - now(), answer.close))
        if head[:1] == b"{":
            yield [*_read_whole(reader, await _rest(provider, head, answer, silence))]
            return
        splitter, halves = SseSplitter(), Halves()
        chunk = head
        while chunk:
            silence.since = None
            events: list[ModelEvent] = []
            try:
                _read(provider, reader, splitter, halves, chunk, events)
            except ParleyError:
                if events:
                    yield events  # Said before it went wrong.
                raise
            if events:
                if not silence.was_broken:
                    silence.broken(patience.idle_s)
                yield _in_pieces(events)
            if reader.ended:
                await _drain(answer)
                return
            silence.since = now()
            try:
                chunk = await answer.read()
            except Exception as failure:
                raise broken_answer(provider, failure, silence) from failure
        if events := _last_words(provider, splitter, halves, reader):
            yield events


def _read(
    provider: str,
    reader: WireReader,
    splitter: SseSplitter,
    halves: Halves,
    chunk: bytes,
    events: list[ModelEvent],
) -> None:
    """Add what the bytes say, the payloads before a faulty one included."""
    read = reader.feed
    payloads = splitter.feed(chunk)
    if halves.held is None:
        for payload in payloads:
            try:
                events += read(payload)
            except ProviderGarbled:
                if not has_halves(payload):
                    raise
                payloads = payloads[payloads.index(payload) :]
                break
        else:
            payloads = ()
    for payload in payloads:
        for mended in halves.mended(payload):
            events += read(mended)
    if splitter.waiting > MOST_BYTES:
        raise too_much(provider)


def _read_whole(reader: WireReader, body: bytes) -> Iterable[ModelEvent]:
    try:
        return reader.whole(body)
    except ProviderGarbled:
        if not has_halves(body):
            raise
        return reader.whole(without_halves(body))


def _in_pieces(events: list[ModelEvent]) -> list[ModelEvent]:
    """Return the same with text that came together as one piece, however the provider cut it."""
    if len(events) == 1:
        return events
    pieces: list[ModelEvent] = []
    for kind, run in groupby(events, type):
        if kind is TextDelta or kind is ThinkingDelta:
            pieces.append(kind("".join([event.text for event in cast("_Deltas", run)])))
        else:
            pieces += run
    return pieces


async def _opened(
    provider: str,
    ask: AbstractAsyncContextManager[RawAnswer],
    resources: AsyncExitStack,
    deadline: float,
) -> tuple[bytes, RawAnswer]:
    """Return the first bytes and the answer with the others; `resources` closes it."""
    try:
        async with asyncio.timeout_at(deadline):
            answer = await resources.enter_async_context(ask)
            head = await _first_bytes(answer)
    except ParleyError:
        raise
    except TimeoutError as failure:
        raise no_word(provider, failure) from failure
    except Exception as failure:
        raise broken(provider, failure, begun=False) from failure
    if head[:1] in (b"<", b"["):
        raise ProviderGarbled(provider, f"{provider} sent a page in place of an answer")
    return head, answer


def broken_answer(provider: str, failure: Exception, silence: Silence) -> ProviderError:
    """Return the error for a read that failed, or that a silence broke."""
    if not silence.noticed:
        return broken(provider, failure)
    if silence.was_broken:
        return StreamStalled(provider, f"{provider} timed out: it fell silent in mid-answer")
    return no_word(provider, failure)


def no_word(provider: str, failure: Exception) -> ProviderError:
    """Return the error for a question nobody answered, unless there was nobody to ask."""
    error = broken(provider, failure)
    if isinstance(error, ConnectTimedOut):
        return error
    return FirstTokenTimedOut(provider, f"{provider} timed out: it did not answer")


def too_much(provider: str) -> ProviderGarbled:
    """Return the error for bytes without end."""
    return ProviderGarbled(provider, f"{provider} sent more than anybody can take")


async def _first_bytes(answer: RawAnswer) -> bytes:
    """Return the body from its first byte that is not white space; empty when there is none."""
    while chunk := await answer.read():
        if head := chunk.lstrip():
            return head
    return b""


async def _rest(provider: str, head: bytes, answer: RawAnswer, silence: Silence) -> bytes:
    pieces, size = [head], len(head)
    while size <= MOST_BYTES:
        try:
            piece = await answer.read()
        except Exception as failure:
            raise broken_answer(provider, failure, silence) from failure
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
    raise too_much(provider)


async def _drain(answer: RawAnswer) -> None:
    """Read what follows the end mark; the answer is whole, so nothing here is an error any more."""
    try:
        async with asyncio.timeout(_DRAIN_S):
            while await answer.read():
                continue
    except Exception:  # noqa: BLE001 - the connection is closed next, and that is all that matters
        return


def _last_words(
    provider: str, splitter: SseSplitter, halves: Halves, reader: WireReader
) -> list[ModelEvent]:
    events: list[ModelEvent] = []
    payload = splitter.leftover()
    for mended in [*([] if payload is None else halves.mended(payload)), *halves.rest()]:
        try:
            events.extend(reader.feed(mended))
        except ProviderGarbled:
            # No JSON because the stream ended inside it; the reader knows what that means.
            return [*events, *reader.finish()]
    if payload is None and not _may_be_an_event(splitter.unread()):
        raise ProviderGarbled(provider, f"{provider} sent something that is not its protocol")
    if not reader.ended:
        events.extend(reader.finish())
    return events


def _may_be_an_event(unread: bytes) -> bool:
    """Return whether the bytes are nothing, or an event that was cut before its payload."""
    unread = unread.lstrip(b"\n")
    return any(unread.startswith(field) or field.startswith(unread) for field in _FIELDS)

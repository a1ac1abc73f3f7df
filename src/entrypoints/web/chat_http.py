"""Chat over HTTP: one answer, or a stream of it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, post
from litestar.params import JSONBody

from application.chat.turns import Turns
from application.files.links import FileLinks
from application.ports.clock import Clock
from domain.errors import ParleyError
from domain.ids import TurnId
from domain.turn.agent_events import RoundBegan
from domain.turn.ask import Ask
from domain.turn.entries import Entry
from domain.turn.events import (
    ModelChosen,
    ProviderRetrying,
    SpeechDeclined,
    TurnCancelled,
    TurnFailed,
    TurnStarted,
)
from entrypoints.web.documented import BEARER, TurnKey, answers_also, errors, event_stream
from entrypoints.web.errors import INTERNAL, TurnDidNotAnswer
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.live import Live, Write
from entrypoints.web.presence import ClientGone, while_there
from entrypoints.web.replies import CHAT_DOOR
from entrypoints.web.wire.answers import AnswerFold, ChatAnswer
from entrypoints.web.wire.chat_requests import ChatRequest
from entrypoints.web.wire.envelopes import ChatEnvelope
from entrypoints.web.wire.text_stream import as_events, as_plain_text, failure

log = structlog.get_logger("chat")

_ERRORS = errors(401, 403, 409, 410, 422, 429, 502, 504)
_BEFORE_THE_ANSWER = (TurnStarted, ModelChosen, SpeechDeclined, ProviderRetrying, RoundBegan)


@post(
    "/chat",
    status_code=200,
    operation_class=answers_also("text/plain"),
    guards=[signed_in],
    opt=CHAT_DOOR,
    tags=["Chat"],
    security=BEARER,
    responses=_ERRORS,
    summary="Ask and wait for the whole answer",
)
@inject
async def chat(
    request: SignedIn,
    data: JSONBody[ChatRequest],
    turns: FromDishka[Turns],
    clock: FromDishka[Clock],
    links: FromDishka[FileLinks],
    idempotency_key: TurnKey = None,
) -> Response[ChatEnvelope[ChatAnswer]]:
    """Answer one question. A body with `user_input` is answered in plain text as it comes."""
    visit = _Visit(turns, request, data.ask(request.user, idempotency_key))
    turn = await visit.begin()
    if data.wants_plain_text:
        await visit.first_sign()
        return Live(
            visit.source(as_plain_text, _plain_failure),
            clock,
            media_type="text/plain",
            headers={"X-Turn-ID": turn},
            on_leave=visit.left,
        )
    answer = await visit.whole(data.session_id, links)
    return Response(ChatEnvelope(data=answer), headers={"X-Turn-ID": turn})


@post(
    "/chat/stream",
    status_code=200,
    guards=[signed_in],
    opt=CHAT_DOOR,
    tags=["Chat"],
    security=BEARER,
    responses=_ERRORS
    | event_stream(
        "Text as it is, reasoning and tool calls as JSON objects, `[DONE]` or `[ERROR: …]` last."
    ),
    summary="Ask and read the answer as it is written",
)
@inject
async def chat_stream(
    request: SignedIn,
    data: JSONBody[ChatRequest],
    turns: FromDishka[Turns],
    clock: FromDishka[Clock],
    links: FromDishka[FileLinks],
    idempotency_key: TurnKey = None,
) -> Live:
    """Stream one answer as server-sent events; what fails before its first word has a status."""
    visit = _Visit(turns, request, data.ask(request.user, idempotency_key))
    turn = await visit.begin()
    await visit.first_sign()
    return Live(
        visit.source(partial(as_events, renewed=links.kept), failure),
        clock,
        headers={"X-Turn-ID": turn},
        on_leave=visit.left,
    )


class _Visit:
    """One client and the turn it asked for, which is not kept: it ends when the client leaves.

    Under an idempotency key the turn goes on: the client has said that it may come back.
    """

    def __init__(self, turns: Turns, request: SignedIn, ask: Ask) -> None:
        self._turns = turns
        self._request = request
        self._ask = ask
        self._turn = TurnId("")

    async def begin(self) -> TurnId:
        self._turn = (await self._turns.start(self._ask)).turn
        return self._turn

    async def whole(self, session: str | None, links: FileLinks) -> ChatAnswer:
        """Return the answer once it is there.

        Raises:
            TurnDidNotAnswer: it failed or was cancelled.
            ClientGone: the client left; the turn is stopped.
        """
        return await self._while_there(self._fold(session, AnswerFold(links.kept)))

    async def first_sign(self) -> None:
        """Wait until there is something to show.

        Raises:
            TurnDidNotAnswer: it failed or was cancelled before that.
            ClientGone: the client left; the turn is stopped.
        """
        await self._while_there(self._until_first_sign())

    def source(
        self, show: Callable[[Sequence[Entry]], bytes], fail: Callable[[str], bytes]
    ) -> Callable[[Write], Any]:
        """Return what writes the answer as it grows."""

        async def write_all(write: Write) -> None:
            try:
                async with self._turns.follow(self._ask.user, self._turn) as batches:
                    async for batch in batches:
                        if shown := show(batch):
                            await write(shown)
            except ParleyError as error:
                await write(fail(str(error)))
            except OSError:
                raise
            except Exception:
                log.exception("stream failed", turn=self._turn)
                await write(fail(INTERNAL))

        return write_all

    async def left(self) -> None:
        """Stop the turn of a client that has gone."""
        if self._ask.key is not None:
            return
        try:
            await self._turns.cancel(self._ask.user, self._turn)
        except ParleyError as error:
            log.debug("nothing left to stop", turn=self._turn, error=error.code)

    async def _while_there(self, work: Any) -> Any:
        try:
            return await while_there(self._request.receive, work)
        except ClientGone:
            await self.left()
            raise

    async def _fold(self, session: str | None, fold: AnswerFold) -> ChatAnswer:
        async with self._turns.follow(self._ask.user, self._turn) as batches:
            async for batch in batches:
                for entry in batch:
                    if isinstance(entry.event, TurnFailed | TurnCancelled):
                        raise TurnDidNotAnswer(entry.event)
                    fold.add(entry.event)
        return fold.answer(session)

    async def _until_first_sign(self) -> None:
        async with self._turns.follow(self._ask.user, self._turn) as batches:
            async for batch in batches:
                for entry in batch:
                    if isinstance(entry.event, TurnFailed | TurnCancelled):
                        raise TurnDidNotAnswer(entry.event)
                    if not isinstance(entry.event, _BEFORE_THE_ANSWER):
                        return


def _plain_failure(message: str) -> bytes:
    return f"\n[ERROR: {message}]".encode()

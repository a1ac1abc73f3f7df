"""Turns by their id: who runs, follow, cancel."""

from typing import Annotated

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from msgspec import Struct

from application.chat.turns import Turns
from application.ports.clock import Clock
from domain.errors import ParleyError
from domain.ids import TurnId
from domain.turn.entries import Entry
from domain.turn.errors import EventsForgotten, TurnInterrupted
from entrypoints.web.documented import BEARER, BEARER_OR_URL, errors, event_stream
from entrypoints.web.errors import stage_of
from entrypoints.web.identity import SignedIn, signed_in, signed_in_by_url
from entrypoints.web.live import Live, Write
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.event_bodies import terminal_pair, waits_for_client
from entrypoints.web.wire.event_ids import DIGITS, Seen, events_of, seen_by, steps_apart
from entrypoints.web.wire.frame import frame
from entrypoints.web.wire.frames import Framer
from entrypoints.web.wire.sse import event

log = structlog.get_logger("turns")

After = Annotated[
    int, QueryParameter(ge=0, le=10**DIGITS, description="The last number that was seen.")
]
TurnPath = Annotated[str, PathParameter(description="The id that every frame of it carries.")]
LastSeen = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        required=False,
        description="What a browser sends when it reconnects; wins over `after`.",
    ),
]


class RunningTurn(Struct, frozen=True):
    """A turn that has not ended."""

    turn_id: str
    request_type: str


class RunningTurns(Struct, frozen=True):
    """The caller's turns, oldest first."""

    turns: tuple[RunningTurn, ...]
    count: int


class CancelledTurn(Struct, frozen=True):
    """The turn that was asked to stop."""

    turn_id: str


@get(
    "/api/v1/turns",
    guards=[signed_in],
    tags=["Turns"],
    security=BEARER,
    responses=errors(401, 403),
    summary="List the turns that are running",
)
@inject
async def running_turns(request: SignedIn, turns: FromDishka[Turns]) -> Envelope[RunningTurns]:
    """Return the caller's running turns."""
    running = await turns.running(request.user)
    found = tuple(RunningTurn(header.turn, header.kind) for header in running)
    return Envelope(message="Turns retrieved successfully", data=RunningTurns(found, len(found)))


@get(
    "/api/v1/turns/{turn_id:str}/events",
    guards=[signed_in_by_url],
    tags=["Turns"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 404, 422)
    | event_stream(
        "`id:` is the number, with a zero before it for each frame of that number still to come; "
        "`data:` is the frame of the socket; the end pair is last."
    ),
    summary="Follow a turn",
)
@inject
async def turn_events(
    request: SignedIn,
    turn_id: TurnPath,
    turns: FromDishka[Turns],
    framer: FromDishka[Framer],
    clock: FromDishka[Clock],
    after: After = 0,
    last_event_id: LastSeen = None,
) -> Live:
    """Stream the turn's frames above a number, up to its end. Leaving does not stop the turn."""
    turn, user = TurnId(turn_id), request.user
    seen = Seen(after) if last_event_id is None else seen_by(last_event_id)
    try:
        async with turns.follow(user, turn):
            log.debug("followed", turn=turn, after=seen.whole)
    except (TurnInterrupted, EventsForgotten) as error:
        # A browser cannot read the body of a refusal, so the reason comes as a frame.
        lost = error
    else:
        lost = None

    async def source(write: Write) -> None:
        try:
            if lost is not None:
                raise lost
            ended = False
            async with turns.follow(user, turn, seen.whole) as batches:
                async for batch in batches:
                    for step in steps_apart(framer, turn, batch):
                        await write(events_of(step, seen))
                        ended = step.final
            if not ended:
                # Cut off within the ending, whose frames share a number, a browser would come
                # back for ever, since only the pair tells it that there is no more.
                *_, last = await turns.so_far(user, turn)
                await write(_pair(turn, last))
        except ParleyError as error:
            await write(_unreadable(turn, error))

    return Live(source, clock)


@post(
    "/api/v1/turns/{turn_id:str}/cancel",
    status_code=200,
    guards=[signed_in],
    tags=["Turns"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="Stop a turn",
)
@inject
async def cancel_turn(
    request: SignedIn, turn_id: TurnPath, turns: FromDishka[Turns]
) -> Envelope[CancelledTurn]:
    """Stop the turn, wherever it runs. One that has ended stays as it is."""
    try:
        await turns.cancel(request.user, TurnId(turn_id))
    except TurnInterrupted:
        log.debug("nothing left to cancel", turn=turn_id)
    return Envelope(message="Turn cancelled successfully", data=CancelledTurn(turn_id))


def _pair(turn: TurnId, last: Entry) -> bytes:
    """Return the pair of a turn that is over; one that waits for its client has none."""
    if waits_for_client(last.event):
        return b""
    bodies = (body | {"turn_id": turn, "seq": last.seq} for body in terminal_pair())
    return b"".join(event(frame(body).on(b""), last.seq) for body in bodies)


def _unreadable(turn: TurnId, error: ParleyError) -> bytes:
    stage = stage_of(error.code, after_content=False)
    said: Body = {"type": "error", "content": str(error), "stage": stage, "code": error.code}
    bodies = (body | {"turn_id": turn} for body in (said, *terminal_pair()))
    return b"".join(event(frame(body).on(b"")) for body in bodies)

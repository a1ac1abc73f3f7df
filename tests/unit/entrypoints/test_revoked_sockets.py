"""Open sockets whose token was revoked or has expired are closed, and no others."""

from adapters.memory.clock import settle
from application.accounts.token_versions import TokenVersions
from application.ports.tokens import Bearer
from entrypoints.web.revoked_sockets import LOOK_S, RevokedSockets
from tests.unit.entrypoints.sockets import Client, asking
from tests.unit.rig import ANNA, BORIS, Rig, said


def watch_over(rig: Rig) -> RevokedSockets:
    return RevokedSockets(TokenVersions(rig.store, rig.clock), rig.clock)


async def revoke(rig: Rig) -> None:
    async with rig.store() as db:
        await db.accounts.revoke_tokens(ANNA)


async def test_a_socket_is_closed_within_three_seconds_of_the_revocation() -> None:
    async with Rig() as rig, Client(rig) as anna, Client(rig, BORIS) as boris:
        sockets = watch_over(rig)
        async with sockets.watching():
            with (
                sockets.watched(anna.line, Bearer(ANNA, 0)),
                sockets.watched(boris.line, Bearer(BORIS, 0)),
            ):
                await rig.clock.advance(LOOK_S)
                assert anna.socket.closed is None
                await revoke(rig)
                await rig.clock.advance(3)
                assert anna.socket.closed == (4401, "Unauthorized")
                assert boris.socket.closed is None
                await rig.clock.advance(LOOK_S)


async def test_a_socket_is_closed_within_three_seconds_of_the_end_of_its_token() -> None:
    async with Rig() as rig, Client(rig) as short, Client(rig) as long:
        rig.store.away = True  # What ends by itself needs no look at the database.
        sockets, now_s = watch_over(rig), rig.clock.now().timestamp()
        async with sockets.watching():
            with (
                sockets.watched(short.line, Bearer(ANNA, 0, now_s + LOOK_S + 1)),
                sockets.watched(long.line, Bearer(ANNA, 0, now_s + 90)),
            ):
                await rig.clock.advance(LOOK_S)
                assert short.socket.closed is None
                await rig.clock.advance(3)
                assert short.socket.closed == (4401, "Unauthorized")
                assert long.socket.closed is None


async def test_its_turn_goes_on() -> None:
    async with Rig(said("So", "be", "it")) as rig, Client(rig) as anna:
        sockets = watch_over(rig)
        async with sockets.watching():
            with sockets.watched(anna.line, Bearer(ANNA, 0)):
                await anna.say(asking())
                await revoke(rig)
                await rig.clock.advance(LOOK_S)
        await settle(60)
        assert anna.socket.closed is not None


async def test_a_database_that_is_away_closes_nobody() -> None:
    async with Rig() as rig, Client(rig) as anna:
        sockets = watch_over(rig)
        async with sockets.watching():
            with sockets.watched(anna.line, Bearer(ANNA, 0)):
                rig.store.away = True
                await rig.clock.advance(LOOK_S)
                assert anna.socket.closed is None
                rig.store.away = False
                await revoke(rig)
                await rig.clock.advance(LOOK_S)
                assert anna.socket.closed is not None


async def test_without_sockets_the_database_is_left_alone() -> None:
    async with Rig() as rig:
        before = rig.store.opened
        async with watch_over(rig).watching():
            await rig.clock.advance(100 * LOOK_S)
        assert rig.store.opened == before

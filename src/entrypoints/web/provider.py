"""What only the web entrypoint needs."""

from functools import partial

from dishka import Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own
from dishka.integrations.litestar import LitestarProvider

from application.accounts.token_versions import TokenVersions
from application.files.links import FileLinks
from application.ports.clock import Clock
from entrypoints.web.asking import Asking
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.errors import stage_of
from entrypoints.web.idle_sockets import IdleSockets
from entrypoints.web.revoked_sockets import RevokedSockets
from entrypoints.web.wire.frames import Framer
from entrypoints.web.wire.history import saved_session
from entrypoints.wiring.settings import Settings


class WebProvider(LitestarProvider):
    """What all sockets of the process share."""

    asking = provide(Asking, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def deliveries(self) -> Deliveries:
        """What every socket of the process has been told."""
        return Deliveries()

    @provide(scope=Scope.APP)
    def framer(self, links: FileLinks) -> Framer:
        """Frames look the same for every reader."""
        shown = partial(saved_session, links=links)
        return Framer(stage_of, shown, links.kept)

    @provide(scope=Scope.APP)
    def idle_sockets(self, clock: Clock, settings: Settings) -> IdleSockets:
        """One watch over all sockets."""
        return IdleSockets(clock, settings.socket_idle_timeout_s)

    @provide(scope=Scope.APP)
    def revoked_sockets(self, versions: TokenVersions, clock: Clock) -> RevokedSockets:
        """One watch over all sockets."""
        return RevokedSockets(versions, clock)

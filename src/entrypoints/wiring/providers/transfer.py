"""Moving accounts: out of this server, into it, and out of other services."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.disk.spool import DiskSpool
from adapters.exports.limits import Limits
from adapters.exports.reader import ExportReader
from application.ports.archives import Archives
from application.ports.clock import Clock
from application.ports.spool import Spool
from application.transfer.export_account import ExportAccount
from application.transfer.import_archive import ImportArchive
from application.transfer.receive_archive import ReceiveArchive
from entrypoints.wiring.settings import Settings


class TransferProvider(Provider):
    """`ReceiveArchive` knows who is being served; the others hold no state."""

    scope = Scope.APP

    export_account = provide(ExportAccount)
    import_archive = provide(ImportArchive)

    @provide
    def archives(self, clock: Clock, settings: Settings) -> Archives:
        """As much as the operator allows."""
        limits = Limits(
            total_bytes=settings.import_max_bytes,
            record_bytes=settings.import_max_record_bytes,
            records=settings.import_max_records,
        )
        return ExportReader(clock, limits)

    @provide
    def spool(self, settings: Settings) -> Spool:
        """Beside the databases, where there is room."""
        return DiskSpool(settings.data_dir)

    @provide
    def receive_archive(
        self, spool: Spool, import_archive: ImportArchive, settings: Settings
    ) -> ReceiveArchive:
        """As much as the operator allows."""
        return ReceiveArchive(spool, import_archive, settings.import_max_bytes)

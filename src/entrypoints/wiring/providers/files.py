"""Where files are, and who may open them."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.disk.files import DiskFiles
from application.files.keep_file import KeepFile
from application.files.links import FileLinks
from application.files.own_files import DeleteFile, ListFiles, ShowFile
from application.files.upload_file import UploadFile
from application.files.user_files import UserFiles
from application.ports.clock import Clock
from application.ports.files import Files
from entrypoints.wiring.auth_secret import auth_secret
from entrypoints.wiring.settings import Settings


class FilesProvider(Provider):
    """Nothing is touched before the first file."""

    scope = Scope.APP

    keep_file = provide(KeepFile)
    user_files = provide(UserFiles)
    list_files = provide(ListFiles)
    show_file = provide(ShowFile)
    delete_file = provide(DeleteFile)

    @provide
    def files(self, settings: Settings) -> Files:
        """A folder beside the databases."""
        return DiskFiles(settings.data_dir / "files")

    @provide
    def upload_file(
        self, keep: KeepFile, files: Files, clock: Clock, settings: Settings
    ) -> UploadFile:
        """Up to the operator's limit."""
        return UploadFile(keep, files, clock, settings.upload_bytes)

    @provide
    def links(self, settings: Settings, clock: Clock) -> FileLinks:
        """Signed with what is derived from the server's own secret."""
        return FileLinks(
            auth_secret(settings), settings.files_place, settings.file_link_ttl_s, clock
        )

"""Where files are, and who may open them."""

from collections.abc import AsyncIterator
from pathlib import Path

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.disk.files import DiskFiles
from adapters.s3.client import Bucket
from adapters.s3.files import S3Files
from application.files.keep_file import KeepFile
from application.files.links import FileLinks
from application.files.own_files import DeleteFile, ListFiles, ShowFile
from application.files.upload_file import UploadFile
from application.files.upload_log import UploadLog
from application.files.user_files import UserFiles
from application.ports.clock import Clock
from application.ports.files import Files
from domain.storage_errors import StorageError
from entrypoints.wiring.auth_secret import auth_secret
from entrypoints.wiring.settings import Settings

_ANY_REGION = "us-east-1"
"""What servers other than Amazon's go by when nobody has told them of regions."""


class FilesProvider(Provider):
    """Nothing is touched before the first file."""

    scope = Scope.APP

    keep_file = provide(KeepFile)
    user_files = provide(UserFiles)
    list_files = provide(ListFiles)
    show_file = provide(ShowFile)
    delete_file = provide(DeleteFile)

    @provide
    async def files(self, settings: Settings, clock: Clock) -> AsyncIterator[Files]:
        """A bucket where one is named, else a folder beside the databases."""
        if not settings.image_s3_bucket:
            yield DiskFiles(_folder(settings.data_dir / "files"))
            return
        bucket = Bucket(
            settings.image_s3_bucket,
            settings.aws_region or _ANY_REGION,
            settings.aws_access_key_id,
            settings.aws_secret_access_key,
            settings.aws_endpoint_url_s3 or None,
        )
        files = S3Files(bucket, clock, sends_itself=settings.s3_delivery == "redirect")
        yield files
        await files.aclose()

    @provide
    def upload_file(
        self, keep: KeepFile, files: Files, clock: Clock, settings: Settings
    ) -> UploadFile:
        """Up to the operator's limit."""
        return UploadFile(keep, files, clock, settings.upload_bytes)

    @provide
    def upload_log(self, keep: KeepFile, clock: Clock, settings: Settings) -> UploadLog:
        """Likewise."""
        return UploadLog(keep, clock, settings.upload_bytes)

    @provide
    def links(self, settings: Settings, clock: Clock) -> FileLinks:
        """Signed with what is derived from the server's own secret."""
        return FileLinks(
            auth_secret(settings), settings.files_place, settings.file_link_ttl_s, clock
        )


def _folder(place: Path) -> Path:
    """Return the place, which is a folder or can still become one.

    Raises:
        StorageError: something else is there; said now, not with the first file.
    """
    if (place.exists() or place.is_symlink()) and not place.is_dir():
        raise StorageError("open", f"{place} is no folder: files are kept there; move it away")
    return place

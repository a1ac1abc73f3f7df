"""Stored files → what clients are told of them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from application.files.links import FileLinks
from domain.files.stored import FilePage, StoredFile
from entrypoints.web.wire.history import moment


class Uploaded(Struct, frozen=True):
    """Where an upload is; clients of either kind find the link under their own key."""

    url: str
    result: str
    filename: str


class UploadMeta(Struct, frozen=True):
    """What was said with an upload, and what it turned out to be."""

    category: str
    action: str
    extension: str
    content_type: str


class UploadEnvelope(Struct, frozen=True, kw_only=True):
    """Envelope A with a `meta` of its own."""

    code: int = 200
    success: Literal[True] = True
    message: str
    data: Uploaded
    meta: UploadMeta


class FileObject(Struct, frozen=True):
    """A stored file."""

    key: str
    url: Annotated[str, Meta(description="Opens the file without a token, for some hours.")]
    name: str
    content_type: str
    size: int
    created_at: str


class FileList(Struct, frozen=True):
    """Some files, oldest days first; `next` is the `after` of the following page."""

    files: tuple[FileObject, ...]
    count: int
    next: str | None


def uploaded(file: StoredFile, links: FileLinks) -> Uploaded:
    """Return where an upload is."""
    link = links.link(file.key)
    return Uploaded(link, link, file.key.rpartition("/")[2])


def file_object(file: StoredFile, links: FileLinks) -> FileObject:
    """Return a stored file with a fresh link."""
    return FileObject(
        key=file.key,
        url=links.link(file.key),
        name=file.name,
        content_type=file.mime_type,
        size=file.size_bytes,
        created_at=moment(file.stored_at),
    )


def file_list(page: FilePage, links: FileLinks) -> FileList:
    """Return a page of files with fresh links."""
    found = tuple(file_object(file, links) for file in page.files)
    return FileList(found, len(found), page.next)

"""Files in a bucket, Amazon's or any other that speaks its language."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing, suppress
from datetime import UTC
from typing import Any

from adapters.s3.client import Bucket, S3Client, translated
from adapters.s3.upload import PART, Upload
from application.flow.undisturbed import undisturbed
from application.ports.clock import Clock
from application.ports.files import PAGE, Files
from domain.errors import FileNotFound, FileRefused, FileTooLarge
from domain.files.keys import owner_of, read_key
from domain.files.stored import FilePage, StoredFile
from domain.ids import FileKey, UserId
from domain.storage_errors import FilesUnavailable

CHUNK = 256 * 1024
LONGEST_LINK_S = 3600
"""A link of the bucket's own is followed at once; nobody needs it for longer."""
_LISTED = 1000
"""The most that S3 lists at once."""


class S3Files(Files):
    """Objects that nobody can read but by this server, or by links that it has signed.

    An upload goes in parts as it comes; one that breaks off is taken back. What a process that is
    killed leaves of one is no object, but takes room until the bucket's lifecycle rules remove it.
    """

    def __init__(self, bucket: Bucket, clock: Clock, *, sends_itself: bool = True) -> None:
        """Take the bucket; nothing connects before the first file.

        Args:
            bucket: where files are.
            clock: says when a file was stored, until the bucket is asked.
            sends_itself: clients can reach the bucket, so that files need not pass through here.
        """
        self._name = bucket.name
        self._clock = clock
        self._connected = S3Client(bucket)
        self._sends_itself = sends_itself

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connected.aclose()

    async def put(self, key: FileKey, chunks: AsyncIterable[bytes], most_bytes: int) -> StoredFile:
        upload = Upload(await self._connected(), self._name, key)
        try:
            size = await _send(upload, chunks, most_bytes)
        except BaseException:
            with suppress(FilesUnavailable):  # What went wrong first is what counts.
                await undisturbed(upload.discard(), "taking back an upload")
            raise
        return StoredFile(key, size, self._clock.now())

    async def about(self, owner: UserId, key: FileKey) -> StoredFile:
        client = await self._connected()
        with translated("look up", _missing(key)):
            found = await client.head_object(**self._place(owner, key))
        return StoredFile(key, found["ContentLength"], found["LastModified"].astimezone(UTC))

    async def read(
        self, owner: UserId, key: FileKey, first: int = 0, last: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        client = await self._connected()
        span = f"bytes={first}-{'' if last is None else last}"
        past_the_end = EOFError()
        try:
            with translated("read", {**_missing(key), "InvalidRange": past_the_end}):
                found = await client.get_object(**self._place(owner, key), Range=span)
        except EOFError:
            return
        async with found["Body"] as body:
            while True:
                with translated("read"):
                    chunk = await body.read(CHUNK)
                if not chunk:
                    return
                yield chunk

    async def page(
        self, owner: UserId, after: FileKey | None = None, limit: int = PAGE
    ) -> FilePage:
        found: list[StoredFile] = []
        async with aclosing(self._listed(owner, after or "", min(_LISTED, limit))) as pages:
            async for listed, more in pages:
                found += filter(None, map(_stored, listed))
                if len(found) >= limit:
                    last = found[limit - 1].key if more or len(found) > limit else None
                    return FilePage(tuple(found[:limit]), last)
        return FilePage(tuple(found))

    async def delete(self, owner: UserId, key: FileKey) -> None:
        await self.about(owner, key)  # Deleting alone does not say whether there was anything.
        client = await self._connected()
        with translated("delete"):
            await client.delete_object(**self._place(owner, key))

    async def delete_all(self, owner: UserId) -> None:
        client = await self._connected()
        async for listed, _ in self._listed(owner, "", _LISTED):
            names = [{"Key": item["Key"]} for item in listed]
            with translated("delete"):
                gone = await client.delete_objects(
                    Bucket=self._name, Delete={"Objects": names, "Quiet": True}
                )
            if gone.get("Errors"):
                raise FilesUnavailable("delete")

    async def direct_link(self, file: StoredFile, seconds: int) -> str | None:
        if not self._sends_itself:
            return None
        client = await self._connected()
        wanted = {
            "Bucket": self._name,
            "Key": file.key,
            "ResponseContentType": file.mime_type,
            "ResponseContentDisposition": file.disposition,
        }
        until = max(1, min(seconds, LONGEST_LINK_S))
        link: str = await client.generate_presigned_url("get_object", wanted, ExpiresIn=until)
        return link

    def _place(self, owner: UserId, key: FileKey) -> dict[str, str]:
        if owner_of(key) != owner:
            raise FileNotFound(key)
        return {"Bucket": self._name, "Key": key}

    async def _listed(
        self, owner: UserId, after: str, at_once: int
    ) -> AsyncGenerator[tuple[list[Mapping[str, Any]], bool], None]:
        client = await self._connected()
        more = True
        while more:
            with translated("list"):
                answer = await client.list_objects_v2(
                    Bucket=self._name,
                    Prefix=f"{int(owner)}/",
                    StartAfter=after,
                    MaxKeys=at_once,
                )
            listed: list[Mapping[str, Any]] = answer.get("Contents", [])
            more = bool(listed) and answer["IsTruncated"]
            if listed:
                yield listed, more
                after = listed[-1]["Key"]


async def _send(upload: Upload, chunks: AsyncIterable[bytes], most_bytes: int) -> int:
    size = 0
    part = bytearray()
    async for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise FileTooLarge(most_bytes)
        part += chunk
        while len(part) > PART:
            await upload.add(bytes(part[:PART]))
            del part[:PART]
    if not size:
        raise FileRefused("Uploaded file is empty")
    await undisturbed(upload.publish(bytes(part)), "finishing an upload")
    return size


def _missing(key: FileKey) -> dict[str, Exception]:
    # `head` has no body, and so no code but its status.
    return dict.fromkeys(("NoSuchKey", "404", "NotFound"), FileNotFound(key))


def _stored(item: Mapping[str, Any]) -> StoredFile | None:
    key = read_key(item["Key"])
    if key is None:
        return None  # Not ours, though it is in our bucket.
    return StoredFile(key, item["Size"], item["LastModified"].astimezone(UTC))

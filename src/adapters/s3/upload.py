"""One file on its way into a bucket, in parts: it is there as a whole, or there is nothing."""

from typing import Any

from adapters.s3.client import translated
from domain.errors import AlreadyExists
from domain.files.keys import is_chosen
from domain.files.stored import disposition_of, mime_type_of
from domain.ids import FileKey

PART = 5 * 1024 * 1024
"""Bytes of each part but the last; the least that S3 takes."""


class Upload:
    """Nothing is begun before there is more than one part: most files need one request."""

    def __init__(self, client: Any, bucket: str, key: FileKey) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._taken: dict[str, Exception] = {
            code: AlreadyExists(f"There is a file under this name already: {key}")
            for code in ("PreconditionFailed", "ConditionalRequestConflict")
        }
        # Not every server knows the condition; only names that were chosen need it.
        self._only_new = {"IfNoneMatch": "*"} if is_chosen(key) else {}
        self._said = {"ContentType": mime_type_of(key), "ContentDisposition": disposition_of(key)}
        self._id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._published = False

    async def add(self, content: bytes) -> None:
        """Send a part that is not the last one."""
        with translated("put"):
            if self._id is None:
                begun = await self._client.create_multipart_upload(**self._place, **self._said)
                self._id = begun["UploadId"]
            await self._send(content)

    async def publish(self, content: bytes) -> None:
        """Send the last part; the file is there from then on.

        Raises:
            AlreadyExists: there is a file under the key, which stays.
        """
        with translated("put", self._taken):
            if self._id is None:
                await self._client.put_object(
                    **self._place, **self._said, **self._only_new, Body=content
                )
            else:
                if content:
                    await self._send(content)
                await self._client.complete_multipart_upload(
                    **self._place,
                    **self._only_new,
                    UploadId=self._id,
                    MultipartUpload={"Parts": self._parts},
                )
            self._published = True

    async def discard(self) -> None:
        """Leave nothing of it, published or not."""
        with translated("discard"):
            if self._published:
                await self._client.delete_object(**self._place)
            elif self._id is not None:
                await self._client.abort_multipart_upload(**self._place, UploadId=self._id)

    async def _send(self, content: bytes) -> None:
        number = len(self._parts) + 1
        sent = await self._client.upload_part(
            **self._place, UploadId=self._id, PartNumber=number, Body=content
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})

"""One client for one bucket: made when it is first needed, its errors in our words."""

import asyncio
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import structlog
from msgspec import Struct

from domain.storage_errors import FilesUnavailable

_log = structlog.get_logger("files")

CONNECT_S = 10
READ_S = 30
ATTEMPTS = 3


class Bucket(Struct, frozen=True):
    """Where it is, and who may use it."""

    name: str
    region: str
    key_id: str
    secret: str
    endpoint: str | None = None
    """Of a server that is not Amazon's."""


class S3Client:
    """Imports and connects with the first request; half a second that no start has to pay."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._making = asyncio.Lock()
        self._open = AsyncExitStack()
        self._client: Any = None

    async def __call__(self) -> Any:
        """Return aiobotocore's client, the same each time."""
        async with self._making:
            if self._client is None:
                session, config = await asyncio.to_thread(_session, self._bucket)
                making = session.create_client(
                    "s3",
                    region_name=self._bucket.region,
                    endpoint_url=self._bucket.endpoint,
                    aws_access_key_id=self._bucket.key_id,
                    aws_secret_access_key=self._bucket.secret,
                    config=config,
                )
                self._client = await self._open.enter_async_context(making)
        return self._client

    async def aclose(self) -> None:
        """Close all connections."""
        await self._open.aclose()


def code_of(error: Exception) -> str:
    """Return S3's word for what went wrong; empty where it did not say."""
    answer: Any = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


@contextmanager
def translated(
    operation: str, expected: dict[str, Exception] | None = None
) -> Generator[None, None, None]:
    """Turn the SDK's errors into ours.

    Args:
        operation: what is tried.
        expected: what an S3 code means here; any other is the storage's failure.
    """
    # The SDK is there already: whoever comes here has its client.
    from aiohttp import ClientError as ConnectionLost  # noqa: PLC0415
    from botocore.exceptions import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if expected and code in expected:
            raise expected[code] from error
        _log.error("file storage failed", operation=operation, error=code)
        raise FilesUnavailable(operation) from error
    except (BotoCoreError, ConnectionLost, TimeoutError, OSError) as error:
        _log.error("file storage failed", operation=operation, error=type(error).__name__)
        raise FilesUnavailable(operation) from error


def _session(bucket: Bucket) -> tuple[Any, Any]:
    from aiobotocore import config as configs  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
    from aiobotocore import session as sessions  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    session: Any = sessions.get_session()  # pyright: ignore[reportUnknownMemberType]
    loader = session.get_component("data_loader")
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind)  # Remembered; read on the loop it would hold it up.
    config = configs.AioConfig(
        signature_version="s3v4",
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        # Other servers have no names for their buckets, and know no newer checksums.
        s3={"addressing_style": "path" if bucket.endpoint else "virtual"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session, config

"""One application a test."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.api.offline_app import Parley


@pytest.fixture
async def parley(tmp_path: Path) -> AsyncGenerator[Parley, None]:
    async with Parley(tmp_path, cors_origins=("http://localhost:*",)).running() as running:
        yield running


@pytest.fixture
async def anna(parley: Parley) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A client with Anna's token; she is customer 1."""
    async with parley.client() as client:
        client.headers.update(parley.headers)
        yield client


@pytest.fixture
async def stranger(parley: Parley) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A client without a token."""
    async with parley.client() as client:
        yield client

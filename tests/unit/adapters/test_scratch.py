"""Scratch paper: what was written is read, however much of it went to a file."""

import pytest

from adapters.system.scratch import SystemScratch

KIB = 1024


@pytest.mark.parametrize("chunks", [0, 1, 40, 43, 100])
async def test_all_that_was_written_is_read(chunks: int) -> None:
    written = [bytes([number]) * 25 * KIB for number in range(chunks)]
    async with SystemScratch().sheet() as sheet:
        for chunk in written:
            await sheet.write(chunk)
        assert sheet.size_bytes == chunks * 25 * KIB
        for _ in range(2):
            read = [chunk async for chunk in sheet.read()]
            assert b"".join(read) == b"".join(written)

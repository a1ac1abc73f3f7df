"""Records in a file, one a line."""

from collections.abc import AsyncIterable, AsyncIterator

import msgspec

from domain.batch import BatchAnswer, BatchRequest, BatchResult

MOST_A_PIECE = 64
"""So many are handled before others get their turn: some milliseconds' work."""

decode_request = msgspec.json.Decoder(BatchRequest).decode
decode_result = msgspec.json.Decoder(BatchResult).decode
decode_answer = msgspec.json.Decoder(BatchAnswer).decode
encode = msgspec.json.Encoder().encode


async def lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[list[bytes]]:
    """Yield the lines of a file, some at a time; empty ones are passed over."""
    begun: list[bytes] = []
    async for chunk in chunks:
        first, *rest = chunk.split(b"\n")
        begun.append(first)
        if not rest:
            continue
        whole = [b"".join(begun), *rest[:-1]]
        begun = [rest[-1]]
        found = [line for line in whole if line.strip()]
        for start in range(0, len(found), MOST_A_PIECE):
            yield found[start : start + MOST_A_PIECE]
    if last := b"".join(begun).strip():
        yield [last]

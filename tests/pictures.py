"""Pictures that say their size and hold nothing else."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """Return a PNG without any pixels; its header is good."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IEND", b"")


def jpeg(width: int, height: int, before: int = 0) -> bytes:
    """Return a JPEG without any pixels, whose size comes after a description of so many bytes."""
    found = b"\xff\xd8"
    while before > 0:
        size = min(before, 65_000)
        found += b"\xff\xe1" + struct.pack(">H", size + 2) + b"\0" * size
        before -= size
    return found + b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\0\0\0\xff\xd9"


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check

"""What a file is, by what it holds."""

import pytest

from domain.files.content_types import type_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("content", "said", "found"),
    [
        (b"\x89PNG\r\n\x1a\n....", "text/html", ("image/png", False)),
        (b"\xff\xd8\xff\xe0....", "", ("image/jpeg", False)),
        (b"GIF89a....", "image/png", ("image/gif", False)),
        (b"RIFF....WEBPVP8 ", "image/jpeg", ("image/webp", False)),
        (b"RIFF....WAVEfmt ", "", ("audio/wav", False)),
        (b"....ftypavif", "", ("image/avif", False)),
        (b"....ftypisom", "audio/mp4", ("audio/mp4", False)),
        (b"....ftypisom", "image/png", ("video/mp4", False)),
        (b"\x1a\x45\xdf\xa3....", "audio/webm;codecs=opus", ("audio/webm", False)),
        (b"\x1a\x45\xdf\xa3....", "", ("video/webm", False)),
        (b"ID3\x04....", "", ("audio/mpeg", False)),
        (b"\xff\xfb\x90\x64", "", ("audio/mpeg", False)),
        (b"OggS....", "", ("audio/ogg", False)),
        (b"%PDF-1.7", "image/png", ("application/pdf", False)),
        (b"PK\x03\x04....", WORD, (WORD, False)),
        (b"PK\x03\x04....", "image/png", ("application/zip", False)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", ("application/msword", False)),
        (b"{\\rtf1", "text/plain", ("application/rtf", False)),
        (b"a,b\n1,2\n", "text/csv; charset=utf-8", ("text/csv", True)),
        (b"a,b\n1,2\n", "image/png", ("text/plain", True)),
        (b"{}", "Application/JSON", ("application/json", True)),
        (b"<svg/>", "image/svg+xml", ("image/svg+xml", True)),
        (b"caf\xe9", "text/plain", ("text/plain", True)),
        (b"\xff\xfeh\0i\0", "text/plain", ("text/plain", True)),
        ("\u4f60\u597d".encode(), "", ("text/plain", True)),
        (b"\0\1\2\3", "image/png", ("application/octet-stream", False)),
        (b"\0\1\2\3", "text/plain", ("application/octet-stream", False)),
    ],
)
def test_the_content_decides(content: bytes, said: str, found: tuple[str, bool]) -> None:
    assert type_of(content, said) == found

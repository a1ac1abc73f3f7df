"""Small PDFs, written byte by byte, so that a test says exactly what is in one."""

from collections.abc import Sequence

LOCKED = (
    b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4"
    b" /O <" + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> >>"
)
"""For `trailer`: a password is needed, and it is not the empty one."""


def pdf(*pages: str, trailer: bytes = b"") -> bytes:
    """Return a document with a line of text a page; a page without text draws a box."""
    return pdf_of([_text(page) if page else b"0 0 9 9 re f" for page in pages], trailer)


def pdf_of(contents: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a document whose pages have these streams of drawing commands."""
    numbers = range(4, 4 + 2 * len(contents), 2)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(contents)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, content in zip(numbers, contents, strict=True):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents %d 0 R"
            b" /Resources << /Font << /F 3 0 R >> >> >>" % (number + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    written = bytearray(b"%PDF-1.4\n")
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    written += b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R %b >>\n" % (
        size, table, size, trailer,
    )  # fmt: skip
    return bytes(written) + b"startxref\n%d\n%%%%EOF\n" % written.rindex(b"xref\n0 ")


def _text(line: str) -> bytes:
    return b"BT /F 12 Tf 10 100 Td (%b) Tj ET" % line.encode("latin-1")

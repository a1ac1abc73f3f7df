"""A text's lines, none longer than is taken."""

from collections.abc import Iterator

from adapters.exports.limits import Meter
from adapters.exports.packages import Document

_END = b"\n"


def lines(document: Document, meter: Meter) -> Iterator[bytes]:
    """Yield the lines, each with a single line feed at its end.

    Raises:
        ArchiveTooLarge: one is longer than a record may be.
    """
    number = 0
    while line := document.text.readline(meter.limits.record_bytes + 2):
        number += 1
        line = line.rstrip(b"\r\n") + _END
        meter.check_record(len(line) - 1, document.place(f"line {number}"))
        yield line

"""Reads a PDF from standard input and writes its text as JSON: the program of a process apart.

    python -I extract.py PAGES CHARACTERS MEMORY_BYTES CPU_S

Alone with one document, it may crash, loop or run out of memory without anybody else noticing.
"""

import io
import json
import logging
import resource
import sys
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError


def extracted(content: bytes, most_pages: int, most_characters: int) -> dict[str, Any]:
    """Return `pages` and `total`, or the `problem` in words."""
    try:
        reader = PdfReader(io.BytesIO(content))
        total = len(reader.pages)
        pages: list[str] = []
        left = most_characters
        for page in reader.pages[:most_pages]:
            if left <= 0:
                break
            # Broken fonts give halves of surrogate pairs, which are not text to anybody.
            text = page.extract_text().encode("utf-8", "replace").decode()[:left]
            left -= len(text)
            pages.append(text.strip())
    except (FileNotDecryptedError, DependencyError):
        return {"problem": "it is encrypted; send it without its password"}
    except MemoryError:
        return {"problem": "it takes more memory than it may"}
    except Exception:  # noqa: BLE001 - pypdf promises no kind of error for broken files
        return {"problem": "it is damaged, or no PDF at all"}
    return {"pages": pages, "total": total} if total else {"problem": "it has no pages"}


def main(most_pages: int, most_characters: int, memory_bytes: int, cpu_s: int) -> None:
    """Bound this process, then read."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    if sys.platform == "linux":  # Elsewhere address space is not counted in a way that helps.
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # pypdf remarks on every oddity of a stranger's file; nobody could act on that.
    logging.disable()
    answer = extracted(sys.stdin.buffer.read(), most_pages, most_characters)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

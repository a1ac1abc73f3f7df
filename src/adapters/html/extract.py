"""Reads HTML from standard input and writes its text as JSON: the program of a process apart.

    python -I extract.py CHARACTERS MEMORY_BYTES CPU_S

Alone with one page, it may crash, loop or run out of memory without anybody else noticing.
"""

import json
import resource
import sys

# pyright: reportMissingModuleSource=false
# Its modules are compiled, and their stubs are all that can be read.
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding
from resiliparse.parse.html import HTMLTree

_LEAST = 200
"""Characters of a main part; with fewer the whole page is told."""


def extracted(content: bytes, most_characters: int) -> dict[str, str]:
    """Return `title` and `text`."""
    tree = HTMLTree.parse_from_bytes(
        content, detect_encoding(content, from_html_meta=True) or "utf-8"
    )
    text: str = extract_plain_text(tree, main_content=True, links=True, alt_texts=False)
    if len(text) < _LEAST:
        text = extract_plain_text(tree, main_content=False, links=True, alt_texts=False)
    return {"title": (tree.title or "").strip()[:300], "text": text[:most_characters].strip()}


def main(most_characters: int, memory_bytes: int, cpu_s: int) -> None:
    """Bound this process, then read."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    if sys.platform == "linux":  # Elsewhere address space is not counted in a way that helps.
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    sys.stdout.write(json.dumps(extracted(sys.stdin.buffer.read(), most_characters)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""Keeps the files honest; run by `make check`. Prints each finding as `file:line: what`.

Looks at all that git knows or would take in. Words that must not be in any file are spelt in two
pieces here, so that this file passes too.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 400
TIDY = {".py", ".md", ".toml", ".yaml", ".yml"}
NAMES_WITHOUT_MEANING = {"utils", "helpers", "base", "manager", "common"}

MACHINE = re.compile(r"(?<![\w.])/(?:wo" r"rk|fa" r"rm|ro" r"ot)/")
SCRATCH = re.compile(r"(?<![\w.])/t" r"mp/")
INDEX = re.compile(
    r"py" r"pi\.org|python" r"hosted\.org|(?<!no-emit-)(?:extra-)?index" r"-url|--find" r"-links",
    re.IGNORECASE,
)
CONFLICT = re.compile(r"<{7} |>{7} |={7}$")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==\S+")


class Finding(NamedTuple):
    """What is wrong, and where."""

    file: Path
    line: int
    what: str


def files(root: Path) -> list[Path]:
    """Return the files that git tracks or would take in, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted({Path(name) for name in listed.split("\0") if name and (root / name).is_file()})


def findings(root: Path, file: Path) -> Iterator[Finding]:
    """Yield all that is wrong with one file."""
    content = (root / file).read_bytes()
    if b"\0" in content:
        return
    text = content.decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        for what in in_line(file, line):
            yield Finding(file, number, what)
    for what in in_whole(file, text):
        yield Finding(file, max(1, text.count("\n")), what)
    if file.suffix == ".md":
        yield from dead_links(root, file, text)
    if file.suffix == ".lock":
        yield from unpinned(file, text)


def in_line(file: Path, line: str) -> Iterator[str]:
    """Yield what no line may hold."""
    if MACHINE.search(line) or (file.parts[0] != "tests" and SCRATCH.search(line)):
        yield "names a path of one machine"
    if INDEX.search(line):
        yield "names a package index"
    if CONFLICT.match(line):
        yield "holds the mark of a merge conflict"
    if UNFINISHED.search(line):
        yield "is unfinished by its own account"
    if file.suffix in TIDY and "\t" in line:
        yield "holds a tab"
    if file.suffix in TIDY and line != line.rstrip():
        yield "ends in blanks"


def in_whole(file: Path, text: str) -> Iterator[str]:
    """Yield what is wrong with a file as a whole."""
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield "does not end with exactly one newline"
    if file.name == "__init__.py" and text:
        yield "is not empty"
    if file.suffix != ".py":
        return
    if NAMES_WITHOUT_MEANING & {*file.parts[:-1], file.stem}:
        yield "has a name without meaning"
    table = file.name == "catalog.py" or "tables" in file.parts
    if file.parts[0] == "src" and not table and text.count("\n") > LONGEST_MODULE:
        yield f"has more than {LONGEST_MODULE} lines"


def dead_links(root: Path, file: Path, text: str) -> Iterator[Finding]:
    """Yield links to files that are not there."""
    for number, line in enumerate(text.splitlines(), 1):
        for target in LINK.findall(line):
            path = target.partition("#")[0]
            if path and ":" not in path and not (root / file.parent / path).exists():
                yield Finding(file, number, f"links to {path}, which is not there")


def unpinned(file: Path, text: str) -> Iterator[Finding]:
    """Yield the requirements of a lock file that have no version or no hash."""
    first, requirement = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        requirement += line.partition("#")[0].removesuffix("\\")
        if line.endswith("\\"):
            continue
        whole = requirement.strip()
        if whole and not (PINNED.match(whole) and "--hash=sha256:" in whole):
            yield Finding(file, first, "requires something without version and hash")
        first, requirement = number + 1, ""


def main() -> int:
    """Print every finding; return 1 when there is one."""
    found = [finding for file in files(ROOT) for finding in findings(ROOT, file)]
    for finding in found:
        sys.stdout.write(f"{finding.file}:{finding.line}: {finding.what}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

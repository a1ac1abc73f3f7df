"""The script that keeps files honest finds what it is there to find."""

from pathlib import Path

import pytest

from tests.hygiene import findings

HASH = "--hash=sha256:" + "0" * 64


def found(root: Path, name: str, text: str) -> list[str]:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [f"{finding.line}: {finding.what}" for finding in findings(root, Path(name))]


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("docs/a.md", "Fine.\nSee /wo" + "rk/main.\n", 2, "path of one machine"),
        ("src/a.py", 'x = "/t' + 'mp/x"\n', 1, "path of one machine"),
        ("a.txt", "https://py" + "pi.org/simple\n", 1, "package index"),
        ("a.lock", "--index" + "-url x\n", 1, "package index"),
        ("a.py", "<" * 7 + " HEAD\n", 1, "merge conflict"),
        ("a.py", "# TO" + "DO: more\n", 1, "unfinished"),
        ("a.py", "x\t= 1\n", 1, "a tab"),
        ("a.md", "x \n", 1, "blanks"),
        ("a.txt", "x", 1, "newline"),
        ("a.txt", "x\n\n", 2, "newline"),
        ("src/a/__init__.py", "x = 1\n", 1, "not empty"),
        ("src/a/utils.py", "x = 1\n", 1, "without meaning"),
        ("src/common/a.py", "x = 1\n", 1, "without meaning"),
        ("src/a.py", "x = 1\n" * 401, 401, "more than 400 lines"),
        ("docs/a.md", "[b](b.md) and [c](c.md#d)\n", 1, "links to b.md"),
        ("a.lock", f"a==1 \\\n    {HASH}\nb==2\n", 3, "without version and hash"),
        ("a.lock", f"a>=1 {HASH}\n", 1, "without version and hash"),
    ],
)
def test_what_is_found(tmp_path: Path, name: str, text: str, line: int, what: str) -> None:
    assert any(one.startswith(f"{line}:") and what in one for one in found(tmp_path, name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("src/a/__init__.py", ""),
        ("src/a/catalog.py", "x = 1\n" * 900),
        ("src/a/tables/chat.py", "x = 1\n" * 900),
        ("tests/a.py", "x = 1\n" * 900),
        ("tests/a.py", 'x = "/t' + 'mp/x"\n'),
        ("docs/a.md", "[a](a.md) [b](https://a.example/b) [c](#d) [e](mailto:e@a.example)\n"),
        ("Makefile", "a:\n\techo --no-emit-index" + "-url\n"),
        ("a.lock", f"# A lock\na==1 ; python_version < '4' \\\n    {HASH} \\\n    {HASH}\n"),
        ("a.py", 'x = "https://a.example/wo' + 'rk/"\n'),
    ],
)
def test_what_is_fine(tmp_path: Path, name: str, text: str) -> None:
    assert found(tmp_path, name, text) == []

"""`parley export`: an account as one file."""

import gzip
import hashlib
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import click
from dishka import AsyncContainer

from application.transfer.export_account import ExportAccount, Mark
from domain.transfer.archive import may_begin
from entrypoints.cli.meter import meter
from entrypoints.cli.run import run
from entrypoints.cli.user import account_named


@click.command()
@click.argument("name")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--resume", is_flag=True, help="Go on with a FILE that was interrupted.")
def export(name: str, file: Path | None, resume: bool) -> None:  # noqa: FBT001 - a flag
    """Write all that is stored of the user with this e-mail or username to FILE, or to the output.

    Where FILE ends in .gz it is packed.
    """
    if resume and (file is None or file.suffix == ".gz" or not file.exists()):
        raise click.UsageError("--resume needs a FILE that is there and not packed")
    if file is not None and file.exists() and not resume:
        raise click.UsageError(f"{file} is there already")

    async def work(container: AsyncContainer) -> int:
        account = await account_named(container, name)
        use_case = await container.get(ExportAccount)
        total = (await use_case.tally(account.id)).records
        with _named(file), ExitStack() as stack:
            target, mark = _opened(stack, file, resume=resume)
            show = stack.enter_context(meter())
            written = mark.lines
            async for lines in use_case(account.id, mark):
                target.write(b"".join(lines))
                written += len(lines)
                # The header and the end are lines, and no records.
                show(f"exported {min(max(written - 1, 0), total)}", total)
            target.flush()
        return written

    run(work)


@contextmanager
def _named(file: Path | None) -> Generator[None]:
    """Say of which file it is that nothing more goes into it, and how to go on."""
    try:
        yield
    except OSError as error:
        if file is None or not file.exists():
            raise
        again = "remove it" if file.suffix == ".gz" else "--resume goes on with it"
        text = f"{file}: {error.strerror}; once that is mended, {again}"
        raise click.ClickException(text) from error


def _opened(stack: ExitStack, file: Path | None, *, resume: bool) -> tuple[BinaryIO, Mark]:
    if file is None:
        return sys.stdout.buffer, Mark(0)
    if not resume:
        # What is in it is nobody else's business.
        file.touch(mode=0o600, exist_ok=False)
    opened = stack.enter_context(file.open("r+b"))
    if file.suffix == ".gz":
        return cast("BinaryIO", stack.enter_context(gzip.GzipFile("", "wb", 9, opened))), Mark(0)
    return opened, _mark(opened)


def _mark(file: BinaryIO) -> Mark:
    """Return what an interrupted file holds, and drop the line in whose middle it ends."""
    sha, lines, end = hashlib.sha256(), 0, 0
    for line in file:
        if not lines and not may_begin(line):
            # Some other file, of which nothing may be lost.
            raise click.ClickException("the file is no archive of Parley")
        if not line.endswith(b"\n"):
            break
        if line.startswith(b'{"type":"end"'):
            raise click.ClickException("the file is complete already")
        lines, end = lines + 1, end + len(line)
        if lines > 1:
            sha.update(line)
    file.seek(end)
    file.truncate()
    return Mark(lines, sha.hexdigest() if lines > 1 else None)

"""Where Claude Code works: a folder of its own for each conversation, and what was begun there.

    <root>/<user>/<conversation>/               its working folder
    <root>/<user>/<conversation>.sessions       the sessions begun in it; locked while it works
    <root>/<user>/<conversation>.instructions   the system prompt, while it works
    <root>/<user>/once-…/                       for a question that is not kept; gone afterwards

A session is gone on with only in the folder in which it was begun: the id to go on with is a
client's word, and whether Claude Code would find another's session by it is not left to chance.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import InvalidRequest, NotConfigured
from domain.turn.prompt import Origin

_PLAIN = re.compile(r"[0-9a-f-]{1,36}")
_PRIVATE = 0o700
_PRIVATE_FILE = 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MEMORY = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Workplace:
    """One folder, for as long as one question is worked on."""

    def __init__(self, folder: Path, memory: int | None = None) -> None:
        """Take the folder, and the open file of its sessions where there is one."""
        self.folder = folder
        self._memory = memory

    @property
    def _instructions(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.instructions")

    def instruct(self, text: str) -> Path:
        """Write a system prompt to a file, for as long as the workplace is open."""
        place = self._instructions
        # Never through what an earlier run could have put there.
        place.unlink(missing_ok=True)
        with os.fdopen(os.open(place, _NEW, _PRIVATE_FILE), "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        return place

    def close(self) -> None:
        """Let others have the folder."""
        self._instructions.unlink(missing_ok=True)
        if self._memory is not None:
            os.close(self._memory)

    def knows(self, session: str) -> bool:
        """Return whether the session was begun here."""
        return session in self._sessions()

    def remember(self, session: str) -> None:
        """Note a session as begun here."""
        if session not in (known := self._sessions()):
            self._write([*known, session])

    def forget(self, session: str) -> None:
        """Take a session as never begun here."""
        self._write([known for known in self._sessions() if known != session])

    def _sessions(self) -> list[str]:
        if self._memory is None:
            return []
        return os.pread(self._memory, os.fstat(self._memory).st_size, 0).decode().split()

    def _write(self, sessions: list[str]) -> None:
        if self._memory is not None:
            os.ftruncate(self._memory, 0)
            os.pwrite(self._memory, "".join(f"{one}\n" for one in sessions).encode(), 0)


@contextmanager
def workplace(root: Path, origin: Origin | None) -> Generator[Workplace, None, None]:
    """Open the folder in which a question is worked on; at the end let others have it.

    Args:
        root: absolute; made when missing.
        origin: whose folder; without a conversation it is made anew and removed in the end.

    Raises:
        InvalidRequest: the conversation's folder is in use.
        NotConfigured: the folder cannot be made or written.
    """
    user = str(int(origin.user)) if origin else "nobody"
    conversation = origin.conversation if origin else None
    place = _kept(root, user, _named(conversation)) if conversation else _passing(root, user)
    try:
        yield place
    finally:
        place.close()
        if conversation is None:
            shutil.rmtree(place.folder, ignore_errors=True)


def _passing(root: Path, user: str) -> Workplace:
    with _made(root, user) as home:
        return Workplace(Path(tempfile.mkdtemp(prefix="once-", dir=home)))


def _kept(root: Path, user: str, name: str) -> Workplace:
    with _made(root, user, name) as folder:
        memory = os.open(folder.with_name(f"{name}.sessions"), _MEMORY, _PRIVATE_FILE)
    try:
        fcntl.flock(memory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        os.close(memory)
        raise InvalidRequest(
            "Claude Code is still at work in this conversation; wait for it to end, or cancel it",
            "session_id",
        ) from busy
    return Workplace(folder, memory)


@contextmanager
def _made(root: Path, *names: str) -> Generator[Path, None, None]:
    """Make folders one within the other, for nobody else to read, and give the innermost."""
    try:
        root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        folder = root.resolve()
        for name in names:
            folder /= name
            folder.mkdir(mode=_PRIVATE, exist_ok=True)
            if folder.is_symlink():
                # Whoever works in a folder could put a link in its place.
                raise NotConfigured("PARLEY_DATA_DIR", "A working folder of Claude Code is a link")
        yield folder
    except OSError as error:
        why = error.strerror or "it cannot be written"
        raise NotConfigured(
            "PARLEY_DATA_DIR", f"The working folders of Claude Code cannot be made: {why}"
        ) from error


def _named(conversation: str) -> str:
    """Return a name for a folder: the id where it is a plain one, else what stands for it."""
    if _PLAIN.fullmatch(conversation):
        return conversation
    return "x" + hashlib.sha256(conversation.encode("utf-8", "surrogatepass")).hexdigest()

"""The operator's servers of tools (Model Context Protocol): a TOML file.

[servers.tracker]                          # its tools are called tracker__…
url = "https://tracker.example.org/mcp"    # streamable HTTP …
headers = { Authorization = "Bearer ${TRACKER_TOKEN}" }
profiles = { general = ["search_issues", "create_issue"], coding = ["*"] }
read_only = ["search_issues"]              # run unasked, if the server says so too

[servers.notes]
command = "mcp-notes"                      # … or a program
args = ["--folder", "/srv/notes"]
env = { NOTES_KEY = "${NOTES_KEY}" }       # beside the variables in `inherit`
profiles = { general = ["*"] }

`${NAME}` stands for a variable of Parley's own environment.
"""

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from dotenv import dotenv_values
from msgspec import Meta, Struct

from adapters.mcp.entry import Address, McpEntry, Program
from domain.remote_tools import SERVER_NAME, ServerTerms
from entrypoints.wiring import parsing
from entrypoints.wiring.settings import SettingsError

VARIABLE = "PARLEY_MCP_FILE"
_NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_NAME = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)
Seconds = Annotated[float, Meta(gt=0, le=3600)]


class _Server(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server as it is written down."""

    profiles: dict[str, tuple[str, ...]]
    """Which of its tools turns of a profile may use; `*` is all."""
    read_only: tuple[str, ...] = ()
    url: str = ""
    headers: dict[str, str] = {}
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    inherit: tuple[str, ...] = ("PATH", "HOME", "LANG")
    folder: str = ""
    timeout_s: Seconds = 60
    start_timeout_s: Seconds = 15


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    servers: dict[str, _Server] = {}


class McpServerSettings(Struct, frozen=True):
    """A server: what it may be used for, and how it is reached."""

    terms: ServerTerms
    entry: McpEntry


def process_environment() -> Mapping[str, str]:
    """Return all variables of this process, those of its `.env` included."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**from_file, **os.environ}


def read_mcp_file(
    path: Path | None, environ: Mapping[str, str], profiles: Collection[str]
) -> list[McpServerSettings]:
    """Return the servers of the file; without a file there are none.

    A variable that is not set makes its server unusable, and nothing else.

    Args:
        path: of the file.
        environ: what `${NAME}` is looked up in.
        profiles: those that there are.

    Raises:
        SettingsError: the file makes no sense; names the server.
    """
    if path is None:
        return []
    try:
        said = msgspec.convert(tomllib.loads(path.read_text()), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{VARIABLE} {path}: {error}") from error
    try:
        return [_settings(name, one, environ, profiles) for name, one in said.servers.items()]
    except ValueError as error:
        raise SettingsError(f"{VARIABLE} {path}: {error}") from error


def _settings(
    name: str, said: _Server, environ: Mapping[str, str], profiles: Collection[str]
) -> McpServerSettings:
    _check(name, said, profiles)
    texts = _Texts(environ)
    door = _program(said, texts) if said.command else _address(said, texts)
    entry = McpEntry(
        name=name,
        door=door,
        start_timeout_s=said.start_timeout_s,
        call_timeout_s=said.timeout_s,
        secrets=frozenset(texts.secrets),
        unset=texts.unset,
    )
    terms = ServerTerms(
        name=name,
        profiles=said.profiles,
        read_only=frozenset(said.read_only),
        call_timeout_s=said.timeout_s,
    )
    return McpServerSettings(terms, entry)


def _check(name: str, said: _Server, profiles: Collection[str]) -> None:
    if not SERVER_NAME.fullmatch(name):
        raise ValueError(
            f"server {name[:80]!r}: its name must begin with a letter, and have up to 24 of"
            " a-z, 0-9 and hyphens"
        )
    if bool(said.url) == bool(said.command):
        raise ValueError(f"server {name}: needs either url or command")
    if said.url:
        try:
            parsing.url("http", "https")(said.url)
        except ValueError as error:
            raise ValueError(f"server {name}: url {error}") from error
    if said.url and (said.args or said.env or said.folder):
        raise ValueError(f"server {name}: args, env and folder go with command, not with url")
    if said.command and said.headers:
        raise ValueError(f"server {name}: headers go with url, not with command")
    for profile in said.profiles:
        if profile not in profiles:
            known = ", ".join(sorted(profiles))
            raise ValueError(f"server {name}: there is no profile {profile!r}, only {known}")


class _Texts:
    """Puts variables in place, and remembers what of it is secret."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.secrets: set[str] = set()
        self.unset: str | None = None

    def filled(self, text: str) -> str:
        return _NAMED.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        value = self.environ.get(found[1], "")
        if not value:
            self.unset = self.unset or found[1]
        self.secrets.add(value)
        return value


def _program(said: _Server, texts: _Texts) -> Program:
    inherited = {
        name: value for name in said.inherit if (value := texts.environ.get(name)) is not None
    }
    named = {name: texts.filled(value) for name, value in said.env.items()}
    texts.secrets.update(value for name, value in named.items() if _SECRET_NAME.search(name))
    folder = Path(said.folder) if said.folder else None
    return Program(said.command, said.args, inherited | named, folder)


def _address(said: _Server, texts: _Texts) -> Address:
    headers = {name: texts.filled(value) for name, value in said.headers.items()}
    # `Bearer abc`: the last word is what nobody may see.
    texts.secrets.update(value.split()[-1] for value in headers.values() if value.strip())
    return Address(said.url, headers)

"""What is configured, what is missing, what answers."""

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from dishka import AsyncContainer
from msgspec import Struct

from adapters.compatible.local import LocalModels
from adapters.deepgram.transcribe import DeepgramTranscriber
from adapters.elevenlabs.errors import PermissionMissing
from adapters.elevenlabs.speak import ElevenLabsSpeaker
from adapters.transport.scrub import fit_for_clients
from application.agent.offer_remote import NamedServer
from application.ports.files import Files
from application.ports.unit_of_work import UnitOfWork
from domain.catalog.card import ModelCard
from domain.errors import NotConfigured, ParleyError
from domain.ids import UserId
from domain.provider_errors import ModelNotOffered
from domain.remote_tools import ANY
from domain.tool_server_errors import ToolServerError
from entrypoints.wiring import databases
from entrypoints.wiring.providers.models import Adapter, Adapters
from entrypoints.wiring.providers.remote_tools import ToolServers
from entrypoints.wiring.providers.speech import SpeechAdapters
from entrypoints.wiring.settings import Secret, Settings
from entrypoints.wiring.variables import VARIABLES

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_LITTLE_BYTES = 64 * 2**20

State = Literal["ok", "missing", "failing"]


class Finding(Struct, frozen=True):
    """One thing that was looked at; `note` is fit to be shown to anybody."""

    name: str
    state: State
    note: str


def configured(settings: Settings) -> list[tuple[str, str]]:
    """Return every variable that is not at its default, secrets as `set`."""
    default = Settings()
    shown: list[tuple[str, str]] = []
    for field, variable in VARIABLES.items():
        value = getattr(settings, field)
        if value != getattr(default, field):
            shown.append((variable.name, "set" if isinstance(value, Secret) else str(value)))
    return shown


async def diagnose(container: AsyncContainer, settings: Settings) -> list[Finding]:
    """Look at each part in turn; a part that fails keeps no other from being looked at."""
    adapters = await container.get(Adapters)
    speech = await container.get(SpeechAdapters)
    local = await container.get(LocalModels)
    work = await container.get(UnitOfWork)
    files = await container.get(Files)
    tool_servers = await container.get(ToolServers)

    async def users() -> str:
        async with work() as db:
            found = len(await db.accounts.all())
        # Of what cannot be there: a disk, a server or rights that allow no change refuse it.
        await work.run(lambda db: db.turns.forget_before(_NEVER), repeatable=True)
        return f"{found} users" if found else "no user yet: parley user add EMAIL"

    async def stored() -> str:
        await files.page(UserId(1), limit=1)
        return settings.image_s3_bucket or str(settings.data_dir / "files")

    async def local_names() -> str:
        names = [card.id for card in await local.list_models()]
        return f"{', '.join(names) or 'no models'} at {settings.local_base_url}"

    return [
        await _look("main database", users),
        room(settings.data_dir),
        await _look("files", stored),
        *[
            await _look(_name(provider, number, len(keys)), partial(_listed, adapter))
            for provider, keys in adapters.items()
            for number, adapter in enumerate(keys, 1)
        ],
        *[
            await _look(_name(provider, number, len(keys)), look)
            for provider, keys in _speech(speech).items()
            for number, look in enumerate(keys, 1)
        ],
        await _look("local", local_names),
        Finding(
            "claude code",
            "ok" if settings.claude_code else "missing",
            f"{settings.claude_code}; not asked"
            if settings.claude_code
            else "PARLEY_CLAUDE_CODE is not set",
        ),
        Finding("demo", "ok", "needs nothing"),
        *[await _look(f"tools: {each.terms.name}", partial(_tools, each)) for each in tool_servers],
    ]


def room(folder: Path) -> Finding:
    """Return whether the data directory, or what it is to be made in, has room for more."""
    place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not os.access(place, os.W_OK):
        return Finding("room", "failing", f"{place} cannot be written to")
    free = shutil.disk_usage(place).free
    if free < _LITTLE_BYTES:
        return Finding("room", "failing", f"{free / 2**20:.1f} MiB are left in {place}; make room")
    return Finding("room", "ok", f"{free / 2**30:.1f} GiB are left in {place}")


def _name(provider: str, number: int, keys: int) -> str:
    return provider if keys == 1 else f"{provider}, key {number} of {keys}"


async def local_models(container: AsyncContainer) -> list[ModelCard]:
    """Return the models of the local server; without one there are none.

    Raises:
        ProviderError: it cannot be reached, or lists nothing.
    """
    try:
        return await (await container.get(LocalModels)).list_models()
    except NotConfigured:
        return []


def tables(settings: Settings) -> list[Finding]:
    """Return for the databases whether their tables are what this release expects."""
    try:
        differences = databases.check(settings)
    except ParleyError as error:
        return [Finding("tables", "failing", str(error))]
    note = "; ".join(differences) if differences else "as this release expects"
    return [Finding("tables", "failing" if differences else "ok", note)]


async def _listed(model: Adapter) -> str:
    try:
        return f"{len(await model.model_names())} models on offer"
    except ModelNotOffered:
        return "answers, but lists no models"


def _speech(adapters: SpeechAdapters) -> Mapping[str, Sequence[Callable[[], Awaitable[str]]]]:
    """Return how to look at those who only hear or speak; the others are asked as chat models."""

    async def hears(one: DeepgramTranscriber) -> str:
        await one.check_key()
        return "takes the key; hears"

    async def speaks(one: ElevenLabsSpeaker) -> str:
        try:
            used = await one.allowance()
        except PermissionMissing as error:
            return f"speaks, but does not tell what is used ({error})"
        return f"speaks; {used.character_count} of {used.character_limit} characters are used"

    return {
        "deepgram": [partial(hears, one) for one in adapters.deepgram],
        "elevenlabs": [partial(speaks, one) for one in adapters.elevenlabs],
    }


async def _tools(named: NamedServer) -> str:
    listing, terms = await named.server.listing(), named.terms
    names = {tool.name for tool in listing.tools}
    allowed = {name for each in terms.profiles.values() for name in each}
    unasked = [tool.name for tool in listing.tools if terms.runs_unasked(tool)]
    notes = [
        f"{len(names)} tools",
        f"unasked: {', '.join(unasked) or 'none'}",
        *(f"allowed, but not there: {name}" for name in sorted(allowed - names - {ANY})),
        *(
            f"read_only, but not by its own account: {name}"
            for name in sorted((terms.read_only & names) - {*unasked})
        ),
        *(f"left out: {name} ({why})" for name, why in listing.left_out.items()),
    ]
    return "; ".join(notes)


async def _look(name: str, at: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, "ok", await at())
    except NotConfigured as error:
        return Finding(name, "missing", str(error))
    except ToolServerError as error:
        detail = f" ({fit_for_clients(error.detail)})" if error.detail else ""
        return Finding(name, "failing", f"{error}{detail}")
    except ParleyError as error:
        return Finding(name, "failing", str(error))

"""Everything put together."""

from asyncio import Lock

from dishka import STRICT_VALIDATION, AsyncContainer, Provider, Scope, make_async_container

from entrypoints.wiring.providers.accounts import AccountsProvider
from entrypoints.wiring.providers.background import BackgroundProvider
from entrypoints.wiring.providers.batches import BatchesProvider
from entrypoints.wiring.providers.cases import CasesProvider
from entrypoints.wiring.providers.files import FilesProvider
from entrypoints.wiring.providers.live import LiveProvider
from entrypoints.wiring.providers.media import MediaProvider
from entrypoints.wiring.providers.models import ModelsProvider
from entrypoints.wiring.providers.outside import OutsideProvider
from entrypoints.wiring.providers.remote_tools import RemoteToolsProvider
from entrypoints.wiring.providers.speech import SpeechProvider
from entrypoints.wiring.providers.storage import StorageProvider
from entrypoints.wiring.providers.tools import ToolsProvider
from entrypoints.wiring.providers.transfer import TransferProvider
from entrypoints.wiring.settings import Settings


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Return the container of one process.

    Args:
        settings: injected wherever they are asked for.
        overrides: more providers; what they mark `override=True` takes the place of ours, so that
            a test swaps any adapter without patching.
    """
    return make_wiring(*overrides)({Settings: settings}, lock_factory=Lock)


def make_wiring(*overrides: Provider) -> AsyncContainer:
    """Return what containers have in common whatever their settings are; calling it makes one."""
    return make_async_container(
        LiveProvider(),
        StorageProvider(),
        FilesProvider(),
        ModelsProvider(),
        MediaProvider(),
        OutsideProvider(),
        ToolsProvider(),
        RemoteToolsProvider(),
        CasesProvider(),
        SpeechProvider(),
        BatchesProvider(),
        BackgroundProvider(),
        AccountsProvider(),
        TransferProvider(),
        *overrides,
        lock_factory=None,
        start_scope=Scope.RUNTIME,
        validation_settings=STRICT_VALIDATION,
    )

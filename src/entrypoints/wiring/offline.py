"""The same ports, all from `adapters/memory`: no disk, no network, no key."""

from dishka import AsyncContainer, Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.demo.batch import DemoBatches
from adapters.demo.chat import DemoChatModel
from adapters.demo.image import DemoImageMaker
from adapters.demo.speak import DemoSpeaker
from adapters.demo.transcribe import DemoTranscriber
from adapters.jwt.tokens import JwtTokens
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.page_text import MemoryPageReader
from adapters.memory.passwords import MemoryPasswords
from adapters.memory.pdf_text import MemoryPdfText
from adapters.memory.remains import MemoryRemains
from adapters.memory.spool import MemorySpool
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.batch.services import BatchServices
from application.ports.clock import Clock
from application.ports.downloads import Downloads
from application.ports.files import Files
from application.ports.page_text import PageReader
from application.ports.passwords import Passwords
from application.ports.pdf_text import PdfText
from application.ports.personal_data import Remains
from application.ports.spool import Spool
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.container import make_container
from entrypoints.wiring.providers.media import ImageMakers, VideoMakers
from entrypoints.wiring.providers.models import ChatModels
from entrypoints.wiring.providers.speech import AllowanceBooks, Speakers, Transcribers
from entrypoints.wiring.settings import Secret, Settings

OFFLINE = Settings(env="test", auth_secret=Secret("offline secret, known to everybody, no use"))


class OfflineProvider(Provider):
    """Overrides everything that would reach outside of the process."""

    scope = Scope.APP

    work = provide(MemoryUnitOfWork, provides=UnitOfWork, override=True)
    files = provide(MemoryFiles, provides=Files, override=True)
    passwords = provide(MemoryPasswords, provides=Passwords, override=True)

    @provide(override=True)
    def remains(self) -> Remains:
        """No file, nothing that stays in it."""
        return MemoryRemains()

    @provide(override=True)
    def spool(self) -> Spool:
        """No disk."""
        return MemorySpool()

    @provide(override=True)
    def downloads(self) -> Downloads:
        """An empty web."""
        return MemoryDownloads()

    @provide(override=True)
    def pdf_text(self) -> PdfText:
        """No process of its own."""
        return MemoryPdfText()

    @provide(override=True)
    def page_reader(self) -> PageReader:
        """No process of its own."""
        return MemoryPageReader()

    @provide(override=True)
    def tokens(self, settings: Settings, clock: Clock) -> Tokens:
        """Signed with the settings' secret; nothing is kept on disk."""
        return JwtTokens(settings.auth_secret, clock)

    @provide(override=True)
    def chat_models(self, clock: Clock) -> ChatModels:
        """Only the demonstration answers."""
        return {"demo": DemoChatModel(clock)}

    @provide(override=True)
    def transcribers(self) -> Transcribers:
        """Only the demonstration hears."""
        return {"demo": DemoTranscriber()}

    @provide(override=True)
    def speakers(self) -> Speakers:
        """Only the demonstration speaks."""
        return {"demo": DemoSpeaker()}

    @provide(override=True)
    def batch_services(self) -> BatchServices:
        """Only the demonstration takes batches."""
        return BatchServices({"demo": DemoBatches()})

    @provide(override=True)
    def allowance_books(self) -> AllowanceBooks:
        """No account anywhere."""
        return {}

    @provide(override=True)
    def image_makers(self) -> ImageMakers:
        """Only the demonstration draws."""
        return ImageMakers({"demo": DemoImageMaker()})

    @provide(override=True)
    def video_makers(self) -> VideoMakers:
        """Nobody films."""
        return VideoMakers({})


def make_offline_container(*overrides: Provider, settings: Settings = OFFLINE) -> AsyncContainer:
    """Return a container for tests and trials; `overrides` come last, as in `make_container`."""
    return make_container(settings, OfflineProvider(), *overrides)

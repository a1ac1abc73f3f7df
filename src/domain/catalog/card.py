"""A model's facts as data."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class Capability(StrEnum):
    """What a model can take in or give."""

    IMAGES_IN = "images_in"
    FILES_IN = "files_in"
    """PDFs, their pages as pictures included."""
    OFFICE_IN = "office_in"
    """Word processor files, spreadsheets and slides."""
    AUDIO_IN = "audio_in"
    VIDEO_IN = "video_in"
    IMAGE_URLS = "image_urls"
    """The provider fetches pictures itself, given their address …"""
    FILE_URLS = "file_urls"
    """… and PDFs."""
    TOOLS = "tools"
    REASONING = "reasoning"
    """The caller may switch reasoning on and choose an effort."""
    TEMPERATURE = "temperature"
    CITATIONS = "citations"
    BATCH = "batch"


class Api(StrEnum):
    """Which of its provider's interfaces a model is asked through."""

    CHAT = "chat_completion"
    RESPONSES = "responses_api"
    NATIVE = "native"
    REALTIME = "realtime"
    TRANSCRIPTION = "audio_transcription"


Usd = Annotated[float, Meta(ge=0, le=1_000_000)]


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per million tokens."""

    input_usd_per_mtok: Usd
    output_usd_per_mtok: Usd
    cached_input_usd_per_mtok: Usd | None = None
    """Of input that the provider's cache held; None: as any other input."""
    cache_written_usd_per_mtok: Usd | None = None
    """Of input that its cache took in; None: as any other input."""
    seen: str = ""
    """The day or month (ISO) in which the price was seen; empty for an operator's own."""
    batch_share: Annotated[float, Meta(ge=0, le=1)] | None = None
    """What of these prices is paid for requests in a batch; None: all of them."""

    def in_batch(self) -> "Price":
        """Return the prices of requests in a batch."""
        share = 1.0 if self.batch_share is None else self.batch_share

        def part(usd: float | None) -> float | None:
            return None if usd is None else usd * share

        return Price(
            self.input_usd_per_mtok * share,
            self.output_usd_per_mtok * share,
            part(self.cached_input_usd_per_mtok),
            part(self.cache_written_usd_per_mtok),
            self.seen,
        )

    @property
    def is_free(self) -> bool:
        """Whether nobody pays for it."""
        return not (self.input_usd_per_mtok or self.output_usd_per_mtok)


class ModelCard(Struct, frozen=True, forbid_unknown_fields=True):
    """One model: who offers it, what it can do, what it accepts."""

    id: str
    """The name users choose it by, lower case."""
    provider: str
    model: str
    """The provider's own name for it, sent on the wire and shown to clients."""
    adapter: str | None = None
    """Who speaks to it, where that is not who speaks to all other models of its provider."""
    api: Api = Api.CHAT
    can: frozenset[Capability] = frozenset({Capability.TEMPERATURE})
    thinks: bool = False
    """Always reasons before answering (OpenAI's o-series): takes `max_completion_tokens`."""
    efforts: tuple[str | int, ...] = ()
    """Reasoning effort for the client's index 0, 1, 2: a word, or a budget in tokens."""
    counterpart: str | None = None
    """The card to use in this one's place when reasoning is asked for."""
    max_temperature: float = 2.0
    context_tokens: int = 128_000
    output_tokens: int = 4096
    """The default limit of one answer."""
    pictures: frozenset[str] = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
    """The kinds of picture that it sees, where it sees any."""
    attachments_kept: int = 3
    """How many of the newest messages with attachments keep them."""
    own_urls: tuple[str, ...] = ()
    """How addresses begin that its provider alone can follow; they are given to it as they are."""
    researched_by: str = "sonar-deep-research"
    """Which model searches where this one is asked to research."""
    is_slow: bool = False
    """It may be silent for many minutes before its first word."""
    code_interpreter: bool = True
    """The provider's own code interpreter may be offered with it (Responses only)."""
    price: Price | None = None
    aliases: tuple[str, ...] = ()

    def sees(self, kind: str) -> bool:
        """Return whether the model sees pictures of a kind (a media type)."""
        return self.able_to(Capability.IMAGES_IN) and kind in self.pictures

    def able_to(self, capability: Capability) -> bool:
        """Return whether the model has the capability."""
        return capability in self.can

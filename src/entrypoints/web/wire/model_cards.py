"""Models on offer → what clients and administrators see of them."""

from collections.abc import Mapping

from msgspec import Struct

from application.agent.offer import Offered
from application.media.offer import OfferedMedia
from domain.catalog.card import Api, Capability, ModelCard, Price
from domain.catalog.media_cards import ImageCard, VideoCard
from domain.catalog.media_price import ClipPrice, PicturePrice


class ModelObject(Struct, frozen=True, kw_only=True):
    """One model, and whether it may be used now."""

    id: str
    aliases: tuple[str, ...]
    provider: str
    model: str
    """The provider's own name for it."""
    capabilities: tuple[str, ...]
    thinks: bool
    """It reasons before every answer, asked or not."""
    efforts: tuple[str | int, ...]
    """For `reasoning_effort` 0, 1 and 2: a word, or a budget in tokens."""
    counterpart: str | None
    """The model that answers in its place when reasoning is asked for."""
    max_temperature: float | None
    context_tokens: int
    output_tokens: int
    """The limit of an answer when the request names none."""
    price: Price | None
    """US dollars per million tokens; null: not known."""
    available: bool
    reason: str | None
    """Why it is not available."""


class ImageModelObject(Struct, frozen=True, kw_only=True):
    """One model that draws, and whether it may be used now."""

    id: str
    aliases: tuple[str, ...]
    provider: str
    model: str
    """The provider's own name for it."""
    sizes: tuple[str, ...]
    """The only ones it takes, as `1024x1024`; empty: any within its limits, or `ratios`."""
    ratios: tuple[str, ...]
    """Where it takes a ratio in place of a size."""
    qualities: tuple[str, ...]
    """The words for quality that mean something to it."""
    options: tuple[str, ...]
    input_pictures: int
    """How many pictures it can draw from."""
    price: PicturePrice | None
    """US dollars; null: not known."""
    available: bool
    reason: str | None
    """Why it is not available."""


class VideoModelObject(Struct, frozen=True, kw_only=True):
    """One model that films, and whether it may be used now."""

    id: str
    aliases: tuple[str, ...]
    provider: str
    model: str
    """The provider's own name for it."""
    seconds: tuple[int, ...]
    """The lengths it takes."""
    ratios: tuple[str, ...]
    resolutions: tuple[str, ...]
    options: tuple[str, ...]
    extends: bool
    """It can go on where a clip of its own ends."""
    price: ClipPrice | None
    """US dollars a second; null: not known."""
    available: bool
    reason: str | None
    """Why it is not available."""


class ModelPage(Struct, frozen=True):
    """All models, in the order of the catalogue; names are apart for words, pictures and clips."""

    models: tuple[ModelObject, ...]
    count: int
    image_models: tuple[ImageModelObject, ...]
    video_models: tuple[VideoModelObject, ...]


class ModelConfig(Struct, frozen=True, kw_only=True):
    """A model as the administrators' endpoints show it."""

    model_name: str
    provider_name: str
    api_type: str
    category: str
    aliases: tuple[str, ...]
    is_reasoning_model: bool
    supports_temperature: bool
    supports_image_input: bool
    supports_audio_input: bool
    supports_file_input: bool
    supports_citations: bool
    supports_tools: bool
    supports_reasoning_effort: bool
    reasoning_effort_values: tuple[str | int, ...]
    counterpart: str | None
    default_max_tokens: int
    context_window: int
    file_attached_message_limit: int
    supports_code_interpreter: bool
    supports_batch_api: bool


class ConfigPage(Struct, frozen=True):
    """Configurations by name."""

    total: int
    models: Mapping[str, ModelConfig]


class NamePage(Struct, frozen=True):
    """Names of models."""

    models: tuple[str, ...]
    count: int


class NamedConfig(Struct, frozen=True):
    """One configuration and its name."""

    model: str
    config: ModelConfig


CATEGORIES: Mapping[str, Api | None] = {
    "chat": None,
    "reasoning": None,
    "realtime": Api.REALTIME,
    "transcription": Api.TRANSCRIPTION,
}
"""The interface that makes a category; the models of any other are told apart by whether they
think."""


def category_of(card: ModelCard) -> str:
    """Return the category of a model."""
    for name, api in CATEGORIES.items():
        if card.api is api:
            return name
    return "reasoning" if card.thinks else "chat"


def model_object(offered: Offered) -> ModelObject:
    """Return a model as clients see it."""
    card = offered.card
    return ModelObject(
        id=card.id,
        aliases=offered.aliases,
        provider=card.provider,
        model=card.model,
        capabilities=tuple(sorted(card.can)),
        thinks=card.thinks,
        efforts=card.efforts,
        counterpart=card.counterpart,
        max_temperature=card.max_temperature if card.able_to(Capability.TEMPERATURE) else None,
        context_tokens=card.context_tokens,
        output_tokens=card.output_tokens,
        price=card.price,
        available=offered.available,
        reason=offered.reason,
    )


def image_model_object(offered: OfferedMedia[ImageCard]) -> ImageModelObject:
    """Return a model that draws as clients see it."""
    card = offered.card
    return ImageModelObject(
        id=card.id,
        aliases=offered.aliases,
        provider=card.provider,
        model=card.model,
        sizes=tuple(f"{width}x{height}" for width, height in card.sizes),
        ratios=card.ratios,
        qualities=tuple(card.qualities),
        options=tuple(sorted(card.options)),
        input_pictures=card.inputs,
        price=card.price,
        available=offered.reason is None,
        reason=offered.reason,
    )


def video_model_object(offered: OfferedMedia[VideoCard]) -> VideoModelObject:
    """Return a model that films as clients see it."""
    card = offered.card
    sizes = tuple(f"{width}x{height}" for width, height in card.sizes.values())
    return VideoModelObject(
        id=card.id,
        aliases=offered.aliases,
        provider=card.provider,
        model=card.model,
        seconds=card.seconds,
        ratios=card.ratios,
        resolutions=card.resolutions or sizes,
        options=tuple(sorted(card.options)),
        extends=card.extends,
        price=card.price,
        available=offered.reason is None,
        reason=offered.reason,
    )


def model_config(offered: Offered) -> ModelConfig:
    """Return a model as administrators see it."""
    card = offered.card
    return ModelConfig(
        model_name=card.model,
        provider_name=card.provider,
        api_type=card.api,
        category=category_of(card),
        aliases=offered.aliases,
        is_reasoning_model=card.thinks,
        supports_temperature=card.able_to(Capability.TEMPERATURE),
        supports_image_input=card.able_to(Capability.IMAGES_IN),
        supports_audio_input=card.able_to(Capability.AUDIO_IN),
        supports_file_input=card.able_to(Capability.FILES_IN),
        supports_citations=card.able_to(Capability.CITATIONS),
        supports_tools=card.able_to(Capability.TOOLS),
        supports_reasoning_effort=card.able_to(Capability.REASONING),
        reasoning_effort_values=card.efforts,
        counterpart=card.counterpart,
        default_max_tokens=card.output_tokens,
        context_window=card.context_tokens,
        file_attached_message_limit=card.attachments_kept,
        supports_code_interpreter=card.code_interpreter,
        supports_batch_api=card.able_to(Capability.BATCH),
    )


def names(offered: list[Offered], category: str) -> NamePage:
    """Return the names of those of a category."""
    found = tuple(one.card.id for one in offered if category_of(one.card) == category)
    return NamePage(found, len(found))

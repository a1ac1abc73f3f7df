"""The models on offer.

Any signed-in user may read the administrators' lists too: they hold nothing that is secret.
"""

from typing import Annotated

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import PathParameter

from application.agent.offer import OfferModels
from application.media.offer import OfferMedia
from application.speech.choose_ears import ChooseEars
from domain.errors import NotFound
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import signed_in
from entrypoints.web.wire.envelopes import Envelope
from entrypoints.web.wire.model_cards import (
    CATEGORIES,
    ConfigPage,
    ModelPage,
    NamedConfig,
    NamePage,
    image_model_object,
    model_config,
    model_object,
    names,
    video_model_object,
)

OPENAI = "openai"

Category = Annotated[str, PathParameter(description=f"One of {', '.join(CATEGORIES)}.")]
ModelName = Annotated[str, PathParameter(description="An id, an alias or OpenAI's own name.")]


@get(
    "/api/v1/models",
    guards=[signed_in],
    tags=["Models"],
    security=BEARER,
    responses=errors(401, 403),
    summary="List the models",
)
@inject
async def list_models(
    offer: FromDishka[OfferModels], media: FromDishka[OfferMedia]
) -> Envelope[ModelPage]:
    """List every model with what it can do and costs, and why it cannot be used if it cannot.

    A local server's models are not in the list unless the operator has named them: any
    `local/<name>` is taken.
    """
    found = tuple(map(model_object, offer()))
    page = ModelPage(
        found,
        len(found),
        tuple(map(image_model_object, media.images())),
        tuple(map(video_model_object, media.films())),
    )
    return Envelope(message="Models retrieved successfully", data=page)


@get(
    "/api/v1/admin/models/openai",
    guards=[signed_in],
    tags=["Models"],
    security=BEARER,
    responses=errors(401, 403),
    summary="List the configurations of OpenAI's models",
)
@inject
async def openai_models(offer: FromDishka[OfferModels]) -> ConfigPage:
    """Return every model of OpenAI's by its id."""
    found = {one.card.id: model_config(one) for one in offer.of(OPENAI)}
    return ConfigPage(len(found), found)


@get(
    "/api/v1/admin/models/openai/realtime",
    guards=[signed_in],
    tags=["Models"],
    security=BEARER,
    responses=errors(401, 403),
    summary="List OpenAI's live voice models",
)
@inject
async def openai_realtime_models(offer: FromDishka[OfferModels]) -> NamePage:
    """Return the names of those that speak and listen at once."""
    return names(offer.of(OPENAI), "realtime")


@get(
    "/api/v1/admin/models/openai/transcription",
    guards=[signed_in],
    tags=["Models"],
    security=BEARER,
    responses=errors(401, 403),
    summary="List OpenAI's transcription models",
)
@inject
async def openai_transcription_models(ears: FromDishka[ChooseEars]) -> NamePage:
    """Return the names of those that write down what is said."""
    return _that_hear(ears)


@get(
    "/api/v1/admin/models/openai/by-category/{category:str}",
    guards=[signed_in],
    tags=["Models"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="List OpenAI's models of a category",
)
@inject
async def openai_models_of(
    category: Category, offer: FromDishka[OfferModels], ears: FromDishka[ChooseEars]
) -> NamePage:
    """Return the names of the models of one category."""
    if category not in CATEGORIES:
        raise NotFound("Category not found")
    if category == "transcription":
        return _that_hear(ears)
    return names(offer.of(OPENAI), category)


@get(
    "/api/v1/admin/models/openai/{model:str}",
    guards=[signed_in],
    tags=["Models"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="Show the configuration of a model of OpenAI's",
)
@inject
async def openai_model(model: ModelName, offer: FromDishka[OfferModels]) -> NamedConfig:
    """Return one model by any of its names."""
    found = offer.named(model, OPENAI)
    return NamedConfig(found.card.id, model_config(found))


def _that_hear(ears: ChooseEars) -> NamePage:
    found = ears.names(OPENAI)
    return NamePage(found, len(found))

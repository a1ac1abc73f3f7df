"""Saved prompts."""

from typing import Annotated

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import delete, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct, field

from application.history.keep_prompts import ChangePrompt, DeletePrompt, ListPrompts, SavePrompt
from domain.conversation.saved_prompt import SavedPrompt
from domain.ids import PromptId
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.envelopes import Envelope

PATH = "/api/v1/chat/prompts"

Customer = Annotated[int, QueryParameter(ge=1, description="Must be the customer of the token.")]
Text = Annotated[
    str, Meta(max_length=16_000, description="Any store takes so many characters of it.")
]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class SaveRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A prompt to keep; a long title is cut to 100 characters."""

    customer_id: CustomerId
    title: str
    prompt: Text | None = None
    prompt_text: Text | None = field(default=None, name="promptText")
    """Another name of `prompt`; one of them is needed."""

    def __post_init__(self) -> None:
        """Refuse a request without a text.

        Raises:
            ValueError: msgspec turns it into an error of validation.
        """
        if self.prompt is None and self.prompt_text is None:
            raise ValueError("Object missing required field `prompt`")


class _Numbered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    customer_id: CustomerId
    prompt_id: Number | None = None
    prompt_number: Number | None = field(default=None, name="promptId")
    """Another name of `prompt_id`; one of them is needed."""

    def __post_init__(self) -> None:
        """Refuse a request that names no prompt.

        Raises:
            ValueError: msgspec turns it into an error of validation.
        """
        if self.prompt_id is None and self.prompt_number is None:
            raise ValueError("Object missing required field `prompt_id`")

    @property
    def named(self) -> PromptId:
        """Which prompt."""
        return PromptId(self.prompt_id or self.prompt_number or 0)


class ChangePromptRequest(_Numbered, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another title or text for a saved prompt; null leaves it as it is."""

    title: str | None = None
    prompt: Text | None = None
    prompt_text: Text | None = field(default=None, name="promptText")


class RemovePromptRequest(_Numbered, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which prompt to remove."""


class PromptObject(Struct, frozen=True):
    """A saved prompt."""

    prompt_id: int
    customer_id: int
    title: str
    prompt: str


class PromptList(Struct, frozen=True):
    """All of the caller's prompts, by ascending id."""

    prompts: tuple[PromptObject, ...]


class RemovedPrompt(Struct, frozen=True):
    """The prompt that is gone."""

    removed_count: int
    prompt_id: int


@get(
    PATH,
    guards=[signed_in],
    tags=["Prompts"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="List saved prompts",
)
@inject
async def list_prompts(
    request: SignedIn, customer_id: Customer, use_case: FromDishka[ListPrompts]
) -> Envelope[PromptList]:
    """Return the caller's prompts."""
    check_customer(customer_id, request.user)
    found = tuple(map(_object, await use_case(request.user)))
    return Envelope(message="Prompts retrieved successfully", data=PromptList(found))


@post(
    PATH,
    status_code=200,
    guards=[signed_in],
    tags=["Prompts"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="Save a prompt",
)
@inject
async def save_prompt(
    request: SignedIn, data: JSONBody[SaveRequest], use_case: FromDishka[SavePrompt]
) -> Envelope[PromptObject]:
    """Keep a text under a title."""
    check_customer(data.customer_id, request.user)
    text = data.prompt if data.prompt is not None else data.prompt_text
    made = await use_case(request.user, data.title, text or "")
    return Envelope(message="Prompt created successfully", data=_object(made))


@put(
    PATH,
    guards=[signed_in],
    tags=["Prompts"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Change a saved prompt",
)
@inject
async def change_prompt(
    request: SignedIn, data: JSONBody[ChangePromptRequest], use_case: FromDishka[ChangePrompt]
) -> Envelope[PromptObject]:
    """Give a prompt another title or text."""
    check_customer(data.customer_id, request.user)
    text = data.prompt if data.prompt is not None else data.prompt_text
    changed = await use_case(request.user, data.named, data.title, text)
    return Envelope(message="Prompt updated successfully", data=_object(changed))


@delete(
    PATH,
    status_code=200,
    guards=[signed_in],
    tags=["Prompts"],
    security=BEARER,
    responses=errors(401, 403, 404, 422),
    summary="Remove a saved prompt",
)
@inject
async def remove_prompt(
    request: SignedIn, data: JSONBody[RemovePromptRequest], use_case: FromDishka[DeletePrompt]
) -> Envelope[RemovedPrompt]:
    """Take a prompt away."""
    check_customer(data.customer_id, request.user)
    await use_case(request.user, data.named)
    return Envelope(message="Prompt removed successfully", data=RemovedPrompt(1, data.named))


def _object(prompt: SavedPrompt) -> PromptObject:
    return PromptObject(prompt.id, prompt.owner, prompt.title, prompt.text)

"""Bodies of the chat endpoints → `Ask`."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from domain.errors import InvalidRequest
from domain.ids import UserId
from domain.turn.ask import Ask, brings_results
from domain.turn.prompt import Message, Part
from entrypoints.web.identity import check_customer
from entrypoints.web.wire.preferences import turn_settings
from entrypoints.web.wire.prompts import history, image_mode, prompt_parts

CustomerId = Annotated[int, Meta(ge=1, description="Must be the customer of the token.")]
Text = Annotated[str, Meta(pattern=r"\S", description="Not blank.")]
Items = Annotated[
    list[dict[str, Any]],
    Meta(
        min_length=1,
        description="Items of type `text`, `image_url`, `file_url`, `audio_url`, `input_audio`.",
        examples=[[{"type": "text", "text": "What is on this photo?"}]],
    ),
]
Prompt = Annotated[
    Text | Items,
    Meta(
        description="Text that is not blank, or a list of items that is not empty.",
        examples=["Where does the Tagus end?", [{"type": "text", "text": "Say hi"}]],
    ),
]
Settings = Annotated[
    dict[str, Any],
    Meta(
        description="The sections `text`, `general`, `tts` … of the user's settings.",
        examples=[{"text": {"model": "gpt-4o-mini", "temperature": 0.7}}],
    ),
]
History = Annotated[
    list[dict[str, Any]],
    Meta(
        description="Earlier messages, oldest first.",
        examples=[[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]],
    ),
]


class ChatInput(Struct, frozen=True, kw_only=True):
    """The question as clients without sockets send it; other keys of it are not read."""

    prompt: Prompt
    chat_history: History | None = None


class ChatRequest(Struct, frozen=True, kw_only=True):
    """One question. Nothing of it is kept in the history; unknown keys are passed over."""

    customer_id: CustomerId
    prompt: Prompt | None = None
    """Required, unless `user_input` holds it or `chat_history` ends with a result of a tool."""
    settings: Settings | None = None
    session_id: str | None = None
    """Echoed."""
    stream: bool = False
    """Accepted, unused."""
    realtime: dict[str, Any] | None = None
    """Accepted, unused."""
    chat_history: History | None = None
    user_input: ChatInput | None = None
    """The shape of clients with sockets switched off: the answer is then plain text."""
    user_settings: Settings | None = None
    """Goes with `user_input`."""

    def __post_init__(self) -> None:
        """Refuse a request without a question.

        Raises:
            ValueError: msgspec turns it into an error of validation.
        """
        if self.prompt is None and self.user_input is None and not self.chat_history:
            raise ValueError("Object missing required field `prompt`")

    @property
    def wants_plain_text(self) -> bool:
        """Whether the client shows every byte of the answer as it comes."""
        return self.prompt is None and self.user_input is not None

    def ask(self, user: UserId, key: str | None) -> Ask:
        """Return the question.

        Raises:
            AccessDenied: it names another customer.
            InvalidRequest: a part of it has a wrong shape.
        """
        check_customer(self.customer_id, user)
        said = self.user_input
        prompt = said.prompt if self.prompt is None and said else self.prompt
        earlier = self.chat_history
        if earlier is None and said is not None:
            earlier = said.chat_history
        settings = self.user_settings if self.settings is None else self.settings
        before = history(earlier)
        return Ask(
            user=user,
            question=_question(prompt, before),
            history=before,
            settings=turn_settings(settings or {}, image_mode=image_mode(prompt)),
            key=key,
        )


def _question(
    prompt: str | list[dict[str, Any]] | None, before: tuple[Message, ...]
) -> tuple[Part, ...]:
    parts = prompt_parts(prompt)
    if not parts and not brings_results(before):
        raise InvalidRequest("Prompt cannot be empty", "prompt")
    return parts

"""What the OpenAPI document says about many endpoints: tags, tokens, keys, errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import HeaderParameter
from msgspec import UNSET, Struct, UnsetType

from entrypoints.web.wire.envelopes import ErrorEnvelope

BEARER: Sequence[dict[str, list[str]]] = [{"bearer": []}]
BEARER_OR_URL: Sequence[dict[str, list[str]]] = [{"bearer": []}, {"tokenInUrl": []}]
VERSION = "2.0.0"


def _repeatable(description: str) -> HeaderParameter:
    return HeaderParameter(
        name="Idempotency-Key",
        required=False,
        min_length=1,
        max_length=200,
        description=description,
    )


TurnKey = Annotated[
    str | None,
    _repeatable(
        "Asking again under one key joins the first turn and never runs a second within a day."
        " Its answer is there for five minutes after its end; then it is gone (410)."
    ),
]
JobKey = Annotated[
    str | None,
    _repeatable("Asking again under one key finds the first job and never orders a second."),
]

_WORDS = {
    400: "The body is no JSON, or what it asks for makes no sense.",
    401: "The token is missing, expired or no good.",
    403: "The request names another customer than its token.",
    404: "There is nothing of that name, or it is somebody else's.",
    405: "The method is not allowed here.",
    409: "It does not go with what was asked before.",
    410: "It was there, and is not kept any longer.",
    413: "The body is too large.",
    416: "The file has none of the bytes that `Range` names.",
    422: "The request does not fit its schema.",
    429: "Too much for now; `Retry-After` says when to come back.",
    500: "The server's own failure, or a setting its operator has to make.",
    501: "The model's provider has no such operation.",
    502: "A model provider failed, or the file storage.",
    503: "The server or its database is not available for the moment.",
    504: "It took longer than it may.",
}
_ALWAYS = (400, 405, 413, 500, 503)


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the error answers of an endpoint: those any endpoint may give, and these."""
    return {status: _error(status) for status in sorted({*_ALWAYS, *statuses})}


class StreamEvent(Struct, frozen=True):
    """One server-sent event, as a reader takes it apart."""

    data: str
    id: str | UnsetType = UNSET


def event_stream(description: str) -> dict[int, ResponseSpec]:
    """Return the success of an endpoint that answers with server-sent events."""
    return {
        200: ResponseSpec(
            data_container=StreamEvent,
            generate_examples=False,
            description=description,
            media_type="text/event-stream",  # pyright: ignore[reportArgumentType] - any text works
        )
    }


def line_stream(lines: type[Any], media_type: str, description: str) -> dict[int, ResponseSpec]:
    """Return the success of an endpoint that answers with one JSON document a line."""
    return {
        200: ResponseSpec(
            data_container=lines,
            generate_examples=False,
            description=description,
            media_type=media_type,  # pyright: ignore[reportArgumentType] - any text works
        )
    }


def answers_also(media_type: str) -> type[Operation]:
    """Return the operation of an endpoint whose success may be of a second kind."""
    form = None if media_type.startswith("text/") else OpenAPIFormat.BINARY

    @dataclass
    class TwoKinds(Operation):
        def __post_init__(self) -> None:
            answer = (self.responses or {}).get("200")
            if isinstance(answer, OpenAPIResponse) and answer.content is not None:
                schema = Schema(type=OpenAPIType.STRING, format=form)
                answer.content[media_type] = OpenAPIMediaType(schema=schema)

    return TwoKinds


def text_field(description: str) -> Schema:
    """Return a field of a form that is text."""
    return Schema(type=OpenAPIType.STRING, description=description)


def file_field(description: str | None = None) -> Schema:
    """Return a field of a form that is a file."""
    return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description=description)


def takes_form(required: Sequence[str], fields: Mapping[str, Schema]) -> type[Operation]:
    """Return what says which form a route takes that reads its body as it comes: nothing else does.

    Args:
        required: names of fields.
        fields: all of them, by their names.
    """
    form = Schema(type=OpenAPIType.OBJECT, required=[*required], properties={**fields})
    body = RequestBody(
        required=True, content={"multipart/form-data": OpenAPIMediaType(schema=form)}
    )

    @dataclass
    class TakesForm(Operation):
        def __post_init__(self) -> None:
            self.request_body = body  # Litestar found none, since nothing declares it.

    return TakesForm


def openapi() -> OpenAPIConfig:
    """Return the document's frame. Only JSON is served: pages would need scripts from elsewhere."""
    header: dict[str, Any] = {"type": "http", "scheme": "bearer", "bearer_format": "JWT"}
    in_url: dict[str, Any] = {"type": "apiKey", "name": "token", "security_scheme_in": "query"}
    return OpenAPIConfig(
        title="Parley",
        version=VERSION,
        description="A self-hosted backend for AI assistants.",
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(**header),
                "tokenInUrl": SecurityScheme(**in_url),
            }
        ),
        tags=[
            Tag(name="Chat", description="One question, one answer; nothing is stored."),
            Tag(name="Turns", description="Questions that are being answered."),
            Tag(name="History", description="Stored conversations."),
            Tag(name="Prompts", description="Saved prompts."),
            Tag(name="Files", description="Uploads, and what was made for the user."),
            Tag(name="Media", description="Pictures and clips."),
            Tag(name="Batches", description="Many requests at once, answered within a day."),
            Tag(name="Models", description="What may be asked, what it can do and costs."),
            Tag(name="Speech", description="Recordings written down, texts spoken."),
            Tag(name="Usage", description="What was used, and what it cost."),
            Tag(name="Accounts", description="Who is who."),
            Tag(name="System", description="Is it up?"),
        ],
    )


def _error(status: int) -> ResponseSpec:
    return ResponseSpec(
        data_container=ErrorEnvelope, generate_examples=False, description=_WORDS[status]
    )
